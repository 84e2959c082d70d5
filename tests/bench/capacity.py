"""What one core of each process carries: processor time of what people do, in web, PostgreSQL and Redis.

No goal; docs/capacity.md reckons with it. Time of the processor depends less than rates do on what else two
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
from tests.factories.people import signed_in
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


def lines() -> Iterator[str]:
    with Bench() as bench:
        deeds = list(_deeds(bench))
        with bench.site(Guarded(bench.settings)) as site:
            for deed in deeds:
                yield _cost(bench, site, deed)
        yield _delivery(bench)
    yield _picture()
    yield _sign_in()


def _deeds(bench: Bench) -> Iterator[Deed]:
    fan = a_full_house(bench).readers.fan
    cookie = cookie_of(bench, fan)
    found = POST.search(signed_in(bench.house, fan).get("/feed").html)
    assert found
    yield Deed("feed", "/feed", cookie)
    yield Deed("post", found[1], cookie)
    yield Deed("creator's page", "/@busy1", cookie)
    ben, talk = a_talk(bench.house, 100)
    writer, words = message_form(bench, ben, talk)
    yield Deed("conversation", talk, writer)
    yield Deed("message", talk, writer, words)
    mara, ada = tippers(bench)
    path = f"/@{mara.handle}/tip"
    yield Deed("tip by credit", path, *tip_forms(bench, ada, path))


def _cost(bench: Bench, site: Site, deed: Deed) -> str:
    servers = [bench.servers.postgres.pid, bench.servers.redis.pid]
    _round(site, deed)
    rounds = [_costs_of(site, servers, deed) for _ in range(ROUNDS)]
    web, postgres, redis = (1e3 * statistics.median(found) for found in zip(*rounds, strict=True))
    return (
        f"capacity {deed.name}: web {web:.2f} ms, PostgreSQL {postgres:.2f} ms, Redis {redis:.2f} ms; "
        f"{1e3 / web:.0f} a second and core of web, {1e3 / max(postgres, 0.001):.0f} of PostgreSQL"
    )


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


def _delivery(bench: Bench) -> str:
    """Of one message to one open page of a full room."""
    with bench.house.app_context(), live_server(bench.settings) as live:
        spent = asyncio.run(_told(bench, live.port, live.process.pid))
    each = spent / MESSAGES / ROOM
    return f"capacity delivery to a socket: realtime {1e6 * each:.1f} µs; {1 / each:,.0f} a second and core"


async def _told(bench: Bench, port: int, pid: int) -> float:
    heard = Heard()
    await open_all(ROOM, port, partial(Listener, heard, bench.settings, Counter(), TOPIC))
    before = _spent(pid)
    for _ in range(MESSAGES):
        heard.by_all.clear()
        realtime.push_topic(TOPIC, EVENT, PAYLOAD)
        await asyncio.wait_for(heard.by_all.wait(), 10)
    return _spent(pid) - before


def _picture() -> str:
    with a_photo() as (photo, out):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(ours(photo, out), check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size = WIDTH * HEIGHT / 1e6
    return (
        f"capacity photo of {size:.0f} megapixels: worker {spent:.2f} s; {3600 / spent:,.0f} an hour and core"
    )


def _sign_in() -> str:
    began = process_time()
    for number in range(HASHES):
        passwords.hash_password(f"correct horse {number}")
    each = (process_time() - began) / HASHES
    return f"capacity password looked at: web {1e3 * each:.1f} ms; {1 / each:.0f} a second and core"
