"""Redis is gone while people read, sign in and change things: they do not notice."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import psutil
import pytest
import redis
from flask import Flask

from app.accounts.operations import sessions
from app.kit.ids import new_id
from app.platform import realtime
from app.platform.realtime import push
from app.platform.transaction import transaction
from tests.factories.people import PASSWORD, Person, a_person, signed_in
from tests.faults.kinds import effects
from tests.faults.test_work import House, ask, breakable, house
from tests.page_client import PageClient
from tests.support import eventually
from workers.stack.embedded import EmbeddedServers

__all__ = ["breakable", "house"]

READERS = 8
TURNS_A_PAGE = 0.3
PAGE = "/settings/profile"
ACCESS_ENDS_WITHIN = 5.0

T = TypeVar("T")


def visit(action: Callable[..., T], *args: object) -> T:
    """On a thread of its own: a visitor's requests share nothing with the test's application context."""
    with ThreadPoolExecutor(1) as visitor:
        return visitor.submit(action, *args).result()


@contextmanager
def reading(app: Flask) -> Iterator[Counter[int]]:
    """People who turn pages all the time; how often they got which answer."""
    answers, enough = Counter[int](), threading.Event()

    def read(browser: PageClient) -> None:
        while not enough.wait(TURNS_A_PAGE):
            answers[browser.http.get(PAGE).status_code] += 1

    browsers = [signed_in(app) for _ in range(READERS)]
    readers = [threading.Thread(target=read, args=(browser,)) for browser in browsers]
    for reader in readers:
        reader.start()
    try:
        yield answers
    finally:
        enough.set()
        for reader in readers:
            reader.join()


def try_to_sign_in(app: Flask, person: Person, password: str, address: str) -> int:
    page = PageClient(app, address)
    form = page.get("/login").form("/login")
    return page.send(form, follow=False, identifier=person.handle, password=password).status


def guesses_let_through(app: Flask, person: Person, address: str) -> int:
    statuses = [try_to_sign_in(app, person, f"guess {number}", address) for number in range(7)]
    return statuses.count(422)


def seconds_until_shut_out(app: Flask) -> float:
    """From the end of a session to the first page that knows of it."""
    person = a_person(app)
    browser = signed_in(app, person)
    assert browser.get(PAGE).status == 200
    with app.app_context(), transaction():
        sessions.end_all(person.id, because="signed out elsewhere")
    ended = time.monotonic()
    eventually(lambda: browser.get(PAGE, follow=False).status == 303, within=10)
    return time.monotonic() - ended


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [1, pytest.param(60, marks=pytest.mark.fault_long)])
def test_nobody_notices_that_redis_is_away(
    context: Flask, house: House, breakable: EmbeddedServers, seconds: int
) -> None:
    house.worker()
    house.scheduler()
    expected: list[str] = []
    with reading(context) as answers:
        breakable.redis.kill()
        back = time.monotonic() + seconds
        while not expected or time.monotonic() < back:
            address = f"127.9.0.{len(expected)}"
            assert visit(try_to_sign_in, context, a_person(context), PASSWORD, address) == 303
            assert visit(guesses_let_through, context, a_person(context), address) == 5
            assert visit(seconds_until_shut_out, context) <= ACCESS_ENDS_WITHIN + 0.5
            ask("test.note", note=(note := f"without {len(expected)}"))
            expected.append(note)
        breakable.redis.restart()
        ask("test.note", note="after")
        eventually(lambda: sorted(effects()) == sorted([*expected, "after"]), within=20)
        assert visit(try_to_sign_in, context, a_person(context), PASSWORD, "127.8.0.1") == 303
    assert set(answers) == {200}
    assert answers[200] > 10 * seconds


def test_what_redis_did_not_take_is_owned_up_to_once_it_is_back(
    context: Flask, house: House, breakable: EmbeddedServers
) -> None:
    """Whoever listens may be back before the one who speaks: so both say that something was missed."""
    address = context.extensions["fanlight.settings"].redis_url
    with redis.Redis.from_url(address).pubsub() as heard:  # type: ignore[no-untyped-call]
        heard.subscribe(push.CHANNEL)
        eventually(heard.get_message)
        server = psutil.Process(breakable.redis.pid)
        server.suspend()
        try:
            realtime.push_user(new_id(), "lost")
        finally:
            server.resume()
        missed = push.MISSED.encode()
        eventually(lambda: (notice := heard.get_message()) and notice["data"] == missed)
