"""While somebody develops, the log says which statements are slow and which come again and again."""

import logging
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.config import Settings
from app.extensions import db
from app.platform.guards import Access
from app.platform.watching import statements
from app.platform.watching.counters import POOL_TIMEOUTS, POOL_WAITS, QUERIES
from app.platform.watching.pool import WatchedPool
from tests.platform.houses import a_house, room


def value(counter: object) -> float:
    return float(counter._value.get())  # type: ignore[attr-defined]


def asks_again() -> str:
    for number in range(12):
        db.session.execute(text("select 1 from users where handle = :name"), {"name": f"mona{number}"})
    return "ok"


def takes_long() -> str:
    db.session.execute(text("select pg_sleep(0.02), 'of mona', 4242, :name"), {"name": "Mona"})
    return "ok"


@pytest.fixture
def house(settings: Settings, app: Flask) -> Iterator[Flask]:
    """With its own limits, which are a process' own."""
    before = statements._limits.slow, statements._limits.repeated
    house = a_house(settings, slow_query_ms=10, repeated_queries=10)
    room(house, "/again", asks_again, Access.ANYONE)
    room(house, "/long", takes_long, Access.ANYONE)
    yield house
    statements._limits.slow, statements._limits.repeated = before


def warnings(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "fanlight.statements"]


def test_the_same_statement_for_each_row_is_named(house: Flask, caplog: pytest.LogCaptureFixture) -> None:
    before = value(QUERIES)
    house.test_client().get("/again")
    named = [one for one in warnings(caplog) if "again" in one.message]
    assert [(one.times, one.endpoint) for one in named] == [(12, "again")]  # type: ignore[attr-defined]
    assert named[0].statement == "select ? from users where handle = %(name)s"  # type: ignore[attr-defined]
    assert value(QUERIES) - before >= 12


def test_a_slow_statement_is_logged_without_its_values(
    house: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    house.test_client().get("/long")
    slow = [one for one in warnings(caplog) if one.message == "slow statement"]
    said = [one.statement for one in slow if "pg_sleep" in one.statement]  # type: ignore[attr-defined]
    assert said == ["select pg_sleep(?), ?, ?, %(name)s"]


def test_however_many_values_a_statement_has_one_shape() -> None:
    two = statements.shape("select a from b where id in (%(id_1)s, %(id_2)s)")
    many = statements.shape("select a from b where id in (%(id_1)s, %(id_2)s,\n %(id_3)s)")
    assert two == many == "select a from b where id in (%(id_1)s, ...)"


def test_a_live_house_does_not_look_unless_told(settings: Settings) -> None:
    live = {"mode": "live"}
    assert settings.model_copy(update=live).slow_milliseconds == 0
    assert settings.model_copy(update=live).repeats == 0
    assert settings.model_copy(update=live | {"slow_query_ms": 50}).slow_milliseconds == 50


def test_who_finds_the_pool_empty_is_counted(app: Flask) -> None:
    with app.app_context():
        creator = db.engine.pool._creator
    pool = WatchedPool(creator, pool_size=1, max_overflow=0, timeout=0.05)
    waits, timeouts = value(POOL_WAITS), value(POOL_TIMEOUTS)
    first = pool.connect()
    with pytest.raises(PoolTimeout):
        pool.connect()
    assert (value(POOL_WAITS) - waits, value(POOL_TIMEOUTS) - timeouts) == (1, 1)
    patient = WatchedPool(creator, pool_size=1, max_overflow=0, timeout=30)
    held, got = patient.connect(), threading.Event()

    def wait() -> None:
        patient.connect().close()
        got.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    held.close()
    assert got.wait(10)
    waiting.join()
    first.close()
    pool.dispose()
    patient.dispose()
