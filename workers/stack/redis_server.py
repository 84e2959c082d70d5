"""The embedded Redis: append-only on, so that queues survive a restart."""

import signal
import socket
from pathlib import Path

from workers.stack.keys import Keys, write_private
from workers.stack.place import Place
from workers.stack.server import Server

SETTINGS = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{data}"
pidfile "{data}/redis.pid"
daemonize no
databases 16
tcp-backlog 128
maxmemory 256mb
maxmemory-policy noeviction
loglevel notice
"""
DURABLE = """\
appendonly yes
appendfsync everysec
save 900 1
"""
THROWAWAY = """\
appendonly yes
appendfsync no
save ""
"""


class Redis(Server):
    name = "redis"
    setting = "REDIS_URL"
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place, log: Path, keys: Keys, *, durable: bool) -> None:
        super().__init__(place, log)
        self.port = keys.redis_port
        self.durable = durable
        self._password = keys.redis_password

    @property
    def pid_file(self) -> Path:
        return self.data / "redis.pid"

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> bool:
        new = not self.data.exists()
        if new:
            self.data.mkdir(mode=0o700)
        self.place.give(self.data)
        settings = SETTINGS.format(port=self.port, password=self._password, data=self.data)
        path = self.data / "redis.conf"
        write_private(path, settings + (DURABLE if self.durable else THROWAWAY))
        self.place.give(path)
        return new

    def command(self) -> list[str]:
        return [str(self.place.redis_server), str(self.data / "redis.conf")]

    def answers(self) -> bool:
        """Asked by hand: the client's import would cost more than the server's start."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while chunk := connection.recv(64):
                    answer += chunk
                    if answer.count(b"\r\n") == 2:
                        break
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"
