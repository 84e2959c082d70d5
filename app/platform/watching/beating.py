"""Every process says now and then that it lives, over a connection of its own: no full pool keeps it quiet.

Who was not heard of for three beats is gone. Nothing rests on it but what is told of the house.
"""

import logging
import os
import threading
from collections.abc import Callable
from uuid import UUID

import psutil
import psycopg2

from app.config import Settings
from app.kit.ids import new_id
from app.platform.database import LOOKING, options
from app.platform.watching.release import release

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
GONE_AFTER_SECONDS = 50

BEAT = """
    insert into process_beats (id, role, host, pid, release, memory_bytes, errors, sockets)
    values (%(id)s, %(role)s, %(host)s, %(pid)s, %(release)s, %(memory)s, %(errors)s, %(sockets)s)
    on conflict (id) do update set
        seen_at = clock_timestamp(), memory_bytes = excluded.memory_bytes,
        errors = excluded.errors, sockets = excluded.sockets
"""


class Errors(logging.Handler):
    """Counts what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


class Beating:
    def __init__(self, role: str, settings: Settings, sockets: Callable[[], int] = int) -> None:
        self._url, self._sockets = settings.direct_url, sockets
        self._id: UUID = new_id()
        self._role, self._release = role, release(settings)
        self._errors = Errors()
        self._troubled = False
        logging.getLogger().addHandler(self._errors)

    def start(self) -> None:
        threading.Thread(target=self._run, name="beat", daemon=True).start()

    def beat(self) -> None:
        """Never raises: a house that cannot be told of goes on."""
        facts = {
            "id": str(self._id),
            "role": self._role,
            "host": os.uname().nodename,
            "pid": os.getpid(),
            "release": self._release,
            "memory": psutil.Process().memory_info().rss,
            "errors": self._errors.count,
            "sockets": self._sockets(),
        }
        try:
            self._say(facts)
        except psycopg2.Error as error:
            if not self._troubled:
                log.warning("nobody hears that this process lives", extra={"error": str(error).strip()})
            self._troubled = True
        else:
            self._troubled = False

    def _say(self, facts: dict[str, object]) -> None:
        connection = psycopg2.connect(
            self._url,
            connect_timeout=2,
            options=options(LOOKING),
            application_name="fanlight beat",
        )
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(BEAT, facts)
        finally:
            connection.close()

    def _run(self) -> None:
        while True:
            self.beat()
            threading.Event().wait(EVERY_SECONDS)  # its rhythm; it ends with its process
