"""Reading every two seconds whose access ended, so that nothing rests on Redis.

One query for all sockets of the process, in a native thread: libpq waits where gevent cannot see it.
Rows are read again for as long as a ticket from before may come, because they do not appear in the order
of their ids or times; being told twice does no harm.
"""

import logging
from collections.abc import Callable
from time import monotonic

import gevent
import psycopg2
from psycopg2.extensions import connection as Connection

from app.platform.realtime.hub import REMEMBER_ENDED
from app.platform.realtime.limits import Limits

log = logging.getLogger(__name__)

# By the database's clock alone: neither two hosts that disagree nor CLOCK_FILE hides a row.
RECENT = """
    select kind, user_id::text, subject_id::text, id::text from access_ended
    where at > clock_timestamp() - make_interval(secs => %s)
"""

OnEnded = Callable[[str, str, str, str], None]


class Watch:
    def __init__(self, database_url: str, on_ended: OnEnded, limits: Limits) -> None:
        self._url = database_url
        self._on_ended = on_ended
        self._limits = limits
        self._connection: Connection | None = None
        self._seen_at = float("-inf")
        self._troubled = False

    @property
    def blind(self) -> bool:
        return monotonic() - self._seen_at > self._limits.blind_after

    def run(self) -> None:
        while True:
            self._look()
            gevent.sleep(self._limits.look_every)

    def _look(self) -> None:
        asked_at = monotonic()
        try:
            rows = gevent.get_hub().threadpool.apply(self._read)
        except psycopg2.Error as error:
            if not self._troubled:
                log.error("database unavailable", extra={"error": str(error).strip()})
            self._troubled = True
            return
        self._seen_at, self._troubled = asked_at, False
        for row in rows:
            self._on_ended(*row)

    def _read(self) -> list[tuple[str, str, str, str]]:
        try:
            with self._connected().cursor() as cursor:
                cursor.execute(RECENT, (REMEMBER_ENDED,))
                return cursor.fetchall()
        except psycopg2.Error:
            self._disconnect()
            raise

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = psycopg2.connect(
                self._url, connect_timeout=2, tcp_user_timeout=3_000, application_name="fanlight realtime"
            )
            self._connection.autocommit = True
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
