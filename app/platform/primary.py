"""The database, where there are several servers: the one that takes writes now.

    postgresql://fanlight:word@db1,db2,db3/fanlight?target_session_attrs=read-write

libpq tries them in turn, and takes the one whose sessions may write; no program stands between. What was
connected to a server that writes no more is given up, and whoever asked is told to come back (503).
"""

import os
import socket
import threading
import time
from typing import Any

from psycopg2 import errors
from psycopg2.extensions import connection as DriverConnection
from psycopg2.extensions import parse_dsn
from sqlalchemy import URL, Engine, ExceptionContext, event

# A server whose machine is gone says nothing: after so long without a sign of it the line counts as cut.
LIVELINESS = {
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 6_000,
}
# So long somebody waits for a replica to have their commit, for which PostgreSQL knows no limit of its own.
PATIENCE_SECONDS = 12.0
LOOK_EVERY = 0.5


class Committing(DriverConnection):
    """A commit that no replica takes is left to itself, so that one that nobody answers stops no others.

    The server goes on waiting, with its locks: whoever sends the same again waits there, and is told what
    became of it once a replica has it. Nothing is said to be done before.
    """

    def commit(self) -> None:
        _impatience.begin(self)
        try:
            super().commit()
        finally:
            _impatience.end(self)


class Impatience:
    """Cuts the lines of commits that take too long; one thread a process, begun by its first commit."""

    def __init__(self) -> None:
        self._begun: dict[Committing, float] = {}
        self._process = 0

    def begin(self, connection: Committing) -> None:
        if self._process != os.getpid():
            # A thread does not live through a fork, and what it looked at is the parent's.
            self._process, self._begun = os.getpid(), {}
            threading.Thread(target=self._look, name="commits", daemon=True).start()
        self._begun[connection] = time.monotonic()

    def end(self, connection: Committing) -> None:
        self._begun.pop(connection, None)

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)  # its rhythm; it ends with its process
            for connection, begun in list(self._begun.items()):
                if time.monotonic() - begun > PATIENCE_SECONDS:
                    self.end(connection)
                    _cut(connection)


def _cut(connection: Committing) -> None:
    """The driver, which waits on it, then says that the server is gone."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


_impatience = Impatience()


def engine_url(address: str) -> str:
    """As SQLAlchemy wants it, which reads several hosts only from the query."""
    told: dict[str, Any] = parse_dsn(address)
    known = {name: told.pop(name, None) for name in ("user", "password", "dbname")}
    url = URL.create(
        "postgresql+psycopg2",
        username=known["user"],
        password=known["password"],
        database=known["dbname"],
        query=told,
    )
    return url.render_as_string(hide_password=False)


@event.listens_for(Engine, "handle_error")
def _look_elsewhere(context: ExceptionContext) -> None:
    """A replica, as a pooler may lead to one: ends this connection, and all that were made before it."""
    if isinstance(context.original_exception, errors.ReadOnlySqlTransaction):
        context.is_disconnect = True
