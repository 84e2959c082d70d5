"""P13: what a flood of failing sign-ins does to somebody who reads pages.

The flood keeps to what the limiter lets through: fifty tries in fifteen minutes from each of four
hundred addresses, 22 a second, each of which costs the house a password hash. The house is busy: as
many people read as in the other measures. The second line has a single reader in an idle house, whom
any work at all on the same two cores holds up; the third shows by how much.
"""

import http.client
import itertools
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from urllib.parse import urlencode

from tests.bench.guard_cost import PAGE, Guarded, cookie_of
from tests.bench.harness import Bench, Samples, Site, interleaved, measure
from tests.factories.people import a_person

ADDRESSES = 400
TRIES_A_SECOND = 22
READERS = 4
SPIN_SECONDS = 0.02
ROUND_SECONDS = 4.0
Work = Callable[[int, Event], None]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@measure("P13", "sign_in_flood_p99", goal="<= 1.25")
def sign_in_flood(bench: Bench) -> Samples:
    return _flooded(bench, READERS)


@measure("P13", "sign_in_flood_p99_one_reader", goal="told, not set")
def sign_in_flood_one_reader(bench: Bench) -> Samples:
    return _flooded(bench, 1)


@measure("P13", "one_reader_beside_idle_spinner", goal="told, not set")
def beside_spinner(bench: Bench) -> Samples:
    """What two cores do to a single reader when anything else runs at all."""
    return _flooded(bench, 1, work=_spin)


def _flooded(bench: Bench, readers: int, work: Work | None = None) -> Samples:
    cookie = cookie_of(bench, a_person(bench.house))
    with bench.site(Guarded(bench.settings)) as site, _flood(site.port, work or _try_passwords) as flooding:

        def p99(*, flooded: bool) -> float:
            if flooded:
                flooding.set()
            else:
                flooding.clear()
            return _reader_p99(site, cookie, readers)

        p99(flooded=False)
        return interleaved(lambda: p99(flooded=False), lambda: p99(flooded=True))


def _reader_p99(site: Site, cookie: str, readers: int) -> float:
    load = site.load(PAGE, cookie=cookie, seconds=ROUND_SECONDS, connections=readers)
    assert set(load.statuses) == {200}, load.statuses
    return load.p99


@contextmanager
def _flood(port: int, work: Work) -> Iterator[Event]:
    context = multiprocessing.get_context("spawn")
    flooding = context.Event()
    process = context.Process(target=work, args=(port, flooding), daemon=True)
    process.start()
    try:
        yield flooding
    finally:
        process.kill()
        process.join()


def _try_passwords(port: int, flooding: Event) -> None:
    os.nice(19)  # attackers have machines of their own; this one's processors are for the house
    attackers = [Attacker(port, number) for number in range(20)]
    for number, attacker in zip(itertools.count(), itertools.cycle(attackers), strict=False):
        flooding.wait()
        began = time.monotonic()
        attacker.tries(f"somebody{number}", from_address=number % ADDRESSES)
        time.sleep(max(0.0, 1 / TRIES_A_SECOND - (time.monotonic() - began)))  # the pace of the flood


def _spin(_: int, flooding: Event) -> None:
    """As much as hashing takes, of the lowest priority there is, and nothing of ours."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while flooding.wait():
        began = time.monotonic()
        while time.monotonic() - began < SPIN_SECONDS:
            pass
        time.sleep(1 / TRIES_A_SECOND - SPIN_SECONDS)  # the pace of the flood


class Attacker:
    """A browser's cookie and form token, used from many addresses."""

    def __init__(self, port: int, number: int) -> None:
        self.port = port
        answer, body = self._ask("GET", "/login", number)
        self.cookie = str(answer.getheader("Set-Cookie", "")).split(";")[0]
        found = TOKEN.search(body)
        assert found, body[:300]
        self.token = found[1]

    def tries(self, identifier: str, *, from_address: int) -> None:
        form = {"csrf_token": self.token, "identifier": identifier, "password": "a guess that fails"}
        answer, body = self._ask("POST", "/login", from_address, urlencode(form))
        assert answer.status == 422, (answer.status, body[:300])

    def _ask(
        self, method: str, path: str, number: int, body: str | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        source = (f"127.0.{1 + number // 200}.{1 + number % 200}", 0)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=source)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": f"localhost:{self.port}"}
        if body is not None:
            headers["Cookie"] = self.cookie
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text
