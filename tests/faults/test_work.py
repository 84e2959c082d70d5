"""Workers are killed, Redis is lost, PostgreSQL restarts: what was acknowledged is done, once."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from subprocess import TimeoutExpired
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.config import Settings
from app.extensions import db
from app.kit import clock
from app.platform import outbox, work
from app.platform.models import OutboxEvent
from app.platform.transaction import transaction
from app.platform.work.queueing import wake
from tests.faults import processes
from tests.faults.kinds import effects, give_sign, make_tables, signs
from tests.support import eventually
from workers.run import LANES
from workers.stack.embedded import EmbeddedServers

# A busy machine may take its time to start a process; the promises count from then on.
START_SECONDS = 60
AS_EVER = 5.0
SHORT_LEASE = {"LEASE_SECONDS": "2", "HEARTBEAT_SECONDS": "0.3"}


class House:
    """Processes on the test's servers, awake when a test goes on, all gone at its end."""

    def __init__(self, settings: Settings, app: Flask) -> None:
        self._env = processes.environment(settings)
        self._redis = app.extensions["fanlight.cache"].client
        self._open = ExitStack()

    def worker(self, program: str = "worker_program", **more: str) -> processes.Started:
        before = self._workers()
        process = self._start(f"tests.faults.{program}", more)
        eventually(lambda: self._workers() >= before + len(LANES), within=START_SECONDS)
        return process

    def scheduler(self, sweep: float = 0.5) -> processes.Started:
        """It looks for work that nobody was woken for more often than the product's."""
        process = self._start("tests.faults.scheduler_program", {"SWEEP_SECONDS": str(sweep)})
        with transaction():
            # Nobody waits any more for a scheduler that knows it.
            long_ago = clock.now() - timedelta(hours=1)
            db.session.add(OutboxEvent(topic="test.unheard", payload={}, at=long_ago))
        eventually(told, within=START_SECONDS)
        return process

    def close(self) -> None:
        self._open.close()

    def _start(self, module: str, more: dict[str, str]) -> processes.Started:
        return self._open.enter_context(processes.start(module, self._env | more))

    def _workers(self) -> int:
        return int(self._redis.scard("rq:workers"))


@pytest.fixture
def house(context: Flask, settings: Settings) -> Iterator[House]:
    make_tables()
    house = House(settings, context)
    yield house
    house.close()


@pytest.fixture
def breakable(servers: EmbeddedServers, house: House) -> Iterator[EmbeddedServers]:
    """Servers that the test may break; the next test finds them whole."""
    yield servers
    for server in servers.all:
        if not server.answers():
            server.restart()
    db.engine.dispose()
    eventually(lambda: house and effects() is not None)


def ask(kind: str, **payload: object) -> UUID:
    with transaction():
        work_id = work.enqueue(kind, payload)
    assert work_id is not None
    return work_id


# What the house does by the clock is none of these tests' business.
STATES = text("select state, count(*) as amount from work_items where kind like 'test.%' group by state")


def states() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {row.state: row.amount for row in connection.execute(STATES)}


def told() -> bool:
    """Whether every event reached the relay."""
    with db.engine.connect() as connection:
        waiting = connection.execute(text("select count(*) from outbox where delivered_at is null"))
        return waiting.scalar() == 0


def flush_redis(app: Flask) -> None:
    app.extensions["fanlight.cache"].client.flushdb()


def test_a_woken_worker_does_the_work(house: House) -> None:
    house.worker()
    ask("test.note", note="a")
    eventually(lambda: effects() == ["a"])
    eventually(lambda: states() == {"done": 1})


def test_nobody_waits_for_a_film(house: House) -> None:
    worker = house.worker()
    ask("test.film", note="film")
    eventually(lambda: signs() == ["started film"])
    ask("test.note", note="paid")
    eventually(lambda: effects() == ["paid"])
    worker.terminate()
    give_sign("open film")
    assert worker.wait(10) == 0
    assert sorted(effects()) == ["film", "paid"]


def test_work_of_a_killed_worker_is_taken_over_and_its_effect_is_there_once(house: House) -> None:
    house.scheduler()
    killed = house.worker(**SHORT_LEASE)
    ask("test.gated", note="a")
    eventually(lambda: signs() == ["started a"])
    killed.kill()
    house.worker(**SHORT_LEASE)
    eventually(lambda: signs() == ["started a", "started a"], within=20)
    give_sign("open a")
    eventually(lambda: states() == {"done": 1})
    assert effects() == ["a"]


@pytest.mark.fault_long
def test_work_of_a_killed_worker_is_taken_over_within_30_seconds(house: House) -> None:
    house.scheduler(sweep=AS_EVER)
    killed = house.worker()
    ask("test.gated", note="a")
    eventually(lambda: signs() == ["started a"])
    house.worker()
    killed.kill()
    at = time.monotonic()
    eventually(lambda: signs() == ["started a", "started a"], within=40)
    assert time.monotonic() - at < 30
    give_sign("open a")
    eventually(lambda: effects() == ["a"])


