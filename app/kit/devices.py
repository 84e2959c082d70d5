"""What a browser calls itself, in words a person recognises: "Firefox on Linux"."""

import re

# The order matters: most browsers also name the ones they descend from.
BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\bOPR/|\bOpera\b"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Vivaldi", r"\bVivaldi/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bSafari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMac(?:intosh| OS X)\b"),
    ("Linux", r"\bLinux\b|\bX11\b"),
)
HANDHELD = {"iPhone", "iPad", "Android"}
_TABLES = {
    "browser": [(name, re.compile(pattern)) for name, pattern in BROWSERS],
    "system": [(name, re.compile(pattern)) for name, pattern in SYSTEMS],
}


def describe(user_agent: str) -> str:
    browser, system = _first("browser", user_agent), _first("system", user_agent)
    match browser, system:
        case None, None:
            return "An unknown device"
        case _, None:
            return str(browser)
        case None, _:
            return f"A browser on {system}"
        case _:
            return f"{browser} on {system}"


def is_handheld(user_agent: str) -> bool:
    return _first("system", user_agent) in HANDHELD


def _first(table: str, user_agent: str) -> str | None:
    return next((name for name, pattern in _TABLES[table] if pattern.search(user_agent)), None)
