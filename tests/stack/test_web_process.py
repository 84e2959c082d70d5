"""wsgi.py: several processes on one socket, which finish what they began."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from tests.dripping import is_let_go
from tests.support import eventually, free_port
from workers.stack.environment import ROOT
from workers.stack.gone import wait_until_gone


class Site:
    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def get(self, path: str, host: str = "127.0.0.1", **headers: str) -> str:
        connection = HTTPConnection(host, self.port, timeout=20)
        try:
            connection.request(
                "GET", path, headers={name.replace("_", "-"): v for name, v in headers.items()}
            )
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def children(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def refuses(self) -> bool:
        with socket.socket() as visitor:
            return visitor.connect_ex(("127.0.0.1", self.port)) != 0


@contextmanager
def slow_site(port: int, *arguments: str) -> Iterator[Site]:
    command = [sys.executable, "-m", "tests.stack.slow_site", str(port), *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield Site(process, port)
        finally:
            process.kill()


@contextmanager
def begun_site() -> Iterator[Site]:
    with slow_site(free_port(), "2") as running:
        eventually(lambda: running.get("/pid"))
        yield running


@pytest.fixture
def site() -> Iterator[Site]:
    """One to be ended."""
    with begun_site() as running:
        yield running


@pytest.fixture(scope="module")
def lasting() -> Iterator[Site]:
    """One for all that leave it as it is: to begin takes longest."""
    with begun_site() as running:
        yield running


def test_a_request_in_flight_is_finished_at_sigterm(site: Site, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as visitor:
        answer = visitor.submit(site.get, f"/slow?folder={quote(str(tmp_path))}")
        eventually((tmp_path / "begun").exists)
        site.process.send_signal(signal.SIGTERM)
        eventually(site.refuses)
        assert site.process.poll() is None
        (tmp_path / "go").touch()
        assert answer.result(10) == "finished"
    assert site.process.wait(10) == 0


def test_ctrl_c_reaches_parent_and_children_and_ends_them_in_order(site: Site, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as visitor:
        answer = visitor.submit(site.get, f"/slow?folder={quote(str(tmp_path))}")
        eventually((tmp_path / "begun").exists)
        for pid in (site.process.pid, *site.children()):
            # The first one passes it on, so that a child may have gone already.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        (tmp_path / "go").touch()
        assert answer.result(10) == "finished"
    assert site.process.wait(10) == 0


def test_a_killed_child_is_replaced(lasting: Site) -> None:
    eventually(lambda: len(lasting.children()) == 2)
    killed = lasting.children().pop()
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: len(lasting.children()) == 2 and killed not in lasting.children())
    assert int(lasting.get("/pid")) in lasting.children()


def test_children_end_with_a_killed_parent(site: Site) -> None:
    orphans = [psutil.Process(pid) for pid in site.children()]
    site.process.kill()
    assert len(orphans) == 2
    assert wait_until_gone(orphans, 10) == []
    assert site.refuses()


def test_both_families_of_loopback_are_served(lasting: Site) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    assert lasting.get("/pid", host="127.0.0.1")
    assert lasting.get("/pid", host="::1")


def test_the_last_proxy_is_believed_and_what_a_visitor_claims_is_not(lasting: Site) -> None:
    claimed = "198.51.100.7, 203.0.113.9"
    assert lasting.get("/address", X_Forwarded_For=claimed, X_Forwarded_Proto="https") == "203.0.113.9 https"


def test_without_a_proxy_nobody_is_believed_about_their_address() -> None:
    with slow_site(free_port(), "1", "alone") as site:
        eventually(lambda: site.get("/pid"))
        said = site.get("/address", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")
        assert said == "127.0.0.1 http"


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 200\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
    ],
)
def test_no_request_hides_in_the_body_of_another(lasting: Site, headers: str) -> None:
    """Read one way, `hidden` is a body; read the other way, a request of its own."""
    hidden = "GET /address HTTP/1.1\r\nHost: x\r\n\r\n"
    body = f"{len(hidden):x}\r\n{hidden}\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", lasting.port), timeout=10) as visitor:
        visitor.sendall(f"GET /pid HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}".encode())
        visitor.shutdown(socket.SHUT_WR)
        said = b""
        while part := visitor.recv(4_096):
            said += part
    assert said.count(b"HTTP/1.1 200") <= 1
    assert b"127.0.0.1 http" not in said


def test_a_site_that_cannot_be_made_ends_with_its_reason() -> None:
    with slow_site(free_port(), "2", "broken") as site:
        said, _ = site.process.communicate(timeout=20)
        assert site.process.returncode == 1
        assert "this site cannot be made" in said


def test_a_taken_port_is_named() -> None:
    with socket.socket() as other:
        port = free_port()
        other.bind(("127.0.0.1", port))
        other.listen()
        with slow_site(port, "1") as site:
            said, _ = site.process.communicate(timeout=20)
            assert site.process.returncode == 1
            assert f"Port {port}" in said
            assert f"process {os.getpid()}" in said


@pytest.mark.fault_long
@pytest.mark.parametrize(
    "beginning",
    [b"GET /pid HTTP/1.1\r\nX-Slow: a", b"POST /pid HTTP/1.1\r\nContent-Length: 1000\r\n\r\na"],
    ids=["headers", "body"],
)
def test_who_sends_drop_by_drop_is_let_go(site: Site, beginning: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as visitor:
        assert is_let_go(visitor, beginning)


@pytest.mark.fault_long
def test_who_is_slow_and_goes_on_is_heard(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as visitor:
        visitor.sendall(b"POST /pid HTTP/1.1\r\nContent-Length: 81920\r\nConnection: close\r\n\r\n")
        pause = threading.Event()
        for _ in range(20):
            visitor.sendall(b"a" * 4096)
            pause.wait(1)
        assert visitor.recv(100).startswith(b"HTTP/1.1 405")
