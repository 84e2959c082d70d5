"""A statement of the hot path: put together once, and planned once in each connection.

To plan the feed takes PostgreSQL longer than to answer it. Where the connection is shared by a pooler
that knows nothing of what was prepared, the statement goes out as it is.
"""

import re
from contextlib import closing
from typing import Any

from psycopg2 import errors
from sqlalchemy import Connection, CursorResult, Select
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.kit import crypto

PARAMETER = re.compile(r"\$(\d+)")
PREPARED, UNSHARED = "fanlight.prepared", "fanlight.unshared"
# Not there, or there with another shape after a migration.
STALE = (errors.InvalidSqlStatementName, errors.FeatureNotSupported, errors.DuplicatePreparedStatement)


class Prepared:
    """Its parameters are `$1`, `$2`, ... in the order in which `run` gets them; all else stands in it."""

    def __init__(self, statement: Select[Any], parameters: int) -> None:
        dialect = PGDialect_psycopg2()  # type: ignore[no-untyped-call]
        compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        self._sql = str(compiled)
        self._name = f"fanlight_{crypto.digest(self._sql).hex()[:16]}"
        given = ", ".join(f"%({number})s" for number in range(1, parameters + 1))
        self._execute = f"execute {self._name} ({given})"
        self._plain = PARAMETER.sub(r"%(\1)s", self._sql)

    def run(self, *values: Any) -> CursorResult[Any]:
        connection = db.session.connection()
        given = {str(number): value for number, value in enumerate(values, 1)}
        if connection.info.get(UNSHARED, True):
            try:
                self._prepare(connection)
                return connection.exec_driver_sql(self._execute, given)
            except (DBAPIError, *STALE) as error:
                cause = error.orig if isinstance(error, DBAPIError) else error
                if not isinstance(cause, STALE) or db.session().info.get("depth"):
                    raise
                connection.info[UNSHARED] = False
        return connection.exec_driver_sql(self._plain, given)

    def _prepare(self, connection: Connection) -> None:
        """By the driver itself: no statement of a page, but a property of the connection."""
        known: set[str] = connection.info.setdefault(PREPARED, set())
        if self._name in known:
            return
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(f"prepare {self._name} as {self._sql.replace('%%', '%')}")
        known.add(self._name)
