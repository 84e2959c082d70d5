"""Work that tests ask for. It leaves its effects in a table that allows doubles, so that they are seen."""

import time
from typing import Any

from sqlalchemy import text

from app.extensions import db
from app.platform import web, work
from app.platform.transaction import in_transaction

TABLES = """
    create table if not exists test_effects (note text not null, correlation_id text not null default '');
    create table if not exists test_signs (sign text not null);
"""
POLL_SECONDS = 0.02
NOTE = "test.note"


def make_tables() -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(TABLES)


def effects() -> list[str]:
    """What was committed, oldest first."""
    with db.engine.connect() as connection:
        return list(connection.execute(text("select note from test_effects order by ctid")).scalars())


def signs() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.execute(text("select sign from test_signs order by ctid")).scalars())


def give_sign(sign: str) -> None:
    """Seen at once, whatever becomes of the work's own transaction."""
    with db.engine.begin() as connection:
        connection.execute(text("insert into test_signs (sign) values (:sign)"), {"sign": sign})


def _leave(note: str) -> None:
    db.session.execute(
        text("insert into test_effects (note, correlation_id) values (:note, :id)"),
        {"note": note, "id": web.correlation_id()},
    )


@work.handler(NOTE)
def note(payload: dict[str, Any]) -> None:
    _leave(payload["note"])


@work.handler("test.film", queue="media")
@work.handler("test.gated", max_attempts=3)
def gated(payload: dict[str, Any]) -> None:
    """Leaves its effect, and goes on only when the test opens the gate."""
    _leave(payload["note"])
    give_sign(f"started {payload['note']}")
    while f"open {payload['note']}" not in signs():
        time.sleep(POLL_SECONDS)


@work.handler("test.flaky")
def flaky(payload: dict[str, Any]) -> None:
    _leave(payload["note"])
    give_sign("tried")
    if signs().count("tried") <= payload["failures"]:
        raise RuntimeError(f"not yet \0 {payload['note']} \ud800")


def _gave_up(payload: dict[str, Any]) -> None:
    _leave(f"gave up {payload['note']}")


@work.handler("test.hopeless", max_attempts=3, on_failure=_gave_up)
def hopeless(payload: dict[str, Any]) -> None:
    _leave(payload["note"])
    raise RuntimeError("never")


@work.handler("test.refusing", on_failure=_gave_up)
def refusing(payload: dict[str, Any]) -> None:
    raise work.GiveUp("no use")


class Panic(BaseException):
    """What a native library raises when it panics: not an Exception."""


@work.handler("test.panicking")
def panicking(payload: dict[str, Any]) -> None:
    raise Panic("from the native side")


@work.handler("test.outside", transactional=False)
def outside(payload: dict[str, Any]) -> None:
    """Records its result in a transaction of its own, after what took long outside."""
    give_sign(f"in transaction: {in_transaction()}")
    if payload.get("gated"):
        give_sign(f"started {payload['note']}")
        while f"open {payload['note']}" not in signs():
            time.sleep(POLL_SECONDS)
    with work.recording():
        _leave(payload["note"])
