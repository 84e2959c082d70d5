"""Clock jobs: one at a time across schedulers, and one that fails stops nobody; what is old goes."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import Model, db
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.platform import cleanup, schedule
from app.platform.models import AccessEnded, IdempotencyKey, OutboxEvent, RateCounter, WorkItem
from app.platform.schedule import Job
from app.platform.transaction import transaction
from tests.support import eventually
from workers.scheduler import Scheduler


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Job]]:
    """Only the test's own jobs."""
    jobs: dict[str, Job] = {}
    monkeypatch.setattr(schedule, "_jobs", jobs)
    yield jobs


class Running:
    """A scheduler in a thread, as its process runs it."""

    def __init__(self, app: Flask) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=Scheduler(app, self._stop).run)

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


def test_jobs_run_in_their_rhythm_and_one_that_fails_stops_nobody(app: Flask, alone: dict[str, Job]) -> None:
    quick: list[int] = []
    broken: list[int] = []

    @schedule.every(0.05, "test.broken")
    def fail() -> None:
        broken.append(1)
        raise RuntimeError("on purpose")

    @schedule.every(0.05, "test.quick")
    def run() -> None:
        quick.append(1)

    with Running(app):
        eventually(lambda: len(quick) > 5 and len(broken) > 5)


def test_a_hurried_job_does_not_wait_for_its_turn(context: Flask, alone: dict[str, Job]) -> None:
    runs: list[int] = []

    @schedule.every(3600, "test.rare")
    def run() -> None:
        runs.append(1)

    with Running(context):
        eventually(lambda: len(runs) == 1)
        with transaction():
            schedule.hurry("test.rare")
            schedule.hurry("test.unknown")
        eventually(lambda: len(runs) == 2)


def test_what_is_rare_does_not_wait_for_its_turn_after_the_clock_jumped(
    context: Flask, alone: dict[str, Job]
) -> None:
    runs: list[int] = []

    @schedule.every(24 * 3600, "test.daily")
    def run() -> None:
        runs.append(1)

    fixed = FixedClock(clock.now())
    with clock.using(fixed), Running(context):
        eventually(lambda: len(runs) == 1)
        fixed.move(timedelta(days=400))
        eventually(lambda: len(runs) == 2)
        fixed.move(timedelta(hours=-2))
        eventually(lambda: len(runs) == 3)


def test_a_job_runs_in_one_scheduler_at_a_time(app: Flask) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        inside.set()
        go_on.wait(10)

    def run_slow() -> None:
        with app.app_context():
            schedule.run(Job("test.slow", 1, slow))

    first = threading.Thread(target=run_slow)
    first.start()
    assert inside.wait(10)
    with app.app_context():
        ran: list[int] = []
        assert not schedule.run(Job("test.slow", 1, lambda: ran.append(1)))
        assert schedule.run(Job("test.other", 1, lambda: ran.append(2)))
        go_on.set()
        first.join()
        assert schedule.run(Job("test.slow", 1, lambda: ran.append(3)))
    assert ran == [2, 3]


def test_everything_that_lasts_is_scheduled(app: Flask) -> None:
    rhythm = {job.name: job.seconds for job in schedule.jobs()}
    assert {"work.sweep": 5, "outbox.relay": 1, "cleanup": 3600}.items() <= rhythm.items()


def _work(state: str) -> Callable[[timedelta], Model]:
    def make(age: timedelta) -> Model:
        return WorkItem(kind="test.note", queue="default", state=state, finished_at=clock.now() - age)

    return make


def _key(age: timedelta) -> Model:
    return IdempotencyKey(
        scope="user:x", key=str(new_id()), endpoint="x", fingerprint=b"", created_at=clock.now() - age
    )


def _told(age: timedelta) -> Model:
    return OutboxEvent(topic="x", delivered_at=clock.now() - age)


def _counter(age: timedelta) -> Model:
    return RateCounter(key=str(new_id()), bucket=1, expires_at=clock.now() - age)


def _ended(age: timedelta) -> Model:
    return AccessEnded(kind="session", user_id=new_id(), subject_id=new_id(), at=clock.now() - age)


@pytest.mark.parametrize(
    ("make", "kept", "gone"),
    [
        (_key, timedelta(hours=47), timedelta(hours=49)),
        (_work("done"), timedelta(days=6), timedelta(days=8)),
        (_work("failed"), timedelta(days=89), timedelta(days=91)),
        (_told, timedelta(days=6), timedelta(days=8)),
        (_counter, timedelta(minutes=-1), timedelta(minutes=1)),
        (_ended, timedelta(hours=23), timedelta(hours=25)),
    ],
    ids=["idempotency key", "done work", "failed work", "delivered event", "rate counter", "ended access"],
)
def test_what_is_old_goes_and_the_rest_stays(
    context: Flask, make: Callable[[timedelta], Model], kept: timedelta, gone: timedelta
) -> None:
    with transaction():
        db.session.add_all([make(kept), *(make(gone) for _ in range(5))])
    cleanup.clean()
    model = type(make(kept))
    assert db.session.execute(select(func.count()).select_from(model)).scalar_one() == 1


def test_open_work_and_untold_events_never_go(context: Flask) -> None:
    long_ago = clock.now() - timedelta(days=400)
    with transaction():
        db.session.add(WorkItem(kind="x", queue="default", due_at=long_ago, created_at=long_ago))
        db.session.add(OutboxEvent(topic="x", at=long_ago))
    cleanup.clean()
    for model in (WorkItem, OutboxEvent):
        assert db.session.execute(select(func.count()).select_from(model)).scalar_one() == 1


def test_a_lot_goes_in_bites(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "BITE", 10)
    with transaction():
        db.session.add_all([_told(timedelta(days=9)) for _ in range(35)])
    cleanup.clean()
    assert db.session.execute(select(func.count()).select_from(OutboxEvent)).scalar_one() == 0
