"""Two people in two browsers talk while what carries their words is killed, frozen and brought back.

A house as `make run` starts it. What is lost or doubled by any of it would stand in one of the two pages.
"""

import signal
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.demo.people import DEMO_PASSWORD
from tests.browser.tabs import Profiles, Tabs
from tests.stack.stacks import Stack, stack
from tests.support import eventually

pytestmark = [pytest.mark.fault_long, pytest.mark.xdist_group("launcher"), pytest.mark.timeout(900)]
CREATOR, FAN = "vera_frames", "fan"
A_MINUTE = 60.0
# For sockets to come back, and what waits in a page to go out.
RECOVERED_WITHIN = 60.0


class Talk:
    def __init__(self, running: Stack, fan: Page, creator: Page) -> None:
        self.running, self.pages = running, (fan, creator)
        self.begin("")

    def begin(self, about: str) -> None:
        self.about, self.sent = f"About {about}: ", list[str]()

    def say(self, who: Page, times: int = 1) -> None:
        for _ in range(times):
            words = f"{self.about}{len(self.sent) + 1}"
            who.get_by_role("textbox", name="Write to").fill(words)
            who.get_by_role("button", name="Send").click()
            self.sent.append(words)

    def go_on(self, times: int = 3) -> None:
        for _ in range(times):
            for page in self.pages:
                self.say(page)

    def read(self, page: Page) -> list[str]:
        said = page.locator("[data-thread] li[data-seq] p.said").all_inner_texts()
        return [one for one in said if one.startswith(self.about)]

    def check(self) -> None:
        """Everything is there once, in one order for both, and nothing waits any more."""
        fan, creator = self.pages
        eventually(
            lambda: len(self.read(fan)) >= len(self.sent) <= len(self.read(creator)),
            within=RECOVERED_WITHIN,
        )
        assert sorted(self.read(fan)) == sorted(self.sent)
        assert self.read(fan) == self.read(creator)
        in_order = self.read(fan)
        for page in self.pages:
            expect(page.locator("[data-waits]")).to_have_count(0)
            page.reload()
            # A page begins with the latest ones.
            expect(page.locator("html[data-live=on]")).to_be_attached()
            shown = self.read(page)
            assert shown == in_order[-len(shown) :]

    def kill(self, what: str) -> None:
        for process in self.running.named(what):
            process.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("talk") / "var") as started:
        yield started.start()


@pytest.fixture(scope="module")
def tabs(running: Stack, browser: Browser) -> Iterator[Tabs]:
    """What a page complains about while the house is broken is no fault of it."""
    opened = Tabs(Profiles(browser), f"http://localhost:{running.port}")
    yield opened
    opened.throw_away()


def enter(tabs: Tabs, handle: str, other: str) -> Page:
    tab = tabs.open()
    tab.goto("/login")
    tab.fill("[name=identifier]", handle)
    tab.fill("[name=password]", DEMO_PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.wait_for_url("**/feed")
    tab.goto(f"/messages/to/{other}")
    return tab


@pytest.fixture(scope="module")
def talk(running: Stack, tabs: Tabs) -> Talk:
    fan = enter(tabs, FAN, CREATOR)
    fan.get_by_role("textbox", name="Write to").fill("Hello")
    fan.get_by_role("button", name="Send").click()
    fan.wait_for_url("**/messages/*-*")
    creator = enter(tabs, CREATOR, FAN)
    for page in (fan, creator):
        expect(page.locator("html[data-live=on]")).to_be_attached()
    return Talk(running, fan, creator)


def freeze(what: str, seconds: float) -> Callable[[Talk], None]:
    """It is there, and answers nobody."""

    def act(talk: Talk) -> None:
        frozen = talk.running.named(what)
        assert frozen
        for process in frozen:
            process.send_signal(signal.SIGSTOP)
        try:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                talk.go_on(1)
                talk.pages[0].wait_for_timeout(3_000)
        finally:
            for process in frozen:
                process.send_signal(signal.SIGCONT)

    return act


def kill(what: str) -> Callable[[Talk], None]:
    return lambda talk: talk.kill(what)


def sleep_and_wake(talk: Talk) -> None:
    """The fan's computer has no network for a while, and its words wait."""
    fan, creator = talk.pages
    fan.context.set_offline(True)
    talk.say(fan, 3)
    talk.say(creator, 3)
    fan.context.set_offline(False)


FAULTS = {
    "realtime": kill("workers.realtime"),
    "redis": kill("redis-server"),
    "redis-for-a-minute": freeze("redis-server", A_MINUTE),
    "web": kill("wsgi.py"),
    "worker": kill("workers.run"),
    "sleep": sleep_and_wake,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_that_two_people_say_is_lost_or_doubled(talk: Talk, fault: str) -> None:
    talk.begin(fault)
    talk.go_on()
    FAULTS[fault](talk)
    talk.go_on()
    talk.check()
