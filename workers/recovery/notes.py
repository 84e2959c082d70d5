"""What recovery did, told to the house (app/platform/recovery.py), which keeps it on record."""

import contextlib
from datetime import datetime
from typing import Any

import psycopg2
from psycopg2.extras import Json

from app.kit.ids import new_id

# One line each, which moves on.
MOVED = """
    insert into recovery_runs (id, kind, good, began_at, ended_at, facts, trouble, on_record)
    values (%s, %s, true, %s, %s, %s, '', true)
    on conflict (kind) where kind in ('wal', 'media')
    do update set began_at = excluded.began_at, ended_at = excluded.ended_at, facts = excluded.facts
"""
DONE = """
    insert into recovery_runs (id, kind, good, began_at, ended_at, facts, trouble, on_record)
    values (%s, %s, %s, %s, clock_timestamp(), %s, %s, false)
"""
# Not one that was noted by a clock that was ahead.
LAST_TRY = """
    select max(ended_at) from recovery_runs
    where kind = %s and ended_at < clock_timestamp() + interval '5 minutes'
"""


class Notes:
    def __init__(self, url: str) -> None:
        self._url = url

    def moved(self, kind: str, at: datetime, **facts: Any) -> None:
        """All until then is in the store."""
        self._write(MOVED, str(new_id()), kind, at, at, Json(facts))

    def done(self, kind: str, began: datetime, *, trouble: str = "", **facts: Any) -> None:
        self._write(DONE, str(new_id()), kind, not trouble, began, Json(facts), trouble)

    def last(self, kind: str) -> datetime | None:
        """When the last good one ended."""
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute("select max(ended_at) from recovery_runs where kind = %s and good", [kind])
            row = cursor.fetchone()
        return row[0] if row else None

    def last_try(self, kind: str) -> datetime | None:
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(LAST_TRY, [kind])
            row = cursor.fetchone()
        return row[0] if row else None

    def _write(self, statement: str, *values: object) -> None:
        with contextlib.closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, values)

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(self._url, connect_timeout=5, application_name="fanlight recovery")
