"""The real realtime process, and pages that talk to it."""

import json
import os
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from websocket import ABNF, WebSocket

from app.config import Settings
from app.kit import clock
from app.kit.ids import new_id
from app.platform.realtime import tickets
from app.platform.realtime.tickets import Ticket
from tests.faults.processes import ROOT, environment
from tests.support import eventually, free_port
from workers.stack.server import tethered

ENTRY = """
from workers.realtime import main
from app.platform.realtime.limits import Limits
main(Limits(**{limits!r}))
"""


@dataclass
class LiveServer:
    settings: Settings
    port: int
    process: "subprocess.Popen[bytes]"
    pages: "list[Page]" = field(default_factory=list)

    def fetch(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def metric(self, name: str) -> float:
        lines = self.fetch("/metrics").splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])

    def close_pages(self) -> None:
        for page in self.pages:
            page.leave()
        self.pages.clear()
        eventually(lambda: self.metric("fanlight_sockets") == 0)


@contextmanager
def live_server(settings: Settings, **limits: Any) -> Iterator[LiveServer]:
    port = free_port()
    ours = {"PORT": str(settings.port), "WS_PORT": str(port), "MAX_SOCKETS": str(settings.max_sockets)}
    command = tethered([sys.executable, "-c", ENTRY.format(limits=limits)], end_with="KILL")
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment(settings) | ours)
    server = LiveServer(settings, port, process)
    try:
        eventually(lambda: server.metric("fanlight_realtime_blind") == 0, within=40)
        yield server
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True)
class Reader:
    """Somebody with a session, as the realtime process knows them: by a ticket alone."""

    user_id: UUID
    session_id: UUID

    @classmethod
    def new(cls) -> Self:
        return cls(new_id(), new_id())

    def ticket(self, secret_key: str, *topics: str) -> str:
        ends = (clock.now() + timedelta(days=1)).timestamp()
        return tickets.sign(Ticket(str(self.user_id), str(self.session_id), ends, topics), secret_key)


class Page:
    """An open page with a socket of its own."""

    def __init__(self, server: LiveServer, *, origin: str | None = None, **options: Any) -> None:
        self.server = server
        self.socket = WebSocket()
        server.pages.append(self)
        self.socket.settimeout(10)
        self.socket.connect(  # type: ignore[no-untyped-call]
            f"ws://127.0.0.1:{server.port}/ws", origin=origin or server.settings.base_url, **options
        )

    def leave(self) -> None:
        self.socket.shutdown()  # type: ignore[no-untyped-call]

    def say(self, message: Any) -> None:
        self.socket.send(message if isinstance(message, str) else json.dumps(message))

    def hello(self, ticket: str) -> Self:
        self.say({"type": "hello", "ticket": ticket})
        return self

    def told(self, within: float = 10.0) -> dict[str, Any]:
        """The next message."""
        opcode, data = self._next(time.monotonic() + within)
        assert opcode == ABNF.OPCODE_TEXT, f"closed: {data!r}"
        found = json.loads(data)
        assert isinstance(found, dict)
        return found

    def closed(self, within: float = 10.0) -> int:
        """The code with which the server closes; what it says before is passed over."""
        deadline = time.monotonic() + within
        while True:
            opcode, data = self._next(deadline)
            if opcode == ABNF.OPCODE_CLOSE:
                return int(struct.unpack("!H", data[:2])[0])

    def _next(self, deadline: float) -> tuple[int, bytes]:
        """Pings are answered on the way."""
        while True:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            opcode, frame = self.socket.recv_data_frame(control_frame=True)
            if opcode not in {ABNF.OPCODE_PING, ABNF.OPCODE_PONG}:
                return opcode, frame.data


def open_page(server: LiveServer, reader: Reader, *topics: str) -> Page:
    """Connected, and known to the server."""
    page = Page(server).hello(reader.ticket(server.settings.secret_key, *topics))
    assert page.told()["type"] == "ready"
    return page
