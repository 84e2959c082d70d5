"""Several hosts on one machine: each with the units' own processes and its nginx, a balancer before them.

They share PostgreSQL (by PgBouncer), Redis and an object store, and nothing else; each has an address and a
folder of its own.
"""

import os
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import psutil
from flask import Flask
from websocket import WebSocket, create_connection
from werkzeug.test import Client

from app.config import Mode, Settings
from tests.doubles.s3 import Store, s3_server
from tests.faults.processes import environment
from tests.page_client import PageClient
from tests.platform.houses import a_house, a_mortal_house
from tests.platform.mail_server import mail_server
from tests.pooler import PooledServers, changed
from tests.support import eventually, free_port
from workers.deploy.house import House, Proxy
from workers.deploy.runners import Processes
from workers.deploy.units import BACK, FRONT
from workers.proxy import making
from workers.proxy.certificate import own_certificate
from workers.proxy.program import Nginx
from workers.proxy.site import Site
from workers.stack.environment import ROOT
from workers.stack.place import make_home
from workers.stack.probe import status
from workers.stack.server import tethered

BALANCER = ROOT / "deploy" / "balancer" / "nginx.conf"
COLOUR = "blue"
STARTS_WITHIN = 120.0


class Wire:
    """What listens at a port of this machine, for readers of pages: over the network, with TLS."""

    def __init__(self, url: str, port: int, certificate: Path) -> None:
        self.url, self.port, self.certificate = url, port, certificate
        self._trusting = ssl.create_default_context(cafile=certificate)

    def test_client(self) -> Client:
        return Client(self)

    def reader(self) -> PageClient:
        return PageClient(self)  # type: ignore[arg-type]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        said = {name[5:].replace("_", "-"): value for name, value in environ.items() if name[:5] == "HTTP_"}
        said |= {"HOST": self.url.removeprefix("https://"), "ORIGIN": self.url, "REFERER": f"{self.url}/"}
        if kind := environ.get("CONTENT_TYPE"):
            said["CONTENT-TYPE"] = kind
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        line = HTTPSConnection("localhost", self.port, timeout=30, context=self._trusting)
        line.request(environ["REQUEST_METHOD"], environ["REQUEST_URI"], body or None, said)
        answer = line.getresponse()
        start_response(f"{answer.status} {answer.reason}", answer.getheaders())
        return [answer.read()]

    def page_of(self, reader: PageClient) -> WebSocket:
        """What an open page of theirs listens to."""
        asked = reader.get("/live/ticket", Accept="application/json").response.json
        assert asked
        socket = create_connection(
            f"wss://localhost:{self.port}/ws",
            origin=self.url,
            timeout=10,
            sslopt={"ca_certs": str(self.certificate)},
        )
        socket.send(f'{{"type": "hello", "ticket": "{asked["ticket"]}"}}')
        assert '"ready"' in str(socket.recv())
        return socket


@dataclass(frozen=True)
class Host:
    settings: Settings
    house: House
    site: Site

    @cached_property
    def wire(self) -> Wire:
        """Past the balancer, to this host's nginx."""
        return Wire(self.settings.base_url, self.site.https_port, self.site.certificate)

    def start(self) -> None:
        for kind in (*FRONT, *BACK):
            self._processes.start(kind, COLOUR)
        # Whatever it answers here, where it knows no such name: it is there.
        web = (self.settings.host, self.settings.port, "/readyz")
        eventually(lambda: status(*web), within=STARTS_WITHIN)
        start_nginx(self.site.folder / "nginx.conf")
        eventually(self._is_ready, within=STARTS_WITHIN)

    def kill(self) -> None:
        """The machine is gone: nothing says goodbye."""
        kill_nginx(self.site.pid)
        for kind in (*FRONT, *BACK):
            if process := self._processes._process(f"{kind}@{COLOUR}"):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _is_ready(self) -> bool:
        for kind in (*FRONT, *BACK):
            assert self._processes.runs(kind, COLOUR), self._processes.why(kind, COLOUR)
        live = status(self.settings.host, self.settings.ws_port, "/healthz")
        return live == self.wire.reader().http.get("/readyz").status_code == 200

    @property
    def _processes(self) -> Processes:
        return Processes(self.house)


@dataclass(frozen=True)
class Machines:
    app: Flask
    hosts: tuple[Host, ...]
    store: Store
    # What visitors come to.
    front: Wire


