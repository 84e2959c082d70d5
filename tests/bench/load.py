"""A load generator that leaves the processor to the server: raw sockets, kept alive, in one loop."""

import re
import selectors
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import repeat

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
TIMEOUT = 30.0


@dataclass
class Load:
    """What came back within the time."""

    seconds: float
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.latencies, n=100)[98]


class Connection:
    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._answer = b""
        self.sent_at = 0.0

    def send(self) -> None:
        self._answer = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(next(self._requests))

    def receive(self) -> int:
        """The status when the answer is complete, else 0."""
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self._answer += chunk
        head, separator, body = self._answer.partition(b"\r\n\r\n")
        if not separator:
            return 0
        length = LENGTH.search(head)
        if length is None:
            raise ValueError(f"an answer without length: {head!r}")
        return int(head[9:12]) if len(body) >= int(length[1]) else 0


def generate(
    port: int,
    path: str,
    *,
    cookie: str = "",
    seconds: float,
    connections: int,
    form: Callable[[], str] | None = None,
) -> Load:
    """As many requests as the server answers, each connection sending its next after an answer.

    `form` makes what each of them sends, for those that change something.
    """
    requests = _requests(port, path, cookie, form)
    load, began = Load(seconds), time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        for _ in range(connections):
            connection = Connection(port, requests)
            waiting.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send()
        while waiting.get_map():
            for key, _ in waiting.select(TIMEOUT):
                _answered(key.data, load, over=time.perf_counter() - began > seconds, waiting=waiting)
    load.seconds = time.perf_counter() - began
    return load


def _answered(connection: Connection, load: Load, *, over: bool, waiting: selectors.BaseSelector) -> None:
    status = connection.receive()
    if not status:
        return
    load.statuses[status] = load.statuses.get(status, 0) + 1
    load.latencies.append(time.perf_counter() - connection.sent_at)
    if over:
        waiting.unregister(connection.socket)
        connection.socket.close()
    else:
        connection.send()


def _requests(port: int, path: str, cookie: str, form: Callable[[], str] | None) -> Iterator[bytes]:
    if form is None:
        return repeat(_request(port, path, cookie))
    return (_request(port, path, cookie, body) for body in iter(form, None))


def _request(port: int, path: str, cookie: str, form: str | None = None) -> bytes:
    lines = [
        f"{'GET' if form is None else 'POST'} {path} HTTP/1.1",
        f"Host: localhost:{port}",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Accept: text/html,*/*;q=0.8",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"]
    return "\r\n".join([*lines, "", form or ""]).encode()
