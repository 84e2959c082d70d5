"""Chromium as people have it, and tabs that remember everything a page complained about."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response

from tests.factories.people import Person, a_session

SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
PATIENCE_MS = 10_000
HEIGHT = 844
# Chromium says this for every answer of 400 and above; `_watch_answer` judges those itself.
REFUSED_ANSWER = "Failed to load resource: the server responded with a status"
# And this, with htmx, when a test takes the network away.
NETWORK_AWAY = ("Failed to load resource: net::ERR_", "htmx:sendError,", "htmx:afterRequest,")

Theme = Literal["light", "dark"]
OpenTab = Callable[..., Page]


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's where there is one, Playwright's own elsewhere."""
    # As root Chromium runs only without its sandbox.
    flags = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET
    path = str(SYSTEM_CHROMIUM) if SYSTEM_CHROMIUM.exists() else None
    browser = playwright.chromium.launch(executable_path=path, args=flags)
    try:
        yield browser
    finally:
        browser.close()


class Tabs:
    """The tabs of one test. Each has cookies of its own."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def open(self, *, width: int = 1280, theme: Theme = "light", js: bool = True) -> Page:
        context = self._browser.new_context(
            base_url=self._address,
            viewport={"width": width, "height": HEIGHT},
            color_scheme=theme,
            java_script_enabled=js,
            has_touch=width < 600,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._watch_console)
        context.on("weberror", lambda error: self.faults.append(f"error in a script: {error.error}"))
        context.on("response", self._watch_answer)
        self._contexts.append(context)
        return context.new_page()

    def _watch_console(self, message: ConsoleMessage) -> None:
        """Violations of the content policy are said here too."""
        if message.type == "error" and not message.text.startswith((REFUSED_ANSWER, *NETWORK_AWAY)):
            self.faults.append(f"console: {message.text}")

    def _watch_answer(self, answer: Response) -> None:
        missing_asset = answer.status == 404 and "/static/" in answer.url
        if answer.status >= 500 or missing_asset:
            self.faults.append(f"{answer.status}: {answer.request.method} {answer.url}")

    def take_screenshots(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pages = [page for context in self._contexts for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def sign_in(tab: Page, app: Flask, person: Person, *, second_factor: bool = False) -> None:
    """Signed in, without a walk through the sign-in page."""
    token = a_session(app, person, second_factor=second_factor)
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookie = signer.dumps({"_user_id": token, "_fresh": True})
    name = app.config["SESSION_COOKIE_NAME"]
    tab.context.add_cookies([{"name": name, "value": cookie, "domain": "localhost", "path": "/"}])