def test_work_is_done_although_redis_forgot_it(house: House, context: Flask) -> None:
    house.scheduler()
    house.worker()
    ask("test.gated", note="before")
    eventually(lambda: signs() == ["started before"])
    for number in range(20):
        ask("test.note", note=str(number))
    flush_redis(context)
    give_sign("open before")
    eventually(lambda: states() == {"done": 21}, within=15)
    assert sorted(effects()) == sorted(["before", *map(str, range(20))])


def test_work_is_done_while_redis_is_gone_and_after_it_is_back(
    house: House, breakable: EmbeddedServers
) -> None:
    house.worker()
    house.scheduler()
    ask("test.note", note="before")
    eventually(lambda: effects() == ["before"])
    breakable.redis.kill()
    ask("test.note", note="without")
    eventually(lambda: effects() == ["before", "without"])
    breakable.redis.restart()
    ask("test.note", note="after")
    eventually(lambda: effects() == ["before", "without", "after"])
    assert states() == {"done": 3}


def test_work_survives_a_crash_of_postgresql_in_the_middle(house: House, breakable: EmbeddedServers) -> None:
    worker, scheduler = house.worker(**SHORT_LEASE), house.scheduler()
    ask("test.gated", note="a")
    eventually(lambda: signs() == ["started a"])
    breakable.postgres.kill()
    breakable.postgres.restart()
    eventually(lambda: signs() == ["started a", "started a"], within=30)
    give_sign("open a")
    eventually(lambda: states() == {"done": 1}, within=30)
    assert effects() == ["a"]
    assert (worker.poll(), scheduler.poll()) == (None, None), "nobody died of it"


def test_two_workers_share_many_pieces_and_each_effect_is_there_once(house: House) -> None:
    house.worker()
    house.worker()
    house.scheduler()
    wanted = [f"{number:03}" for number in range(80)]
    for note in wanted:
        work_id = ask("test.note", note=note)
        # Woken again and again, as a nervous sweep might do.
        wake("default", [work_id, work_id])
    eventually(lambda: states() == {"done": 80}, within=60)
    assert sorted(effects()) == wanted


def test_failing_work_is_done_in_the_end(house: House) -> None:
    house.worker(FIRST_PAUSE="0.5")
    house.scheduler()
    ask("test.flaky", note="a", failures=1)
    eventually(lambda: states() == {"done": 1}, within=30)
    assert effects() == ["a"]
    assert signs() == ["tried", "tried"]


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGTERM, signal.SIGTERM]])
def test_a_stopped_worker_finishes_what_it_has_begun(house: House, signals: list[signal.Signals]) -> None:
    worker = house.worker()
    ask("test.gated", note="a")
    eventually(lambda: signs() == ["started a"])
    ask("test.note", note="next")
    for number in signals:
        worker.send_signal(number)
    with pytest.raises(TimeoutExpired):
        worker.wait(1.5)
    give_sign("open a")
    assert worker.wait(5) == 0
    assert effects() == ["a"]
    assert states() == {"done": 1, "due": 1}


def test_an_idle_worker_stops_soon(house: House) -> None:
    worker = house.worker()
    ask("test.note", note="a")
    eventually(lambda: effects() == ["a"])
    worker.terminate()
    assert worker.wait(10) == 0


@pytest.mark.fault_long
def test_long_work_is_not_taken_twice(house: House, context: Flask) -> None:
    """Work longer than its lease, real figures: the heartbeat holds it although every sweep looks."""
    house.worker()
    house.worker()
    house.scheduler()
    ask("test.gated", note="a")
    eventually(lambda: signs() == ["started a"])
    until = time.monotonic() + 30
    eventually(lambda: time.monotonic() > until, within=40)
    give_sign("open a")
    eventually(lambda: states() == {"done": 1})
    assert signs() == ["started a", "open a"]
    assert effects() == ["a"]


def test_an_event_reaches_its_subscriber_at_once(house: House) -> None:
    house.scheduler()
    house.worker()
    with transaction():
        outbox.emit("test.happened", {"note": "told"})
    eventually(lambda: effects() == ["told"])


def test_the_scheduler_lives_on_without_servers_and_stops_soon(
    house: House, breakable: EmbeddedServers, context: Flask
) -> None:
    scheduler = house.scheduler()
    breakable.redis.kill()
    breakable.postgres.kill()
    with pytest.raises(TimeoutExpired):
        scheduler.wait(3)
    breakable.postgres.restart()
    breakable.redis.restart()
    db.engine.dispose()
    eventually(lambda: effects() == [])  # a pooler between may have a dead connection still
    work_id = ask("test.note", note="a")
    flush_redis(context)
    queue = context.extensions["fanlight.cache"].client
    eventually(lambda: queue.lrange("rq:queue:default", 0, -1) == [str(work_id).encode()], within=20)
    scheduler.terminate()
    assert scheduler.wait(10) == 0
