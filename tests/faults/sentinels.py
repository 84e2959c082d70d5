"""Two Redis, of which one follows the other, and three sentinels that watch them; and their deaths."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support import eventually, free_port
from workers.stack.place import Place, make_place
from workers.stack.server import tethered

WORD, NAME = "a-word-that-only-tests-know", "house"
# An owner takes five seconds (docs/failover.md).
DOWN_AFTER = 500
SERVER = """\
bind 127.0.0.1
port {port}
requirepass {word}
masterauth {word}
dir {folder}
save ""
{follows}
"""
SENTINEL = """\
bind 127.0.0.1
port {port}
dir {folder}
sentinel monitor {name} 127.0.0.1 {master} 2
sentinel auth-pass {name} {word}
sentinel down-after-milliseconds {name} {down_after}
sentinel failover-timeout {name} 10000
"""


class Watched:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.servers = [free_port(), free_port()]
        self.sentinels = [free_port() for _ in range(3)]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        return f"redis+sentinel://:{WORD}@{hosts}/{NAME}/0"

    def ask(self, port: int) -> "redis.Redis":
        word = WORD if port in self.servers else None
        return redis.Redis(
            port=port, password=word, decode_responses=True, retry=Retry(NoBackoff(), 0), socket_timeout=2
        )

    @property
    def master(self) -> int:
        """As the first of the sentinels says."""
        return int(self._seen(self.sentinels[0])["port"])

    def _seen(self, port: int) -> dict[str, Any]:
        state = self.ask(port).sentinel_master(NAME)
        assert isinstance(state, dict)
        return state

    def start(self) -> None:
        for port in self.servers:
            self.start_server(port, follows=self.servers[0] if port != self.servers[0] else None)
        for port in self.sentinels:
            settings = SENTINEL.format(
                port=port,
                folder=self._folder(port),
                name=NAME,
                master=self.servers[0],
                word=WORD,
                down_after=DOWN_AFTER,
            )
            self._start(port, settings, "--sentinel")
        eventually(self._all_seen, within=30)

    def start_server(self, port: int, *, follows: int | None = None) -> None:
        told = f"replicaof 127.0.0.1 {follows}" if follows else ""
        self._start(port, SERVER.format(port=port, word=WORD, folder=self._folder(port), follows=told))
        eventually(lambda: self.ask(port).ping(), within=10)

    def kill(self, port: int) -> None:
        self._processes[port].kill()
        self._processes[port].wait()

    def close(self) -> None:
        for port in self._processes:
            self.kill(port)

    def _all_seen(self) -> bool:
        states = [self._seen(port) for port in self.sentinels]
        return all((state["num-slaves"], state["num-other-sentinels"]) == (1, 2) for state in states)

    def _folder(self, port: int) -> Path:
        folder = self._place.home / str(port)
        folder.mkdir(exist_ok=True)
        self._place.give(folder)
        return folder

    def _start(self, port: int, settings: str, *options: str) -> None:
        conf = self._folder(port) / "redis.conf"
        # A sentinel writes down there what it learns.
        conf.write_text(settings)
        self._place.give(conf)
        command = tethered(
            [str(self._place.redis_server), str(conf), *options], end_with="KILL", account=self._place.account
        )
        with (self._folder(port) / "log").open("ab") as log:
            self._processes[port] = subprocess.Popen(
                command, cwd=self._place.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    place = make_place(folder, elsewhere=Path(tempfile.gettempdir()))
    servers = Watched(place)
    try:
        servers.start()
        yield servers
    finally:
        servers.close()
        if (folder / "servers").is_symlink():
            shutil.rmtree(place.home, ignore_errors=True)
