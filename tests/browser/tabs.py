"""Chromium as people have it, and tabs that remember everything a page complained about."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Response, expect

from tests.factories.people import Person, a_session

# The same engine without windows around it takes little more than half of the time.
SYSTEM_CHROMIUM = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    # There is none; what draws in its place is slower than what draws without.
    "--disable-gpu",
    # All tabs of one browser are drawn by one process, which is there already.
    "--process-per-site",
]
# A machine that does many things at once may take its time over a page.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
NARROW, HEIGHT = 600, 844
# Chromium says this for every answer of 400 and above; `_watch_answer` judges those itself.
REFUSED_ANSWER = "Failed to load resource: the server responded with a status"
# And this, with htmx, when a test takes the network away.
NETWORK_AWAY = ("Failed to load resource: net::ERR_", "htmx:sendError,", "htmx:afterRequest,")

# A file that is opened by itself runs nothing, and at times Chromium says so of what a test asks it.
NO_SCRIPT = "Blocked script execution in "

# Its page hears what happens.
ON = "html[data-live=on]"

Theme = Literal["light", "dark"]
OpenTab = Callable[..., Page]


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's where there is one, Playwright's own elsewhere."""
    # As root Chromium runs only without its sandbox.
    flags = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET
    path = next((path for path in SYSTEM_CHROMIUM if path.exists()), None)
    browser = playwright.chromium.launch(executable_path=path, args=flags)
    try:
        yield browser
    finally:
        browser.close()


@dataclass(frozen=True)
class Kind:
    """What cannot be changed of a browser that runs."""

    address: str
    touch: bool
    js: bool


class Profile:
    """A browser, as far as cookies and the like go."""

    def __init__(self, browser: Browser, kind: Kind) -> None:
        self.kind = kind
        self.faults: list[str] = []
        self.context = browser.new_context(
            base_url=kind.address,
            has_touch=kind.touch,
            java_script_enabled=kind.js,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.on("console", self._watch_console)
        self.context.on("weberror", lambda error: self.faults.append(f"error in a script: {error.error}"))
        self.context.on("response", self._watch_answer)
        # Without an open page the process that draws them ends, and it takes long to begin.
        self._kept = self.context.new_page()
        self._kept.goto("/static/icons.svg")
        self._devtools = self.context.new_cdp_session(self._kept)
        self._everything = {"origin": kind.address, "storageTypes": "all"}

    @property
    def tabs(self) -> list[Page]:
        return [page for page in self.context.pages if page is not self._kept]

    def empty(self) -> None:
        """Only files that never change stay: the styles and scripts it has seen."""
        for tab in self.tabs:
            tab.close()
        self.context.clear_cookies()
        self._devtools.send("Storage.clearDataForOrigin", self._everything)
        self.faults.clear()

    def _watch_console(self, message: ConsoleMessage) -> None:
        """Violations of the content policy are said here too."""
        said = message.text
        if message.type != "error" or said.startswith((REFUSED_ANSWER, *NETWORK_AWAY)):
            return
        if not (said.startswith(NO_SCRIPT) and "/media/" in said):
            self.faults.append(f"console: {said}")

    def _watch_answer(self, answer: Response) -> None:
        missing_asset = answer.status == 404 and "/static/" in answer.url
        if answer.status >= 500 or missing_asset:
            self.faults.append(f"{answer.status}: {answer.request.method} {answer.url}")


class Profiles:
    """Used by one test after another, each of which finds them empty: to make one takes ten times as long."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[Kind, list[Profile]] = defaultdict(list)

    def take(self, kind: Kind) -> Profile:
        idle = self._idle[kind]
        return idle.pop() if idle else Profile(self._browser, kind)

    def give_back(self, profile: Profile) -> None:
        profile.empty()
        self._idle[profile.kind].append(profile)


class Tabs:
    """The tabs of one test. Each has cookies of its own."""

    def __init__(self, profiles: Profiles, address: str) -> None:
        self._profiles = profiles
        self._address = address
        self._taken: list[Profile] = []

    def open(self, *, width: int = 1280, theme: Theme = "light", js: bool = True) -> Page:
        profile = self._profiles.take(Kind(self._address, touch=width < NARROW, js=js))
        self._taken.append(profile)
        tab = profile.context.new_page()
        take_shape(tab, width, theme)
        return tab

    @property
    def faults(self) -> list[str]:
        return [fault for profile in self._taken for fault in profile.faults]

    def take_screenshots(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pages = [page for profile in self._taken for page in profile.tabs]
        for number, page in enumerate(pages):
            page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)

    def close(self) -> None:
        for profile in self._taken:
            self._profiles.give_back(profile)

    def throw_away(self) -> None:
        """Nobody knows what a failed test left in them."""
        for profile in self._taken:
            profile.context.close()


def take_shape(tab: Page, width: int, theme: Theme) -> None:
    tab.set_viewport_size({"width": width, "height": HEIGHT})
    tab.emulate_media(color_scheme=theme)


def hurry(tab: Page, *pauses_ms: int) -> None:
    """On pages that this tab opens from now on, pauses of these lengths pass at once; all others do not."""
    tab.add_init_script(f"""
        const later = window.setTimeout.bind(window), short = {list(pauses_ms)};
        window.setTimeout = (act, ms, ...more) => later(act, short.includes(ms) ? 50 : ms, ...more);
    """)


def sign_in(tab: Page, app: Flask, person: Person, *, second_factor: bool = False) -> None:
    """Signed in, without a walk through the sign-in page."""
    token = a_session(app, person, second_factor=second_factor)
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookie = signer.dumps({"_user_id": token, "_fresh": True})
    name = app.config["SESSION_COOKIE_NAME"]
    tab.context.add_cookies([{"name": name, "value": cookie, "domain": "localhost", "path": "/"}])


def at(app: Flask, tab: Page, person: Person, path: str) -> Page:
    """Signed in, on a page that hears what happens."""
    sign_in(tab, app, person)
    tab.goto(path)
    expect(tab.locator(ON)).to_be_attached()
    return tab
