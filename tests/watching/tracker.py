"""An error tracker of our own, which keeps what it is sent by the Sentry protocol."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support import eventually


class Tracker:
    def __init__(self) -> None:
        self.raw: list[str] = []
        self.answers = threading.Event()
        self.answers.set()
        tracker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                packed = self.headers.get("Content-Encoding") == "gzip"
                tracker.raw.append((gzip.decompress(body) if packed else body).decode())
                tracker.answers.wait(30)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing to say."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def dsn(self) -> str:
        return f"http://a-public-key@127.0.0.1:{self.server.server_port}/1"

    @property
    def events(self) -> list[dict[str, Any]]:
        """An envelope is a head, and for each item a head and a line."""
        parts = (envelope.split("\n") for envelope in list(self.raw))
        return [
            json.loads(lines[at + 1])
            for lines in parts
            for at in range(1, len(lines) - 1, 2)
            if lines[at] and json.loads(lines[at])["type"] == "event"
        ]

    def event(self, kind: str) -> dict[str, Any]:
        """The first about an exception of this kind."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events if kind in kinds(event)), None)

        return eventually(found) or {}


def kinds(event: dict[str, Any]) -> list[str]:
    return [str(one["type"]) for one in event.get("exception", {}).get("values", [])]


@contextmanager
def tracker() -> Iterator[Tracker]:
    one = Tracker()
    serving = threading.Thread(target=one.server.serve_forever, args=(0.05,), daemon=True)
    serving.start()
    try:
        yield one
    finally:
        one.answers.set()
        one.server.shutdown()
        one.server.server_close()
        serving.join()
