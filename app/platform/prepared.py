"""A statement of the hot path: put together once, planned once in each connection, read by the driver itself.

To plan the feed takes PostgreSQL longer than to answer it, and what a session of the ORM does around a
statement takes longer than to read what it found. Where a pooler lends the connection, which knows nothing of
what was prepared, the statement goes out as it is.
"""

import re
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from functools import cached_property
from typing import Any

import psycopg2
from psycopg2 import errors
from sqlalchemy import CompoundSelect, Select, cast, literal_column
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from app.extensions import db, reading
from app.kit import crypto
from app.platform.settings import settings
from app.platform.transaction import in_transaction

PARAMETER = re.compile(r"\$(\d+)")
PREPARED, SHARED = "fanlight.prepared", "fanlight.shared"
# Not there, or there with another shape after a migration.
STALE = (errors.InvalidSqlStatementName, errors.FeatureNotSupported, errors.DuplicatePreparedStatement)

Rows = list[tuple[Any, ...]]
# Told of each statement that passes by the engine's own events.
listeners: list[Callable[[str], None]] = []


def parameter(number: int, type_: TypeEngine[Any]) -> Any:
    """`$1`, `$2`, ... as they stand in a statement."""
    return cast(literal_column(f"${number}"), type_)


class Prepared:
    """Its parameters are `$1`, `$2`, ... in the order in which `run` gets them; all else stands in it."""

    def __init__(self, statement: Select[Any] | CompoundSelect[Any], parameters: int) -> None:
        dialect = PGDialect_psycopg2()  # type: ignore[no-untyped-call]
        compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        sql = str(compiled)
        self._name = f"fanlight_{crypto.digest(sql).hex()[:16]}"
        self._prepare = f"prepare {self._name} as {sql.replace('%%', '%')}"
        given = ", ".join(f"%({number})s" for number in range(1, parameters + 1))
        self._execute = f"execute {self._name} ({given})"
        self._plain = PARAMETER.sub(r"%(\1)s", sql)
        self._columns = [column.name for column in statement.selected_columns]

    @cached_property
    def _row(self) -> Any:
        return namedtuple("Row", self._columns)

    def first(self, *values: Any) -> Any:
        """A row that is read by the names of its columns, or None."""
        rows = self.run(*values)
        return self._row(*rows[0]) if rows else None

    def all(self, *values: Any) -> list[Any]:
        return [self._row(*row) for row in self.run(*values)]

    def run(self, *values: Any) -> Rows:
        given = {str(number): value for number, value in enumerate(values, 1)}
        if db.session.registry.has() and in_transaction():
            return self._by_session(given)
        connection = None
        try:
            connection = reading(db.engine).raw_connection()
            connection.driver_connection.autocommit = True  # type: ignore[union-attr]
            return self._by_driver(connection, given)
        except psycopg2.Error as error:
            if connection is not None and not connection.driver_connection.closed:  # type: ignore[union-attr]
                raise DBAPIError.instance(self._plain, None, error, psycopg2.Error, True) from error
        finally:
            if connection is not None:
                connection.close()
        return self._by_session(given)  # by another connection, or in the right words that there is none

    def _by_driver(self, connection: Any, given: dict[str, Any]) -> Rows:
        with closing(connection.cursor()) as cursor:
            for listener in listeners:
                listener(self._execute)
            if not (settings().pooled or connection.info.get(SHARED)):
                try:
                    self._know(cursor, connection.info)
                    cursor.execute(self._execute, given)
                    return list(cursor.fetchall())
                except STALE:
                    connection.info[SHARED] = True
            cursor.execute(self._plain, given)
            return list(cursor.fetchall())

    def _by_session(self, given: dict[str, Any]) -> Rows:
        return [tuple(row) for row in db.session.connection().exec_driver_sql(self._plain, given)]

    def _know(self, cursor: Any, info: dict[str, Any]) -> None:
        """No statement of a page, but a property of the connection."""
        known: set[str] = info.setdefault(PREPARED, set())
        if self._name not in known:
            cursor.execute(self._prepare)
            known.add(self._name)
