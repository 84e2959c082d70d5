"""Real PostgreSQL and Redis from wheels, for the product without servers of its own and for tests.

with EmbeddedServers(folder, durable=False) as servers:
    servers.database_url, servers.redis_url
    servers.postgres.kill(); servers.postgres.restart()   # the same port
"""

import shutil
import tempfile
from pathlib import Path
from typing import Self

from workers.stack.keys import Keys
from workers.stack.place import make_place
from workers.stack.postgres import Postgres
from workers.stack.redis_server import Redis
from workers.stack.server import Server

LASTING = Path("/var/lib")


class EmbeddedServers:
    """Both servers on the data below one folder.

    `durable=False` is for tests: nothing waits for the disk, the role may make databases, and what
    had to lie outside the folder (see place.py) is removed at the end.
    """

    def __init__(self, folder: Path, *, durable: bool = True, logs: Path | None = None) -> None:
        self._durable = durable
        self._place = make_place(folder, elsewhere=LASTING if durable else Path(tempfile.gettempdir()))
        self._pointer = folder / "servers"
        logs = logs or folder
        kept = self._place.home / "keys.json"
        keys = Keys.load_or_make(kept)
        self.leftovers = [server.name for server in self._make(keys, logs) if server.stop_leftover()]
        self.postgres, self.redis = self._make(keys.move_from_taken_ports(kept), logs)

    def _make(self, keys: Keys, logs: Path) -> tuple[Postgres, Redis]:
        return (
            Postgres(self._place, logs / "postgres.log", keys, durable=self._durable),
            Redis(self._place, logs / "redis.log", keys, durable=self._durable),
        )

    @property
    def home(self) -> Path:
        return self._place.home

    @property
    def all(self) -> tuple[Server, ...]:
        return (self.postgres, self.redis)

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def admin_url(self) -> str:
        """The database's superuser: to make, clone and drop databases in tests."""
        return self.postgres.admin_url

    @property
    def redis_url(self) -> str:
        return self.redis.url

    def start(self) -> None:
        try:
            for server in self.all:
                server.prepare()
                server.start()
        except BaseException:
            self.close()
            raise

    def stop(self) -> None:
        for server in reversed(self.all):
            server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop both; what was not to last goes."""
        self.stop()
        if not self._durable and self._pointer.is_symlink():
            shutil.rmtree(self.home, ignore_errors=True)
            self._pointer.unlink()
