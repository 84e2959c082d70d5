"""People who are there while a release comes: who read, who write, and whose page is open."""

import re
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from websocket import WebSocket, WebSocketException

from tests.deploy.a_house import Place
from tests.factories.people import Person, a_session
from tests.nginx.front import Answer, read, request
from tests.platform.realtime_server import Reader

PAUSE = 0.03
TAGS = re.compile(r"<[^>]+>")
COOKIE = re.compile(r"__Host-fanlight=[^;]+")
HIDDEN = re.compile(r'name="(csrf_token|idempotency_key)"[^>]*value="([^"]*)"')


@dataclass
class Crowd:
    """What became of everything that was asked."""

    place: Place
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    # How long each open page was without its socket.
    gaps: list[float] = field(default_factory=list)
    written: int = 0
    _numbers: int = 10

    def ask(self, path: str, method: str = "GET", *, body: bytes | None = None, **headers: str) -> Answer:
        """On a connection of its own, so that nothing is tried twice by itself."""
        self._numbers += 1
        source = f"127.1.{self._numbers // 250 % 250}.{self._numbers % 250 + 1}"
        context = ssl.create_default_context(cafile=self.place.certificate)
        plain = socket.create_connection(
            ("127.0.0.1", self.place.port), timeout=30, source_address=(source, 0)
        )
        with context.wrap_socket(plain, server_hostname="localhost") as visitor:
            visitor.sendall(request(path, method, body, headers, port=self.place.port))
            return read(visitor, method)

    def count(self, what: str, answer: Answer, *expected: int) -> Answer:
        self.answers[f"{what} {answer.status}"] += 1
        if answer.status not in expected:
            self.failures.append(
                f"{what}: {answer.status} {' '.join(TAGS.sub(' ', answer.text).split())[:300]}"
            )
        return answer


def cookie_of(app: Flask, person: Person) -> str:
    serializer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    kept = serializer.dumps({"_user_id": a_session(app, person), "_fresh": True})
    return f"__Host-fanlight={kept}"


@contextmanager
def crowd(place: Place, writer: str, talk: str, pages: tuple[str, ...]) -> Iterator[Crowd]:
    """`writer` is the cookie of somebody who writes at `talk` all the time."""
    there, enough = Crowd(place), threading.Event()

    def again_and_again(once: Callable[[], None]) -> None:
        while not enough.wait(PAUSE):
            try:
                once()
            except Exception as error:
                # A refused connection, an answer that broke off: what nobody may see.
                there.failures.append(f"{type(error).__name__}: {error}")

    def look_around() -> None:
        for path in pages:
            there.count(path.split("?")[0], there.ask(path), 200)

    def write() -> None:
        form = there.count("talk", there.ask(talk, Cookie=writer), 200)
        # What the token is compared with.
        cookie = COOKIE.search(form["Set-Cookie"])
        mine = cookie[0] if cookie else writer
        tokens = dict(HIDDEN.findall(form.text.split(f'action="{talk}"', 1)[1].split("</form>")[0]))
        body = urlencode(tokens | {"body": f"Number {there.written}"}).encode()
        headers = {
            "Cookie": mine,
            "Origin": place.url,
            "Referer": place.url + talk,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        there.count("write", there.ask(talk, "POST", body=body, **headers), 303)
        there.written += 1

    def listen() -> None:
        _stay_open(there, enough)

    threads = [
        threading.Thread(target=again_and_again, args=(once,))
        for once in (look_around, write, listen, listen)
    ]
    for thread in threads:
        thread.start()
    try:
        yield there
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def _stay_open(there: Crowd, enough: threading.Event) -> None:
    """As live.js does: who was sent away comes back after a moment."""
    reader, closed = Reader.new(), time.monotonic()
    while not enough.is_set():
        page = WebSocket(sslopt={"ca_certs": str(there.place.certificate)})
        with suppress(WebSocketException, OSError):
            page.connect(f"wss://localhost:{there.place.port}/ws", origin=there.place.url, timeout=5)  # type: ignore[no-untyped-call]
            ticket = reader.ticket(there.place.settings.secret_key)
            page.send(f'{{"type": "hello", "ticket": "{ticket}"}}')
            if '"ready"' in str(page.recv()):
                there.gaps.append(time.monotonic() - closed)
                _until_closed(page, enough)
                closed = time.monotonic()
        page.close()
        enough.wait(0.25)


def _until_closed(page: WebSocket, enough: threading.Event) -> None:
    page.settimeout(0.2)
    while not enough.is_set():
        try:
            if not page.recv():
                return
        except TimeoutError:
            continue
        except WebSocketException as error:
            if "timed out" not in str(error):
                return
