"""A server that recovers to a moment, heard by nobody but us: a socket in a folder of its own, no port."""

import shutil
import signal
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn

from workers.recovery.catalogue import Plan, spoken
from workers.recovery.errors import RecoveryError
from workers.recovery.laying import settings_back, write_settings
from workers.stack.errors import StackError
from workers.stack.place import Place
from workers.stack.server import Server

# A day of the log may have to be replayed.
RECOVERS_WITHIN = 6 * 3600.0
PORT = 5432
NOT_REACHED = "recovery ended before configured recovery target was reached"
LAST = "last completed transaction was at log time "
SETTINGS = """\
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
port = {port}
hot_standby = off
max_connections = 20
shared_buffers = '256MB'
max_wal_size = '4GB'
fsync = {fsync}
restore_command = 'false'
recovery_target_timeline = 'current'
recovery_target_action = 'promote'
logging_collector = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
autovacuum = off
"""
ACCESS = "local all all trust\n"


class Recovering(Server):
    """Of `house` are the names of its account and its database. `durable` where what comes of it is kept."""

    name = "postgres"
    setting = "DATABASE_URL"
    stop_signal = signal.SIGINT
    port = PORT

    def __init__(self, place: Place, data: Path, log: Path, house: dict[str, str], *, durable: bool) -> None:
        super().__init__(place, log)
        self.data = data
        self._house = house
        self._durable = durable
        # A socket's path may not be long.
        self._socket = Path(tempfile.mkdtemp(prefix="fanlight-"))
        place.give(self._socket)

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def url(self) -> str:
        user, name = self._house["user"], self._house["dbname"]
        return f"postgresql://{user}@/{name}?host={self._socket}&port={PORT}"

    def prepare(self) -> bool:
        return False

    def command(self) -> list[str]:
        return [str(self.place.postgres_bin / "postgres"), "-D", str(self.data)]

    def answers(self) -> bool:
        """Once it recovered; before, it lets nobody in."""
        try:
            return "ready" in self.pid_file.read_text().split("\n")[-2]
        except (OSError, IndexError):
            return False

    def recover(self, plan: Plan) -> None:
        """To the moment of the plan, or to the end where nothing was written between that and the moment."""
        try:
            self._recover(plan.to)
        except StackError:
            said = self.log.read_text(errors="replace")
            if NOT_REACHED not in said:
                raise
            if plan.gap:
                reached = said.rpartition(LAST)[2].split("\n")[0] or spoken(plan.base.stopped_at)
                raise RecoveryError(
                    f"A part of the log is missing behind {reached}: choose a moment before, or after the "
                    "next base backup (make backups lists what can be restored)."
                ) from None
            self._recover(None)

    def _recover(self, to: datetime | None) -> None:
        text = SETTINGS.format(socket=self._socket, port=PORT, fsync="on" if self._durable else "off")
        if to:
            text += f"recovery_target_time = '{to.isoformat()}'\n"
        write_settings(self.data, self.place, text, ACCESS)
        self.start(within=RECOVERS_WITHIN)

    def ask(
        self, user: str, statement: str, *values: object, database: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(
            make_dsn(user=user, dbname=database, host=str(self._socket), port=PORT, connect_timeout=10)
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def reached(self, user: str) -> datetime | None:
        """The last commit that was replayed."""
        moment: datetime | None = self.ask(user, "select pg_last_xact_replay_timestamp()")[0][0]
        return moment

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._socket, ignore_errors=True)
        settings_back(self.data)
