"""P3 and P4 through a real nginx: pages that it keeps, and closed files that it sends.

TLS is left out, because it would cost both sides the same. What nginx spends is measured, not how much comes
back: the load generator is slower than nginx, and others use the machine too.
"""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

import psutil

from app import create_app
from app.config import Settings
from app.extensions import db
from app.media.addresses import OWN, address
from app.media.models import Media
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.bench.guard_cost import cookie_of
from tests.bench.harness import Bench, Samples, interleaved, measure
from tests.bench.harness import Site as Web
from tests.bench.load import generate
from tests.factories.creators import a_creator
from tests.factories.media import a_picture
from tests.factories.posts import a_post, some_posts
from tests.nginx.front import a_site
from tests.support import eventually, free_port
from workers.proxy import making
from workers.stack.server import tethered

SECONDS, CLIENTS, CROWD, ROUNDS = 0.7, 16, 200, 15
BIG = 10 * 1024 * 1024
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Front:
    port: int
    master: psutil.Process
    static: Path

    def spent(self, path: str) -> float:
        """Processor seconds of nginx for a request."""
        before = self._schedule()
        done = generate(self.port, path, seconds=SECONDS, connections=CLIENTS)
        assert set(done.statuses) == {200}, done.statuses
        return (self._schedule() - before) / done.requests

    def _schedule(self) -> float:
        told = (Path(f"/proc/{worker.pid}/schedstat") for worker in self.master.children())
        return sum(int(one.read_text().split()[0]) for one in told) / 1e9

    def put(self, name: str, content: bytes) -> str:
        """A static file, as it stands beside ours."""
        path = self.static / "now" / "static" / name
        path.write_bytes(content)
        return f"/static/{name}"

    def fetch(self, path: str) -> bytes:
        with urlopen(f"http://localhost:{self.port}{path}", timeout=30) as answer:
            return bytes(answer.read())


@contextmanager
def front(bench: Bench, folder: Path) -> Iterator[tuple[Front, Settings]]:
    port = free_port()
    # Without TLS the cookie's name is the plain one.
    chosen = bench.settings.model_copy(
        update={"public_url": f"http://localhost:{port}", "x_accel_prefix": "/_stored/"}
    )
    with bench.site(lambda: create_app(chosen)) as web, _nginx(chosen, folder, web, port) as running:
        yield running, chosen


@contextmanager
def _nginx(chosen: Settings, folder: Path, web: Web, port: int) -> Iterator[Front]:
    folder.mkdir()
    site = replace(
        a_site(chosen, folder, realtime=free_port()), web=(f"127.0.0.1:{web.port}",), account="root"
    )
    making.make(site, create_app(chosen))
    _without_tls_and_limits(site.folder)
    command = [site.nginx.path, "-e", "stderr", "-c", str(site.folder / "nginx.conf"), "-g", "daemon off;"]
    with (folder / "nginx.out").open("wb") as out:
        process = subprocess.Popen(tethered(command, end_with="QUIT"), stdout=out, stderr=out)
    try:
        eventually(lambda: generate(port, "/healthz", seconds=0.01, connections=1).requests)
        yield Front(port, psutil.Process(process.pid), site.home / "static")
    finally:
        process.terminate()
        process.wait(30)


def _without_tls_and_limits(folder: Path) -> None:
    for path in folder.rglob("*.conf"):
        text = path.read_text().replace(" ssl http2", "").replace("ssl_reject_handshake on;", "")
        path.write_text(
            text.replace("rate=100r/s", "rate=100000r/s").replace(
                "limit_conn visitors 200;", "keepalive_requests 10000000;"
            )
        )


def _kept_against_static(bench: Bench, prepare: Callable[[Bench], str], name: str) -> Samples:
    path = prepare(bench)
    with front(bench, bench.folder / name) as (running, _):
        static = running.put(f"{name}.html", running.fetch(path))
        # The other way about: requests that a second of processor answers.
        return interleaved(lambda: 1 / running.spent(static), lambda: 1 / running.spent(path))


