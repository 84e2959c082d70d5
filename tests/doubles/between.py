"""Somebody between the house and a provider's double: passes on what is asked, and may meddle with it.

For what the doubles never do by themselves, and for what happens while an answer is awaited.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

# What only counts between two who speak to each other.
OF_THE_LINE = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}
PATIENCE = 30


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Asked:
    path: str
    body: bytes
    pass_on: Callable[[], Answer]


Meddle = Callable[[Asked], Answer]
Act = Callable[[], object]


@contextmanager
def between(url: str, meddle: Meddle) -> Iterator[str]:
    """Its address, which stands for `url`."""
    there = urlsplit(url).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            answer = meddle(Asked(self.path, body, lambda: self._passed_on(body)))
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET

        def _passed_on(self, body: bytes) -> Answer:
            kept = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_LINE}
            line = HTTPConnection(there, timeout=PATIENCE)
            try:
                line.request(self.command, self.path, body, kept)
                response = line.getresponse()
                return Answer(response.status, response.read())
            finally:
                line.close()

        def log_message(self, format: str, *args: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class OddNode:
    """A node of the chain that says what it is told to say, method by method."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, list[Any]]] = []
        self._before: dict[tuple[str, int], Act] = {}
        self._instead: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self._turn = threading.Lock()

    def before(self, method: str, act: Act, *, at: int = 1) -> None:
        """While the answer to its next question (or a later one) is awaited."""
        self._before[method, self.count(method) + at] = act

    def instead(self, method: str, said: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """From now on it says this; `said` hears what the chain says."""
        self._instead[method] = said

    def be_plain(self) -> None:
        self._instead.clear()

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.asked)

    def meddle(self, asked: Asked) -> Answer:
        request = json.loads(asked.body)
        method = str(request["method"])
        with self._turn:
            self.asked.append((method, request.get("params", [])))
            act = self._before.pop((method, self.count(method)), None)
        if act is not None:
            act()
        answer = asked.pass_on()
        if method not in self._instead:
            return answer
        return Answer(200, json.dumps(self._instead[method](answer.said)).encode())


@contextmanager
def odd_node(url: str) -> Iterator[OddNode]:
    node = OddNode()
    with between(url, node.meddle) as node.url:
        yield node