@contextmanager
def many_machines(count: int = 2) -> Iterator[Machines]:
    # Not below pytest's folder, which is closed to the account of nginx's workers.
    folder = Path(tempfile.mkdtemp(prefix="fanlight-many-"))
    folder.chmod(0o711)
    with ExitStack() as open_:
        open_.callback(shutil.rmtree, folder, ignore_errors=True)
        plain, _ = open_.enter_context(a_mortal_house(folder / "servers", PooledServers))
        store = open_.enter_context(s3_server())
        _, post = open_.enter_context(mail_server())
        port = free_port()
        stored = {name.lower(): value for name, value in store.settings.items()}
        shared = plain.extensions["fanlight.settings"].model_copy(
            update={
                "mode": Mode.LIVE,
                "public_url": f"https://localhost:{port}",
                "smtp_url": f"smtp://127.0.0.1:{post}",
                "mail_from": "hello@example.org",
                "trusted_proxies": 1,
                **stored,
            }
        )
        app = a_house(shared.model_copy(update={"data_dir": folder / "nobody"}))
        hosts = tuple(_host(app, shared, folder / f"host{number}", number) for number in range(1, count + 1))
        for host in hosts:
            open_.callback(host.kill)
            host.start()
        certificate, key = own_certificate(folder / "tls")
        _start_balancer(folder, port, certificate, key, hosts)
        open_.callback(kill_nginx, folder / "balancer.pid")
        front = Wire(shared.base_url, port, certificate)
        eventually(lambda: front.reader().http.get("/readyz").status_code == 200)
        yield Machines(app, hosts, store, front)


def _host(app: Flask, shared: Settings, folder: Path, number: int) -> Host:
    """Addresses of its own stand for a machine of its own: the ports may be the same."""
    folder.mkdir()
    folder.chmod(0o711)
    settings = shared.model_copy(
        update={
            "host": f"127.0.0.{number + 1}",
            "port": free_port(),
            "ws_port": free_port(),
            "data_dir": folder / "data",
        }
    )
    for name in ("data", "etc", "home", "log"):
        (folder / name).mkdir()
    (folder / "home" / COLOUR).symlink_to(ROOT)
    own = environment(settings) | {
        "PUBLIC_URL": settings.public_url,
        "SMTP_URL": settings.smtp_url,
        "MAIL_FROM": settings.mail_from,
        "HOST": settings.host,
        "PORT": str(settings.port),
        "WS_PORT": str(settings.ws_port),
        "TRUSTED_PROXIES": "1",
        "WEB_PROCESSES": "1",
        "LIMIT_READ": "100000",
        "LIMIT_WRITE": "100000",
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "data" / "metrics"),
        "S3_BUCKET": settings.s3_bucket,
        "S3_ENDPOINT": settings.s3_endpoint,
        "S3_ACCESS_KEY": settings.s3_access_key,
        "S3_SECRET_KEY": settings.s3_secret_key,
    }
    (folder / "etc" / f"{COLOUR}.env").write_text("".join(f"{name}={it}\n" for name, it in own.items()))
    house = House(folder / "home", folder / "etc", Proxy(folder / "conf", folder / "log" / "front.log"))
    home, account = make_home(folder / "nginx", elsewhere=folder.parent)
    site = Site(
        settings.model_copy(update={"limit_read": 100_000}),
        Nginx.find(),
        folder / "conf",
        home,
        *own_certificate(folder / "tls"),
        (f"{settings.host}:{settings.port}",),
        (f"{settings.host}:{settings.ws_port}",),
        https_port=free_port(),
        http_port=free_port(),
        here_only=True,
        ipv6=False,
        account=account.name if account else "",
        trusted=("127.0.0.1/32",),
        descriptors=4_096,
        pid=folder / "nginx.pid",
        access_log=folder / "log" / "front.log",
        error_log=folder / "log" / "front.error.log",
    )
    making.make(site, app)
    return Host(settings, house, site)


def _start_balancer(folder: Path, port: int, certificate: Path, key: Path, hosts: tuple[Host, ...]) -> None:
    """By the file that owners get, with the addresses of this machine."""
    lines = BALANCER.read_text().replace("fans.example.org", "localhost")
    known = [line for line in lines.splitlines() if line.strip().startswith("server 10.0.0.")]
    listed = [known[0].replace("10.0.0.11:443", f"127.0.0.1:{host.site.https_port}") for host in hosts]
    lines = lines.replace("\n".join(known), "\n".join(listed))
    ours: dict[str, object] = {
        "/run/nginx.pid": folder / "balancer.pid",
        "/var/log/nginx/balancer.error.log": folder / "balancer.log",
        "/etc/letsencrypt/live/localhost/fullchain.pem": certificate,
        "/etc/letsencrypt/live/localhost/privkey.pem": key,
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "worker_rlimit_nofile 65536;": "worker_rlimit_nofile 4096;",
        "worker_connections 32768;": "worker_connections 2048;",
    }
    path = folder / "balancer.conf"
    path.write_text(changed(lines, ours))
    start_nginx(path)


def start_nginx(configuration: Path) -> None:
    with configuration.with_suffix(".out").open("wb") as out:
        command = [Nginx.find().path, "-e", "stderr", "-c", str(configuration), "-g", "daemon off;"]
        subprocess.Popen(tethered(command, end_with="QUIT"), stdout=out, stderr=out)


def kill_nginx(pid: Path) -> None:
    if not pid.exists():
        return
    master = psutil.Process(int(pid.read_text()))
    pid.unlink()
    for process in [master, *master.children()]:
        process.kill()
    psutil.wait_procs([master])
