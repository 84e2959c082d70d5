"""PgBouncer in transaction mode between tests and their PostgreSQL; POOLER=pgbouncer puts it before all.

It goes by the file that owners get (deploy/pgbouncer), with addresses of its own and few connections, so that
what counts on a session fails here.
"""

import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn

from tests.support import eventually
from workers.stack import ports
from workers.stack.embedded import EmbeddedServers
from workers.stack.environment import ROOT
from workers.stack.errors import StackError
from workers.stack.keys import write_private
from workers.stack.place import Place
from workers.stack.postgres import NAME, Postgres
from workers.stack.server import Server

SHIPPED = ROOT / "deploy" / "pgbouncer" / "pgbouncer.ini"
POOLED = os.environ.get("POOLER") == "pgbouncer"
CONNECTIONS = 8
# So long somebody waits for a connection, also when the database is away (query_wait_timeout).
USUAL = 5
PATIENCE = USUAL if POOLED else 0
# As PostgreSQL keeps it.
VERIFIER = "select rolpassword from pg_authid where rolname = %s"


class PgBouncer(Server):
    name = "pgbouncer"
    setting = "DATABASE_URL"
    # At once: it holds nothing.
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place, log: Path, behind: Postgres) -> None:
        super().__init__(place, log)
        self._behind, self._patience = behind, USUAL
        self.port = ports.pick_free(frozenset({behind.port}))

    @property
    def pid_file(self) -> Path:
        return self.data / "pgbouncer.pid"

    @property
    def url(self) -> str:
        return self._behind.url.replace(f":{self._behind.port}/", f":{self.port}/")

    def prepare(self) -> bool:
        new = not self.data.exists()
        if new:
            self.data.mkdir(mode=0o700)
            self.place.give(self.data)
        self._configure()
        with closing(psycopg2.connect(self._behind.admin_url)) as connection, connection.cursor() as cursor:
            cursor.execute(VERIFIER, [NAME])
            self._write("userlist.txt", f'"{NAME}" "{cursor.fetchall()[0][0]}"\n')
        return new

    def wait_at_most(self, seconds: int) -> None:
        """For a test that is about waiting."""
        if seconds != self._patience:
            self._patience = seconds
            self._configure()
            os.kill(int(self.pid_file.read_text()), signal.SIGHUP)
            wanted = {"key": "query_wait_timeout", "value": str(seconds)}
            eventually(lambda: any(wanted.items() <= line.items() for line in self.tells("config")))

    def command(self) -> list[str]:
        path = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if path is None:
            raise StackError("PgBouncer is not installed: apt install pgbouncer")
        return [path, "--quiet", str(self.data / "pgbouncer.ini")]

    def answers(self) -> bool:
        try:
            return bool(self.tells("version"))
        except psycopg2.OperationalError:
            return False

    def tells(self, what: str) -> list[dict[str, object]]:
        """Of itself: `pools`, `config`, ..."""
        with closing(psycopg2.connect(make_dsn(self.url, dbname="pgbouncer"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"show {what}")
                names = [column.name for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _configure(self) -> None:
        ours = {
            "port=5432": f"port={self._behind.port}",
            "listen_port = 6432": f"listen_port = {self.port}",
            "default_pool_size = 20": f"default_pool_size = {CONNECTIONS}",
            f"query_wait_timeout = {USUAL}": f"query_wait_timeout = {self._patience}",
            "/etc/pgbouncer/": f"{self.data}/",
            "/var/log/postgresql/": f"{self.data}/",
            "/var/run/postgresql/": f"{self.data}/",
        }
        self._write("pgbouncer.ini", changed(SHIPPED.read_text(), ours))

    def _write(self, name: str, text: str) -> None:
        write_private(self.data / name, text)
        self.place.give(self.data / name)


def changed(text: str, ours: Mapping[str, object]) -> str:
    """A file that owners get, with what is another here; each stands in it once, or the file moved on."""
    for this, to in ours.items():
        assert text.count(this) == 1, this
        text = text.replace(this, str(to))
    return text


class PooledServers(EmbeddedServers):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, durable=False)
        self.pgbouncer = PgBouncer(self._place, folder / "pgbouncer.log", self.postgres)

    @property
    def all(self) -> tuple[Server, ...]:
        return (self.postgres, self.redis, self.pgbouncer)

    @property
    def database_url(self) -> str:
        return self.pgbouncer.url


def servers_for_tests(folder: Path) -> EmbeddedServers:
    return PooledServers(folder) if POOLED else EmbeddedServers(folder, durable=False)


def addresses(servers: EmbeddedServers) -> dict[str, str]:
    """As settings have them."""
    return {
        "database_url": servers.database_url,
        "database_direct_url": servers.postgres.url if isinstance(servers, PooledServers) else "",
        "redis_url": servers.redis_url,
    }
