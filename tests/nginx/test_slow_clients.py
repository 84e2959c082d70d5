"""F11: visitors who take their time: let go within half a minute, and nobody else waits for them."""

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import psutil
import pytest

from tests.dripping import LET_GO_WITHIN, is_let_go
from tests.nginx.front import Front, read, request

pytestmark = [pytest.mark.fault_long, pytest.mark.timeout(240)]

CROWD = 150
MEGABYTE = 1024 * 1024
CHANCES, ROUNDS, AT_ONCE = 5, 4, 50


def dripping(front: Front) -> bytes:
    return b"GET /creators HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 10


def stalling_with_a_body(front: Front) -> bytes:
    return request("/login", "POST", None, {"Content-Length": "1000"}, port=front.port) + b"identifier="


@pytest.mark.parametrize("begin", [dripping, stalling_with_a_body])
def test_who_stops_in_the_middle_of_a_request_is_let_go(
    front: Front, begin: Callable[[Front], bytes]
) -> None:
    quick = pace(front)
    with ExitStack() as stack:
        crowd = [stack.enter_context(front.connect(front.new_address())) for _ in range(CROWD)]
        began = time.monotonic()
        for visitor in crowd:
            visitor.sendall(begin(front))
        assert pace(front) < 2 * quick + 0.05
        assert memory(front) < 200 * MEGABYTE
        for visitor in crowd:
            visitor.settimeout(max(1.0, began + LET_GO_WITHIN - time.monotonic()))
            with suppress(ConnectionError):
                assert b"200" not in visitor.recv(100)
        assert time.monotonic() - began < LET_GO_WITHIN
    assert pace(front) < 2 * quick + 0.05


def test_headers_that_drip_on_have_no_more_time_than_others(front: Front) -> None:
    with front.connect(front.new_address()) as visitor:
        assert is_let_go(visitor, dripping(front))


def test_bodies_that_drip_on_have_no_more_time_than_others(front: Front) -> None:
    if not front.site.nginx.lua:
        pytest.skip("nginx has no Lua here")
    with front.connect(front.new_address()) as visitor:
        assert is_let_go(visitor, stalling_with_a_body(front))


def test_a_slow_body_that_goes_on_arrives(front: Front) -> None:
    """On a poor line: four KiB a second, for longer than those have who drip."""
    with front.connect(front.new_address()) as visitor:
        letters = 4096 * int(LET_GO_WITHIN)
        about = {"Content-Length": str(letters), "Content-Type": "text/plain"}
        visitor.sendall(request("/login", "POST", None, about, port=front.port))
        pause = threading.Event()
        for _ in range(int(LET_GO_WITHIN)):
            visitor.sendall(b"a" * 4096)
            pause.wait(1)
        assert read(visitor).status == 400  # no form at all


def test_who_does_not_take_the_answer_keeps_no_thread_of_the_web_process(front: Front) -> None:
    """More than it has threads, each with an answer that nobody reads."""
    quick = pace(front)
    with ExitStack() as stack:
        for _ in range(CROWD):
            visitor = stack.enter_context(front.connect(front.new_address()))
            visitor.sendall(request("/creators", "GET", None, {"Cookie": "a=b"}, port=front.port))
        assert pace(front) < 2 * quick + 0.05
    with front.connect(front.new_address()) as last:
        last.sendall(request("/login", "GET", None, {}, port=front.port))
        assert read(last).status == 200


def test_others_hardly_wait_for_them(front: Front) -> None:
    """In turns, with and without. The slowest of a hundred is chance on a busy machine: it has some."""
    for _ in range(CHANCES):
        alone: list[float] = []
        beside: list[float] = []
        for _ in range(ROUNDS):
            alone += times(front)
            with ExitStack() as stack:
                for _ in range(CROWD):
                    visitor = stack.enter_context(front.connect(front.new_address()))
                    visitor.sendall(dripping(front))
                beside += times(front)
        quiet, slow = (statistics.quantiles(found, n=100)[-1] for found in (alone, beside))
        print(f"the slowest of hundred: {quiet * 1000:.1f} ms alone, {slow * 1000:.1f} ms beside")
        if slow < 1.1 * quiet:
            return
    pytest.fail("others wait for them")


def times(front: Front) -> list[float]:
    """Seconds for a page that nobody keeps, again and again."""
    found = []
    for _ in range(AT_ONCE):
        began = time.monotonic()
        assert front.ask("/login").status == 200
        found.append(time.monotonic() - began)
    return found


def pace(front: Front) -> float:
    """Seconds for a page that nobody keeps, usually."""

    def once(_: int) -> float:
        began = time.monotonic()
        assert front.ask("/login").status == 200
        return time.monotonic() - began

    with ThreadPoolExecutor(2) as two:
        return statistics.median(two.map(once, range(20)))


def memory(front: Front) -> int:
    master = psutil.Process(int(front.site.pid.read_text()))
    return max(process.memory_info().rss for process in (master, *master.children()))
