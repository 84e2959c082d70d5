"""A provider's event is stored once, handled once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform import inbox, work
from app.platform.models import InboxEvent
from app.platform.transaction import transaction
from tests.faults.kinds import effects, signs

pytestmark = pytest.mark.usefixtures("effects_table")


@inbox.source("test-inside")
def inside(event: inbox.Received) -> None:
    _leave(f"{event.external_id} {event.payload['what']}")


@inbox.source("test-outside", queue="payments", transactional=False)
def outside(event: inbox.Received) -> None:
    with work.recording():
        _leave(event.external_id)


@inbox.source("test-broken")
def broken(event: inbox.Received) -> None:
    _leave(event.external_id)
    raise RuntimeError


@inbox.source("test-away")
def away(event: inbox.Received) -> None:
    """Nobody is there for half a day."""
    if clock.now() < event.received_at + timedelta(hours=12):
        raise ConnectionError
    _leave(event.external_id)


def _leave(note: str) -> None:
    db.session.execute(text("insert into test_effects (note) values (:note)"), {"note": note})


def receive(source: str, external_id: str) -> bool:
    with transaction():
        return inbox.receive(source, external_id, {"what": "paid"})


def handled() -> int:
    done = select(func.count()).select_from(InboxEvent).where(InboxEvent.handled_at.is_not(None))
    return int(db.session.execute(done).scalar_one())


@pytest.mark.parametrize(("source", "effect"), [("test-inside", "evt_1 paid"), ("test-outside", "evt_1")])
def test_a_duplicate_changes_nothing(source: str, effect: str) -> None:
    assert [receive(source, "evt_1") for _ in range(3)] == [True, False, False]
    work.drain()
    assert not receive(source, "evt_1")
    work.drain()
    assert effects() == [effect]
    assert handled() == 1


def test_two_sources_may_use_the_same_id() -> None:
    assert receive("test-inside", "1")
    assert receive("test-outside", "1")


def test_a_duplicate_at_the_same_moment_changes_nothing(app: Flask) -> None:
    answers: list[bool] = []

    def knock() -> None:
        with app.app_context():
            answers.append(receive("test-inside", "evt_1"))

    threads = [threading.Thread(target=knock) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 5 + [True]
    work.drain()
    assert effects() == ["evt_1 paid"]


def test_an_event_is_marked_handled_only_with_its_effects() -> None:
    receive("test-broken", "evt_1")
    work.drain()
    assert (handled(), effects(), signs()) == (0, [], [])


@pytest.mark.parametrize("told", [lambda: receive("test-away", "evt_1"), inbox.again])
def test_an_event_that_nobody_could_handle_is_tried_again(told: Callable[[], object]) -> None:
    moved = FixedClock(clock.now())
    with clock.using(moved):
        receive("test-away", "evt_1")
        for _ in range(13):
            work.drain()
            moved.move(timedelta(hours=1))
        assert (effects(), handled()) == ([], 0)
        for _ in range(2):
            told()
            work.drain()
        assert (effects(), handled()) == (["evt_1"], 1)


def test_an_event_of_long_ago_is_given_up() -> None:
    moved = FixedClock(clock.now())
    with clock.using(moved):
        receive("test-broken", "evt_1")
        for _ in range(13):
            work.drain()
            moved.move(timedelta(hours=1))
        moved.move(timedelta(days=31))
        inbox.again()
        assert not work.due("default", 10)


def test_nothing_is_stored_for_a_source_that_nobody_handles() -> None:
    with pytest.raises(work.UnknownWork):
        receive("test-nobody", "evt_1")
    assert db.session.execute(select(func.count()).select_from(InboxEvent)).scalar_one() == 0


def test_an_event_that_was_handled_is_not_handled_again() -> None:
    receive("test-outside", "evt_1")
    with transaction():
        db.session.execute(db.update(InboxEvent).values(handled_at=clock.now()))
    work.drain()
    assert effects() == []