@measure("P3", "landing_kept_by_nginx", goal=">= 0.8")
def landing_kept_by_nginx(bench: Bench) -> Samples:
    def prepare(bench: Bench) -> str:
        a_creator(bench.house)
        return "/"

    return _kept_against_static(bench, prepare, "landing")


@measure("P3", "creator_kept_by_nginx", goal=">= 0.8")
def creator_kept_by_nginx(bench: Bench) -> Samples:
    def prepare(bench: Bench) -> str:
        creator = a_creator(bench.house)
        some_posts(bench.house, creator.id, 20)
        return f"/@{creator.handle}"

    return _kept_against_static(bench, prepare, "creator")


@measure("P3", "post_kept_by_nginx", goal=">= 0.8")
def post_kept_by_nginx(bench: Bench) -> Samples:
    def prepare(bench: Bench) -> str:
        return f"/posts/{a_post(bench.house, a_creator(bench.house).id)}"

    return _kept_against_static(bench, prepare, "post")


@measure("P3", "requests_a_second_that_200_clients_send_on", goal="<= 1")
def requests_a_second_that_200_clients_send_on(bench: Bench) -> Samples:
    path = f"/@{a_creator(bench.house).handle}"
    with front(bench, bench.folder / "crowd") as (running, _):
        running.fetch(path)
        time.sleep(1.1)  # nginx writes its log once a second
        before, began = _misses(bench), time.monotonic()
        done = generate(running.port, path, seconds=5, connections=CROWD)
        assert set(done.statuses) == {200}, done.statuses
        seconds = time.monotonic() - began
        time.sleep(1.1)  # nginx writes its log once a second
        return Samples([(_misses(bench) - before) / seconds], exact=True)


def _misses(bench: Bench) -> int:
    """What did not come from what was kept, or while that was fetched anew."""
    log = bench.folder / "crowd" / "log" / "front.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return sum('"path": "/@' in line and '"web_status": ""' not in line for line in lines)


@measure("P4", "closed_file_of_10_mb_against_static", goal=">= 0.9")
def closed_file_of_10_mb_against_static(bench: Bench) -> Samples:
    creator = a_creator(bench.house)
    with front(bench, bench.folder / "big") as (running, chosen):
        content = os.urandom(BIG)
        static = running.put("big.bin", content)
        closed = _closed_file(bench, creator.id, content, chosen)
        cookie = cookie_of(bench, creator)
        return interleaved(
            lambda: _megabytes_a_second(running.port, static, ""),
            lambda: _megabytes_a_second(running.port, closed, cookie),
            rounds=ROUNDS,
        )


def _closed_file(bench: Bench, owner: UUID, content: bytes, chosen: Settings) -> str:
    described = a_picture(bench.house, owner, renditions={})
    key = f"media/{described['id']}/w320.webp"
    names = {"w320": {"key": key, "w": 320, "h": 240, "type": "image/webp", "bytes": len(content)}}
    with bench.house.app_context():
        with transaction():
            storage().put(key, BytesIO(content), "image/webp")
            db.session.get_one(Media, UUID(described["id"])).renditions = names
        holder = (OWN, UUID(described["id"]))
        return address({**described, "names": names}, "w320", holder=holder, viewer_id=owner)


def _megabytes_a_second(port: int, path: str, cookie: str, seconds: float = 1.0, at_once: int = 4) -> float:
    """Four visitors, each of whom begins anew when the file is there."""
    began, over = time.monotonic(), threading.Event()
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookie}\r\n\r\n".encode()

    def visit(number: int) -> int:
        taken, room = 0, memoryview(bytearray(CHUNK))
        with socket.create_connection(("127.0.0.1", port), timeout=30) as visitor:
            while not over.is_set():
                visitor.sendall(request)
                head = visitor.recv(65_536)
                status, _, rest = head.partition(b"\r\n\r\n")
                assert status.startswith(b"HTTP/1.1 200"), status
                got = len(rest)
                while got < BIG:
                    got += visitor.recv_into(room)
                taken += got
                if time.monotonic() - began > seconds:
                    over.set()
        return taken

    with ThreadPoolExecutor(at_once) as visitors:
        taken = sum(visitors.map(visit, range(at_once)))
    return taken / (time.monotonic() - began) / CHUNK
