"""Work in this process: claimed, done once, tried again, given up."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask, g
from sqlalchemy import update

from app.extensions import WriteOutsideTransaction, db
from app.kit import clock
from app.platform import work
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from app.platform.work import lease
from app.platform.work.runner import pause_after
from tests.faults.kinds import effects, give_sign, signs
from tests.support import eventually

pytestmark = pytest.mark.usefixtures("effects_table")


def ask(kind: str, **payload: object) -> UUID:
    with transaction():
        work_id = work.enqueue(kind, payload)
    assert work_id is not None
    return work_id


def row(work_id: UUID) -> WorkItem:
    db.session.expire_all()
    return db.session.get_one(WorkItem, work_id)


def waiting_in_rq(app: Flask, queue: str = "default") -> list[str]:
    ids = app.extensions["fanlight.cache"].client.lrange(f"rq:queue:{queue}", 0, -1)
    return [each.decode() for each in ids]


@contextmanager
def running(app: Flask, work_id: UUID) -> Iterator[None]:
    """The gated work `a` goes on beside the test; at the end its gate opens."""

    def run() -> None:
        with app.app_context():
            work.run(work_id)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        eventually(lambda: "started a" in signs())
        yield
    finally:
        give_sign("open a")
        thread.join()


def expire_lease(work_id: UUID) -> None:
    with transaction():
        db.session.execute(
            update(WorkItem)
            .where(WorkItem.id == work_id)
            .values(leased_until=db.func.clock_timestamp() - timedelta(seconds=1))
        )


def test_work_is_done_once_however_often_it_is_woken() -> None:
    work_id = ask("test.note", note="a")
    for _ in range(3):
        work.run(work_id)
    assert effects() == ["a"]
    assert (row(work_id).state, row(work_id).attempts) == ("done", 1)


def test_work_is_asked_for_inside_a_transaction_only() -> None:
    with pytest.raises(WriteOutsideTransaction):
        work.enqueue("test.note", {"note": "a"})


def test_nobody_is_woken_for_what_was_rolled_back(context: Flask) -> None:
    with pytest.raises(RuntimeError), transaction():
        work.enqueue("test.note", {"note": "a"})
        raise RuntimeError
    assert waiting_in_rq(context) == []
    assert work.drain() == 0


def test_a_commit_wakes_a_worker(context: Flask) -> None:
    work_id = ask("test.note", note="a")
    assert waiting_in_rq(context) == [str(work_id)]


def test_unknown_work_is_refused_when_it_is_asked_for() -> None:
    with pytest.raises(work.UnknownWork), transaction():
        work.enqueue("nobody.knows", {})


def test_work_of_another_release_ends_as_failed_and_does_not_go_round_for_ever() -> None:
    work_id = ask("test.note", note="a")
    with transaction():
        db.session.execute(
            update(WorkItem).where(WorkItem.id == work_id).values(kind="of.another.release", max_attempts=1)
        )
    work.run(work_id)
    assert (row(work_id).state, row(work_id).lease_id) == ("failed", None)
    assert "UnknownWork" in (row(work_id).last_error or "")


def test_a_payload_names_things_and_does_not_carry_them() -> None:
    with pytest.raises(ValueError, match="carry"), transaction():
        work.enqueue("test.note", {"note": "x" * 9_000})


def test_the_same_work_waits_once_and_may_be_asked_for_again_when_done() -> None:
    def ask_unique() -> UUID | None:
        with transaction():
            return work.enqueue("test.note", {"note": "a"}, unique_key="one")

    first = ask_unique()
    assert first is not None
    assert ask_unique() is None
    work.run(first)
    second = ask_unique()
    assert second is not None
    work.run(second)
    assert effects() == ["a", "a"]


def test_later_work_waits_for_its_time(context: Flask, fixed_clock: clock.FixedClock) -> None:
    with transaction():
        work.enqueue("test.note", {"note": "a"}, due_at=clock.now() + timedelta(days=1))
    assert waiting_in_rq(context) == []
    assert work.drain() == 0
    fixed_clock.move(timedelta(days=1, seconds=1))
    assert work.drain() == 1
    assert effects() == ["a"]


def test_failing_work_is_tried_again_and_leaves_one_effect(fixed_clock: clock.FixedClock) -> None:
    work_id = ask("test.flaky", note="a", failures=3)
    for attempt in range(1, 4):
        work.run(work_id)
        assert (row(work_id).state, row(work_id).attempts) == ("due", attempt)
        assert "not yet" in (row(work_id).last_error or "")
        assert work.drain() == 0, "it pauses before it tries again"
        fixed_clock.move(timedelta(minutes=1))
    work.run(work_id)
    assert (row(work_id).state, row(work_id).last_error) == ("done", None)
    assert effects() == ["a"]


def test_the_pause_grows_to_an_hour_and_is_never_quite_the_same() -> None:
    pauses = [pause_after(attempt).total_seconds() for attempt in (1, 5, 12, 30)]
    assert 3 < pauses[0] <= 5
    assert 55 < pauses[1] <= 80
    assert 2_600 < pauses[2] <= 3_600
    assert pauses[3] <= 3_600
    assert len({pause_after(9) for _ in range(20)}) > 5


def test_hopeless_work_fails_loudly_after_its_last_attempt(
    fixed_clock: clock.FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    work_id = ask("test.hopeless", note="a")
    for _ in range(5):
        work.run(work_id)
        fixed_clock.move(timedelta(hours=1))
    assert (row(work_id).state, row(work_id).attempts) == ("failed", 3)
    assert effects() == ["gave up a"], "its last words are written, nothing else"
    assert [r.levelname for r in caplog.records if r.getMessage() == "work failed"] == ["ERROR"]


def test_work_that_gives_up_is_not_tried_again() -> None:
    work_id = ask("test.refusing", note="a")
    work.run(work_id)
    assert (row(work_id).state, row(work_id).attempts) == ("failed", 1)
    assert effects() == ["gave up a"]


def test_a_panic_of_a_native_library_is_a_failed_attempt() -> None:
    work_id = ask("test.panicking")
    work.run(work_id)
    assert row(work_id).state == "due"
    assert row(work_id).last_error == "Panic: from the native side"


def test_work_that_kills_every_worker_fails_in_the_end() -> None:
    work_id = ask("test.gated", note="a")
    for _ in range(3):
        assert lease.claim(work_id)
        expire_lease(work_id)
    work.run(work_id)
    assert row(work_id).state == "failed"
    assert (row(work_id).last_error or "").startswith("Abandoned")
    assert effects() == []


def test_who_lost_the_lease_commits_nothing(app: Flask) -> None:
    """A worker that slept through its lease wakes up: another one has it now."""
    work_id = ask("test.gated", note="a")
    with running(app, work_id):
        expire_lease(work_id)
        other = lease.claim(work_id)
        assert other is not None
    assert effects() == []
    assert row(work_id).state == "running"
    with transaction():
        lease.finish(other)
    assert row(work_id).state == "done"


def test_who_lost_the_lease_records_nothing_outside_either(app: Flask) -> None:
    work_id = ask("test.outside", note="a", gated=True)
    with running(app, work_id):
        expire_lease(work_id)
        assert lease.claim(work_id)
    assert effects() == []


def test_a_heartbeat_keeps_long_work_from_being_taken_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LEASE_SECONDS", 2.0)
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.05)
    work_id = ask("test.gated", note="a")
    with running(app, work_id):
        first_end = row(work_id).leased_until
        assert first_end is not None
        eventually(lambda: (row(work_id).leased_until or first_end) - first_end > timedelta(seconds=3))
        assert lease.claim(work_id) is None
    assert effects() == ["a"]
    assert signs().count("started a") == 1


def test_work_outside_holds_no_transaction_while_it_waits() -> None:
    work.run(ask("test.outside", note="a"))
    assert signs() == ["in transaction: False"]
    assert effects() == ["a"]


def test_the_correlation_id_travels_from_the_request_to_the_work() -> None:
    g.correlation_id = "from-the-request"
    work.run(ask("test.note", note="a"))
    with db.engine.connect() as connection:
        ids = connection.execute(db.text("select correlation_id from test_effects")).scalars().all()
    assert ids == ["from-the-request"]


def test_the_sweep_wakes_what_redis_forgot_and_nothing_twice(context: Flask) -> None:
    ids = {str(ask("test.note", note=str(number))) for number in range(5)}
    work.sweep()
    assert sorted(waiting_in_rq(context)) == sorted(ids)
    context.extensions["fanlight.cache"].client.flushdb()
    work.sweep()
    assert sorted(waiting_in_rq(context)) == sorted(ids)


def test_the_sweep_leaves_running_work_alone_until_its_lease_ends(context: Flask) -> None:
    work_id = ask("test.note", note="a")
    assert lease.claim(work_id)
    context.extensions["fanlight.cache"].client.flushdb()
    work.sweep()
    assert waiting_in_rq(context) == []
    expire_lease(work_id)
    work.sweep()
    assert waiting_in_rq(context) == [str(work_id)]


def test_a_shifted_clock_does_not_end_a_lease(fixed_clock: clock.FixedClock) -> None:
    work_id = ask("test.note", note="a")
    assert lease.claim(work_id)
    fixed_clock.move(timedelta(days=31))
    assert lease.claim(work_id) is None


def test_the_sweep_uses_its_index(context: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            db.text("""
                insert into work_items (id, kind, queue, payload, state, due_at, attempts, max_attempts,
                                        correlation_id, created_at)
                select gen_random_uuid(), 'test.note', 'default', '{}', 'done', now(), 1, 1, '', now()
                from generate_series(1, 20000)
            """)
        )
        connection.execute(db.text("analyze work_items"))
        plan = "\n".join(
            connection.execute(
                db.text(f"explain {work.sweeping.DUE.text}"),
                {"queue": "default", "now": clock.now(), "batch": 100},
            ).scalars()
        )
    assert "ix_work_items_open" in plan


def test_every_queue_that_is_named_is_served() -> None:
    assert {kind.queue for kind in work.kinds()} <= set(work.QUEUES)
    with pytest.raises(ValueError, match="no worker serves"):
        work.handler("test.elsewhere", queue="elsewhere")
