"""An event is told to each subscriber once, when and only when what it tells of was committed."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.kit import clock
from app.platform import outbox, work
from app.platform.models import OutboxEvent, WorkItem
from app.platform.transaction import transaction
from tests.faults import kinds
from tests.support import eventually

pytestmark = pytest.mark.usefixtures("effects_table", "subscribed")


@pytest.fixture
def subscribed() -> Iterator[None]:
    outbox.subscribe("test.happened", kinds.NOTE)
    outbox.subscribe("test.happened", kinds.NOTE)
    outbox.subscribe("test.happened", "test.outside")
    yield
    outbox._subscriptions.pop("test.happened")


def emit(note: str) -> None:
    with transaction():
        outbox.emit("test.happened", {"note": note})


def undelivered() -> int:
    waiting = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.delivered_at.is_(None))
    return int(db.session.execute(waiting).scalar_one())


def test_each_subscriber_is_told_once() -> None:
    emit("a")
    for _ in range(3):
        outbox.relay()
    asked = db.session.scalars(select(WorkItem.kind).order_by(WorkItem.kind)).all()
    assert asked == ["test.note", "test.outside"]
    work.drain()
    assert kinds.effects() == ["a", "a"]
    assert undelivered() == 0


def test_what_was_rolled_back_is_never_told() -> None:
    with pytest.raises(RuntimeError), transaction():
        outbox.emit("test.happened", {"note": "a"})
        raise RuntimeError
    outbox.relay()
    assert work.drain() == 0


def test_an_event_that_the_release_from_before_has_not_heard_of_waits_for_the_next_one() -> None:
    """Its pages are shown while the scheduler from before still runs."""
    with transaction():
        outbox.emit("test.news", {"note": "new"})
    outbox.relay()
    outbox.subscribe("test.news", kinds.NOTE)
    try:
        outbox.relay()
    finally:
        outbox._subscriptions.pop("test.news")
    work.drain()
    assert kinds.effects() == ["new"]
    assert undelivered() == 0


def test_an_event_that_nobody_waits_for_is_put_aside(fixed_clock: clock.FixedClock) -> None:
    with transaction():
        outbox.emit("test.unheard", {})
    fixed_clock.move(timedelta(seconds=46))
    outbox.relay()
    assert undelivered() == 0
    assert work.drain() == 0


def test_an_event_that_commits_late_is_told_late_but_told(app: Flask) -> None:
    """Its id and time are older than those of events told already."""
    written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with app.app_context(), transaction():
            outbox.emit("test.happened", {"note": "late"})
            db.session.flush()
            written.set()
            may_commit.wait(10)

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    emit("early")
    outbox.relay()
    assert undelivered() == 0
    may_commit.set()
    thread.join()
    outbox.relay()
    work.drain()
    assert sorted(set(kinds.effects())) == ["early", "late"]


def test_many_events_are_told_in_several_bites() -> None:
    with transaction():
        for number in range(outbox.BATCH * 2 + 5):
            outbox.emit("test.happened", {"note": str(number)})
    outbox.relay()
    assert undelivered() == 0
    assert db.session.execute(select(func.count()).select_from(WorkItem)).scalar_one() == 2 * 405


def test_two_relays_at_once_tell_once(app: Flask) -> None:
    for number in range(50):
        emit(str(number))

    def relay() -> None:
        with app.app_context():
            outbox.relay()

    threads = [threading.Thread(target=relay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: undelivered() == 0)
    assert db.session.execute(select(func.count()).select_from(WorkItem)).scalar_one() == 100


def test_the_scheduler_is_told_to_hurry(context: Flask) -> None:
    emit("a")
    client = context.extensions["fanlight.cache"].client
    assert client.lrange("scheduler:hurry", 0, -1) == [b"outbox.relay"]
