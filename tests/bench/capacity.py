"""What one core of each process carries, and so what many people need; docs/capacity.md reckons with it.

Processor time of what people do, in web, PostgreSQL and Redis. It depends less than rates do on what else two
cores have to do, and says the same of a machine with more of them. The servers wait for no disk here.
"""

import asyncio
import re
import resource
import statistics
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from time import process_time

import psutil

from app.accounts import passwords
from app.platform import realtime
from tests.bench.delivery import a_closed_file
from tests.bench.fanout import EVENT, PAYLOAD, ROOM, TOPIC, Heard, Listener
from tests.bench.feed import a_full_house
from tests.bench.guard_cost import Guarded, cookie_of
from tests.bench.harness import Bench, Site
from tests.bench.load import generate
from tests.bench.media import HEIGHT, WIDTH, a_photo, ours
from tests.bench.messages import a_form as message_form
from tests.bench.messages import a_talk
from tests.bench.sockets import open_all
from tests.bench.tip import forms as tip_forms
from tests.bench.tip import people as tippers
from tests.factories.people import a_person, signed_in
from tests.platform.realtime_server import live_server

SECONDS, ROUNDS = 2.0, 3
MESSAGES = 200
HASHES = 10
POST = re.compile(r'href="(/posts/[0-9a-f-]{36})"')


@dataclass(frozen=True)
class Deed:
    """Something that somebody does, as their browser sends it."""

    name: str
    path: str
    cookie: str
    form: Callable[[], str] | None = None


# What somebody does in a month, on average over all who come at all: our guess, to be replaced by your own.
VISITS, MINUTES = 12, 6
A_MONTH = {
    "feed": 2 * VISITS,
    "post": 3 * VISITS,
    "creator's page": VISITS,
    "conversation": VISITS / 2,
    "closed picture": 12 * VISITS,
    "message": 4,
    "tip by credit": 0.3,
}
SIGN_INS, PHOTOS = 0.5, 0.05
# The busiest second of a month beside its average one.
BUSY = 4
MONTH = 30 * 24 * 3600
PEOPLE = (100_000, 1_000_000, 10_000_000)


@dataclass(frozen=True)
class Cost:
    """In seconds of a processor."""

    web: float
    postgres: float
    redis: float

    def __str__(self) -> str:
        return (
            f"web {1e3 * self.web:.2f} ms, PostgreSQL {1e3 * self.postgres:.2f} ms, "
            f"Redis {1e3 * self.redis:.2f} ms; {1 / self.web:.0f} a second and core of web"
        )


def lines() -> Iterator[str]:
    costs: dict[str, Cost] = {}
    with Bench() as bench:
        deeds = list(_deeds(bench))
        behind_nginx = bench.settings.model_copy(update={"x_accel_prefix": "/files/"})
        with bench.site(Guarded(behind_nginx)) as site:
            for deed in deeds:
                costs[deed.name] = _cost(bench, site, deed)
                yield f"capacity {deed.name}: {costs[deed.name]}"
        delivery = _delivery(bench)
    yield f"capacity delivery to a socket: realtime {1e6 * delivery:.1f} µs; {1 / delivery:,.0f} a second"
    photo, sign_in = _picture(), _sign_in()
    yield f"capacity photo of {WIDTH * HEIGHT / 1e6:.0f} megapixels: worker {photo:.2f} s"
    yield f"capacity password looked at: web {1e3 * sign_in:.1f} ms"
    yield from (_needed(people, costs, sign_in, photo) for people in PEOPLE)


def _needed(people: int, costs: dict[str, Cost], sign_in: float, photo: float) -> str:
    """Cores that have nothing else to do, in the busiest second."""
    a_second = BUSY * people / MONTH
    web = a_second * (sum(many * costs[deed].web for deed, many in A_MONTH.items()) + SIGN_INS * sign_in)
    postgres = a_second * sum(many * costs[deed].postgres for deed, many in A_MONTH.items())
    pages = a_second * sum(many for deed, many in A_MONTH.items() if deed != "closed picture")
    open_pages = a_second * VISITS * MINUTES * 60
    return (
        f"capacity for {people:,} a month: {pages:,.0f} pages a second, web {web:.2f} cores, "
        f"PostgreSQL {postgres:.2f}, worker {a_second * PHOTOS * photo:.2f}, {open_pages:,.0f} open pages"
    )


def _deeds(bench: Bench) -> Iterator[Deed]:
    fan = a_full_house(bench).readers.fan
    cookie = cookie_of(bench, fan)
    found = POST.search(signed_in(bench.house, fan).get("/feed").html)
    assert found
    yield Deed("feed", "/feed", cookie)
    yield Deed("post", found[1], cookie)
    yield Deed("creator's page", "/@busy1", cookie)
    owner = a_person(bench.house, roles=("fan", "creator"))
    yield Deed("closed picture", a_closed_file(bench, owner), cookie_of(bench, owner))
    ben, talk = a_talk(bench.house, 100)
    writer, words = message_form(bench, ben, talk)
    yield Deed("conversation", talk, writer)
    yield Deed("message", talk, writer, words)
    mara, ada = tippers(bench)
    path = f"/@{mara.handle}/tip"
    yield Deed("tip by credit", path, *tip_forms(bench, ada, path))


def _cost(bench: Bench, site: Site, deed: Deed) -> Cost:
    servers = [bench.servers.postgres.pid, bench.servers.redis.pid]
    _round(site, deed)
    rounds = [_costs_of(site, servers, deed) for _ in range(ROUNDS)]
    return Cost(*(statistics.median(found) for found in zip(*rounds, strict=True)))


def _costs_of(site: Site, servers: list[int], deed: Deed) -> tuple[float, ...]:
    pids = [site.process.pid, *servers]
    before = [_spent(pid) for pid in pids]
    done = _round(site, deed)
    return tuple((_spent(pid) - spent) / done for pid, spent in zip(pids, before, strict=True))


def _round(site: Site, deed: Deed) -> int:
    load = generate(site.port, deed.path, cookie=deed.cookie, seconds=SECONDS, connections=4, form=deed.form)
    assert set(load.statuses) == {303 if deed.form else 200}, (deed.name, load.statuses)
    return load.requests


def _spent(pid: int) -> float:
    """By a process and its children, those that have ended among them."""
    process = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:2]) for one in process.children(recursive=True)) + sum(
        process.cpu_times()[:4]
    )


def _delivery(bench: Bench) -> float:
    """Of one message to one open page of a full room."""
    with bench.house.app_context(), live_server(bench.settings) as live:
        spent = asyncio.run(_told(bench, live.port, live.process.pid))
    return spent / MESSAGES / ROOM


async def _told(bench: Bench, port: int, pid: int) -> float:
    heard = Heard()
    await open_all(ROOM, port, partial(Listener, heard, bench.settings, Counter(), TOPIC))
    before = _spent(pid)
    for _ in range(MESSAGES):
        heard.by_all.clear()
        realtime.push_topic(TOPIC, EVENT, PAYLOAD)
        await asyncio.wait_for(heard.by_all.wait(), 10)
    return _spent(pid) - before


def _picture() -> float:
    with a_photo() as (photo, out):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(ours(photo, out), check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _sign_in() -> float:
    began = process_time()
    for number in range(HASHES):
        passwords.hash_password(f"correct horse {number}")
    return (process_time() - began) / HASHES
