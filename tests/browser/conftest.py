"""A real site, a real Chromium, and tabs in it.

def test_something(tab, app): tab.goto("/login"); ...
def test_on_a_phone(open_tab): tab = open_tab(width=390, theme="dark", js=False)

A test fails when a page said an error on its console, broke the content policy, answered 500
or lacked a file, whatever else it showed. Screenshots of failures: var/test-screenshots.
"""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from app.config import Settings
from tests.browser.site import LiveSite, running_site
from tests.browser.tabs import OpenTab, Profiles, Tabs, chromium
from tests.support import free_port

SCREENSHOTS = Path("var/test-screenshots")
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def live_site(
    whole_app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveSite]:
    """The web process on http://localhost:PORT, over the same database and Redis as `app`."""
    own = settings.model_copy(update={"port": free_port(), "ws_port": free_port(), "web_processes": 1})
    with running_site(own, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as running:
        yield running


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    return Profiles(browser)


@pytest.fixture
def open_tab(
    profiles: Profiles, live_site: LiveSite, app: Flask, request: pytest.FixtureRequest
) -> Iterator[OpenTab]:
    """`open_tab(width=390, theme="dark", js=False)`: another browser, as far as cookies go."""
    tabs = Tabs(profiles, live_site.url)
    yield tabs.open
    failed, faults = request.node.stash.get(FAILED, False), tabs.faults
    if failed or faults:
        tabs.take_screenshots(SCREENSHOTS, request.node.name)
        tabs.throw_away()
    else:
        tabs.close()
    assert failed or not faults, "\n".join(faults)


@pytest.fixture
def tab(open_tab: OpenTab, request: pytest.FixtureRequest) -> Page:
    """One tab. `@pytest.mark.parametrize("tab", [{"width": 390}], indirect=True)` shapes it."""
    return open_tab(**getattr(request, "param", {}))
