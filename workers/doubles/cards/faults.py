"""Things that go wrong on demand."""

import sqlite3
from dataclasses import dataclass

# Before anything is done: no answer, or one that says no.
BEFORE = ("drop_before", "error_500", "rate_limit")
# After all is done and kept.
AFTER = ("timeout_after", "error_500_after")
WEBHOOKS = ("delay", "drop", "duplicate", "reorder", "tamper")


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    seconds: float


def plan(sql: sqlite3.Connection, verb: str, kind: str, times: int, seconds: float) -> None:
    sql.execute(
        "insert into faults (verb, kind, seconds, times) values (?, ?, ?, ?)", (verb, kind, seconds, times)
    )


def take(sql: sqlite3.Connection, *names: str) -> Fault | None:
    """The fault planned for one of these names, once less from now on."""
    wanted = ", ".join("?" for _ in names)
    row = sql.execute(
        f"select id, kind, seconds from faults where verb in ({wanted}) and times > 0 order by id limit 1",  # noqa: S608 - only placeholders
        names,
    ).fetchone()
    if row is None:
        return None
    sql.execute("update faults set times = times - 1 where id = ?", (row[0],))
    return Fault(row[1], row[2])
