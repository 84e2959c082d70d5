"""A real site, a real Chromium, and tabs in it.

def test_something(tab, app): tab.goto("/login"); ...
def test_on_a_phone(open_tab): tab = open_tab(width=390, theme="dark", js=False)

A test fails when a page said an error on its console, broke the content policy, answered 500
or lacked a file, whatever else it showed. Screenshots of failures: var/test-screenshots.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from app.config import Settings
from tests.browser.play_money import PlayMoney, play_money
from tests.browser.site import LiveSite, running_site
from tests.browser.tabs import OpenTab, Profiles, Tabs, chromium
from tests.doubles.cards import CardsDouble
from tests.doubles.chain import ChainDouble
from tests.doubles.s3 import Store, s3_server
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
def money(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayMoney]:
    made = play_money(tmp_path_factory.mktemp("money"))
    yield made
    made.cards.stop()
    made.chain.close()


@pytest.fixture(scope="session")
def processor(money: PlayMoney) -> CardsDouble:
    money.cards.start()
    return money.cards


@pytest.fixture(scope="session")
def chain(money: PlayMoney) -> ChainDouble:
    """Its wallets keep what earlier tests gave them."""
    money.chain.start()
    return money.chain


@pytest.fixture(scope="session")
def live_site(
    whole_app: Flask, settings: Settings, money: PlayMoney, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveSite]:
    """The web process on http://localhost:PORT, over the same database and Redis as `app`."""
    with running_site(settings.model_copy(update=money.settings), tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def store() -> Iterator[Store]:
    with s3_server() as running:
        yield running


@pytest.fixture(scope="session")
def other_site(
    whole_app: Flask,
    settings: Settings,
    money: PlayMoney,
    store: Store,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LiveSite]:
    """Keeps its files in an object store, and its chain is one that real wallets reach."""
    chosen: dict[str, Any] = {name.lower(): value for name, value in store.settings.items()}
    chosen = money.settings | chosen | {"port": free_port(), "chain_port": free_port()}
    with running_site(settings.model_copy(update=chosen), tmp_path_factory.mktemp("other")) as site:
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
    with watched_tabs(profiles, live_site, request) as opened:
        yield opened


@pytest.fixture
def open_other(
    profiles: Profiles, other_site: LiveSite, app: Flask, request: pytest.FixtureRequest
) -> Iterator[OpenTab]:
    with watched_tabs(profiles, other_site, request) as opened:
        yield opened


@contextmanager
def watched_tabs(profiles: Profiles, site: LiveSite, request: pytest.FixtureRequest) -> Iterator[OpenTab]:
    tabs = Tabs(profiles, site.url)
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
