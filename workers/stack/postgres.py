"""The embedded PostgreSQL: its data folder, its configuration, its database."""

import shlex
import shutil
import signal
from pathlib import Path

import psycopg2
from psycopg2 import sql

from workers.stack.errors import StackError
from workers.stack.keys import Keys, write_private
from workers.stack.place import Place
from workers.stack.server import Server

MAJOR = "18"
ADMIN = "postgres"
NAME = "fanlight"
# Above the highest number that a kernel gives.
NO_PROCESS = "4194305"

# For a machine with 2 GB that runs everything else as well. TCP on loopback only: the path of a
# unix socket may grow too long. No parallel query: two cores, and containers give it little /dev/shm.
SETTINGS = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 100
password_encryption = 'scram-sha-256'

shared_buffers = '256MB'
effective_cache_size = '1GB'
work_mem = '8MB'
maintenance_work_mem = '64MB'
max_parallel_workers_per_gather = 0
max_worker_processes = 4
io_workers = 2
random_page_cost = 1.1
jit = off

wal_compression = 'pglz'
min_wal_size = '128MB'
max_wal_size = '1GB'
checkpoint_timeout = '15min'
# For backups: what changed since the last one is known, and a reader of the log that stays away does not
# fill the disk.
summarize_wal = on
max_slot_wal_keep_size = '4GB'
autovacuum_naptime = '20s'
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.05

deadlock_timeout = '1s'
idle_in_transaction_session_timeout = '60s'
log_line_prefix = '%m [%p] %u '
log_min_duration_statement = '500ms'
log_lock_waits = on
log_temp_files = '16MB'

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
"""
# What an owner wants otherwise goes there, next to the data folder; it wins.
OWNERS = "postgres.owner.conf"
# For tests: survives kill -9 of the server, not a crash of the machine.
THROWAWAY = """
fsync = off
summarize_wal = off
synchronous_commit = on
full_page_writes = off
shared_buffers = '128MB'
max_connections = 200
log_min_duration_statement = -1
log_checkpoints = off
checkpoint_timeout = '1h'
idle_in_transaction_session_timeout = 0
"""
# One collation on every machine; names are sorted as their code points are.
INITDB = shlex.split(
    f"--username {ADMIN} --auth scram-sha-256 --no-instructions --encoding UTF8 --locale C "
    "--locale-provider builtin --builtin-locale C.UTF-8"
)
ACCESS = """\
host all all 127.0.0.1/32 scram-sha-256
host replication {admin} 127.0.0.1/32 scram-sha-256
"""


# The slot of the log that backups read.
READER = "fanlight_backup"
UNREAD = """
select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s and not active
"""


class Postgres(Server):
    name = "postgres"
    setting = "DATABASE_URL"
    # Fast shutdown: open transactions are rolled back, everything is written.
    stop_signal = signal.SIGINT

    def __init__(self, place: Place, log: Path, keys: Keys, *, durable: bool) -> None:
        super().__init__(place, log)
        self.port = keys.postgres_port
        self.durable = durable
        self._keys = keys

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}:{self._keys.database_password}@127.0.0.1:{self.port}/{NAME}"

    @property
    def admin_url(self) -> str:
        return f"postgresql://{ADMIN}:{self._keys.admin_password}@127.0.0.1:{self.port}/{ADMIN}"

    def prepare(self) -> bool:
        self._disown_pid_file()
        new = not self._has_cluster()
        if new:
            self._initialise()
        self._configure("postgresql.conf", self._settings())
        self._configure("pg_hba.conf", ACCESS.format(admin=ADMIN))
        return new

    def command(self) -> list[str]:
        return [str(self.place.postgres_bin / "postgres"), "-D", str(self.data)]

    def answers(self) -> bool:
        """Whether it takes connections; the database and its owner are made on the way."""
        if not self._says_ready():
            return False
        try:
            connection = psycopg2.connect(self.admin_url, connect_timeout=3)
        except psycopg2.OperationalError:
            return False
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                self._ensure_database(cursor)
        finally:
            connection.close()
        return True

    def forget_reader(self) -> None:
        """Backups were switched off: nobody comes for the log that is kept for them."""
        connection = psycopg2.connect(self.admin_url, connect_timeout=3)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(UNREAD, [READER])
        finally:
            connection.close()

    def _says_ready(self) -> bool:
        """Asked first: each attempt to connect too early is an alarming line in the log."""
        try:
            return "ready" in self.pid_file.read_text().split("\n")[-2]
        except (OSError, IndexError):
            return False

    def _disown_pid_file(self) -> None:
        """Take the dead server's number out of its pid file, which else counts as alive when it is a
        zombie's or somebody else's by now. The rest of the file stays: it guards against backends
        that outlived their server.
        """
        if self.pid_file.exists() and self._leftover() is None:
            rest = self.pid_file.read_text().split("\n")[1:]
            write_private(self.pid_file, "\n".join([NO_PROCESS, *rest]))
            self.place.give(self.pid_file)

    def _has_cluster(self) -> bool:
        version = self.data / "PG_VERSION"
        if not self.data.exists() or not any(self.data.iterdir()):
            return False
        found = version.read_text().strip() if version.exists() else ""
        if found == MAJOR:
            return True
        what = f"was made by PostgreSQL {found}, not {MAJOR}" if found else "is not a complete database"
        raise StackError(f"{self.data} {what}. Restore it from a backup, or move it away to begin anew.")

    def _initialise(self) -> None:
        """Into a folder aside, renamed when complete: a killed initdb leaves nothing half-made."""
        making = self.data.with_name("postgres.new")
        password = self.data.with_name("postgres.password")
        shutil.rmtree(making, ignore_errors=True)
        if self.data.exists():
            self.data.rmdir()
        write_private(password, self._keys.admin_password)
        self.place.give(password)
        command = [
            str(self.place.postgres_bin / "initdb"),
            *INITDB,
            "-D",
            str(making),
            "--pwfile",
            str(password),
        ]
        done = self.place.run(command if self.durable else [*command, "--no-sync"])
        password.unlink()
        if done.returncode != 0:
            raise StackError(f"A database could not be made in {self.data}:\n{done.stderr.strip()}")
        making.rename(self.data)

    def _settings(self) -> str:
        text = SETTINGS.format(port=self.port)
        if not self.durable:
            text += THROWAWAY
        if self.data.with_name(OWNERS).exists():
            text += f"include = '../{OWNERS}'\n"
        return text

    def _configure(self, name: str, text: str) -> None:
        path = self.data / name
        write_private(path, text)
        self.place.give(path)

    def _ensure_database(self, cursor: "psycopg2.extensions.cursor") -> None:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if cursor.fetchone():
            return
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME])
        if not cursor.fetchone():
            # Tests clone databases and empty tables that only grow; the product does neither.
            rights = sql.SQL("LOGIN") if self.durable else sql.SQL("LOGIN CREATEDB")
            statement = sql.SQL("CREATE ROLE {} {} PASSWORD {}")
            cursor.execute(
                statement.format(sql.Identifier(NAME), rights, sql.Literal(self._keys.database_password))
            )
            if not self.durable:
                grant = "GRANT SET ON PARAMETER session_replication_role TO {}"
                cursor.execute(sql.SQL(grant).format(sql.Identifier(NAME)))
        cursor.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(NAME)))
