"""A real nginx before real processes, and visitors who speak to it byte by byte."""

import json
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from functools import cached_property
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import psutil
from flask import Flask

from app import create_app
from app.config import Settings
from tests.browser.site import LiveSite, running_site
from tests.factories.people import Person, a_session
from tests.support import eventually, free_port
from workers.proxy import making
from workers.proxy.certificate import own_certificate
from workers.proxy.program import Nginx
from workers.proxy.site import Site
from workers.stack.place import make_home
from workers.stack.server import tethered

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    def __getitem__(self, name: str) -> str:
        return ", ".join(self.headers.get_all(name, []))

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Front:
    """What stands at https://localhost:<port>."""

    site: Site
    house: Flask
    web: LiveSite
    folder: Path
    _quiet: int = field(default=10)

    @property
    def port(self) -> int:
        return self.site.https_port

    def connect(self, source: str = "127.0.0.1", *, alpn: str = "http/1.1") -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(source, 0))
        context = self.trusting
        context.set_alpn_protocols([alpn])
        return context.wrap_socket(plain, server_hostname="localhost")

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.site.certificate)

    def ask(self, path: str, method: str = "GET", *, source: str = "", **headers: str) -> Answer:
        """On a connection of its own; each visitor has an address of theirs unless it is given."""
        with self.connect(source or self.new_address()) as visitor:
            visitor.sendall(request(path, method, None, headers, port=self.port))
            return read(visitor, method)

    def new_address(self) -> str:
        """Nobody came from there before, so no limit is used up."""
        self._quiet += 1
        return f"127.0.{self._quiet // 250}.{self._quiet % 250 + 1}"

    def cookie(self, person: Person) -> str:
        """Of a browser in which somebody is signed in."""
        serializer: Any = self.house.session_interface.get_signing_serializer(self.house)  # type: ignore[attr-defined]
        kept = serializer.dumps({"_user_id": a_session(self.house, person), "_fresh": True})
        return f"__Host-fanlight={kept}"

    def reached(self, route: str) -> int:
        """How often the web process answered this."""
        return self.web.log.read_text().count(f'"route": "{route}"')

    def lines(self) -> list[dict[str, Any]]:
        """Of nginx's log."""
        return [json.loads(line) for line in self.site.access_log.read_bytes().splitlines()]

    def line(self, correlation_id: str) -> dict[str, Any]:
        def find() -> list[dict[str, Any]]:
            return [one for one in self.lines() if one["correlation_id"] == correlation_id]

        return eventually(find)[0]

    @cached_property
    def maintenance(self) -> Path:
        return self.site.home / "maintenance"

    @contextmanager
    def without_web(self) -> Iterator[None]:
        """As a deployment moves nginx to other processes; nobody listens at these."""
        making.point(replace(self.site, web=(f"127.0.0.1:{free_port()}",)))
        self._reload()
        try:
            yield
        finally:
            making.point(self.site)
            self._reload()

    @contextmanager
    def frozen_web(self) -> Iterator[None]:
        """It takes requests and does not answer."""
        settings = self.site.settings
        found = [one for one in psutil.process_iter() if "wsgi.py" in " ".join(_command(one))]
        frozen = [one for one in found if one.environ().get("PORT") == str(settings.port)]
        assert frozen
        for process in frozen:
            process.suspend()
        try:
            yield
        finally:
            for process in frozen:
                process.resume()

    def _reload(self) -> None:
        """Until the last of those is gone who knew it as it was."""
        master = psutil.Process(int(self.site.pid.read_text()))
        before = set(master.children())
        command = [self.site.nginx.path, "-c", str(self.site.folder / "nginx.conf"), "-s", "reload"]
        subprocess.run(command, check=True, capture_output=True)
        eventually(lambda: not before & set(master.children()), within=30)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def request(path: str, method: str, body: bytes | None, headers: dict[str, str], *, port: int) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        named.setdefault("Content-Length", str(len(body)))
    said = {"Host": f"localhost:{port}", "User-Agent": AGENT, "Connection": "close"} | named
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def read(visitor: socket.socket, method: str = "GET") -> Answer:
    response = HTTPResponse(visitor, method=method)
    response.begin()
    return Answer(response.status, response.headers, response.read())


@contextmanager
def running_front(settings: Settings) -> Iterator[Front]:
    """nginx, a web process and a realtime process, on the servers of the test's app."""
    # Not below pytest's folder, which is closed to the account of nginx's workers.
    folder = Path(tempfile.mkdtemp(prefix="fanlight-nginx-"))
    folder.chmod(0o711)
    try:
        with _running(settings, folder) as front:
            yield front
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(settings: Settings, folder: Path) -> Iterator[Front]:
    chosen = behind(settings, free_port(), folder / "data")
    house = create_app(chosen)
    with running_site(chosen, folder) as web:
        site = a_site(chosen, folder, realtime=web.ws_port)
        making.make(site, house)
        # Each looks for the file that closes the house once a second; of one it is known when it did.
        _change(site.folder / "nginx.conf", "worker_processes auto;", "worker_processes 1;")
        # However long a test takes to come back to what was kept.
        _change(site.folder / "snippets" / "microcache.conf", "inactive=10s", "inactive=10m")
        command = [
            site.nginx.path,
            "-e",
            "stderr",
            "-c",
            str(site.folder / "nginx.conf"),
            "-g",
            "daemon off;",
        ]
        with (folder / "nginx.out").open("wb") as out:
            process = subprocess.Popen(tethered(command, end_with="QUIT"), stdout=out, stderr=out)
        front = Front(site, house, web, folder)
        try:
            eventually(lambda: front.ask("/healthz").status == 200)
            yield front
        finally:
            process.terminate()
            process.wait(30)


def _change(path: Path, this: str, to: str) -> None:
    text = path.read_text()
    assert this in text
    path.write_text(text.replace(this, to))


def behind(settings: Settings, https_port: int, data: Path) -> Settings:
    """The settings of a product with nginx in front, and the limits that it has of itself."""
    data.mkdir(exist_ok=True)
    (data / "storage").mkdir(exist_ok=True)
    changes = {
        "port": free_port(),
        "public_url": f"https://localhost:{https_port}",
        "trusted_proxies": 1,
        "x_accel_prefix": "/_stored/",
        "data_dir": data,
        "limit_read": 600,
    }
    return settings.model_copy(update=changes)


def a_site(settings: Settings, folder: Path, *, realtime: int) -> Site:
    # Beside it, not below it: a socket's path is short.
    home, account = make_home(folder / "home", elsewhere=folder.parent)
    (folder / "log").mkdir(exist_ok=True)
    return Site(
        settings,
        Nginx.find(),
        folder / "conf",
        home,
        *own_certificate(folder / "tls"),
        (f"127.0.0.1:{settings.port}",),
        (f"127.0.0.1:{realtime}",),
        https_port=int(settings.base_url.rpartition(":")[2]),
        http_port=free_port(),
        here_only=True,
        ipv6=False,
        account=account.name if account else "",
        descriptors=4_096,
        pid=folder / "nginx.pid",
        access_log=folder / "log" / "front.log",
        error_log=folder / "log" / "front.error.log",
    )
