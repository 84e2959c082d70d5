"""The master of Redis dies: the replica takes its place, and everybody finds it by asking the sentinels."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from app.config import Settings
from app.platform import realtime
from app.platform.cache import Cache
from tests.factories.creators import a_creator
from tests.factories.invoices import give_credit
from tests.factories.people import a_person, signed_in
from tests.faults import processes
from tests.faults.kinds import effects, make_tables
from tests.faults.sentinels import Watched, watched
from tests.faults.test_work import ask
from tests.platform.houses import a_house
from tests.platform.realtime_server import Reader, live_server, open_page
from tests.support import eventually
from workers.run import LANES
from workers.stack.external import check_redis

pytestmark = [pytest.mark.fault_long, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("watched")) as servers:
        yield servers


def test_the_replica_takes_over_and_the_house_goes_on(
    context: Flask, settings: Settings, sentinels: Watched
) -> None:
    make_tables()
    check_redis(sentinels.url)
    there = settings.model_copy(update={"redis_url": sentinels.url})
    app, env = a_house(there), processes.environment(there)
    cache: Cache = app.extensions["fanlight.cache"]
    with ExitStack() as open_, app.app_context():
        open_.enter_context(processes.start("tests.faults.worker_program", env))
        open_.enter_context(processes.start("tests.faults.scheduler_program", env | {"SWEEP_SECONDS": "0.5"}))
        server = open_.enter_context(live_server(there))
        ben = a_person(app)
        a_creator(app, "mara")
        give_credit(app, ben, 10_000)
        reader = signed_in(app, ben)
        listening = Reader.new()
        page = open_page(server, listening)
        eventually(lambda: cache.client.scard("rq:workers") >= len(LANES), within=60)
        ask("test.note", note="before")
        eventually(lambda: effects() == ["before"])
        dead = sentinels.master
        sentinels.kill(dead)
        killed = time.monotonic()
        # Money needs no Redis, and work is found in the table.
        tip = reader.get("/@mara/tip").form("/@mara/tip").fill(amount="5")
        assert reader.send(tip, follow=False).status == 303
        ask("test.note", note="meanwhile")
        eventually(lambda: effects() == ["before", "meanwhile"])
        eventually(lambda: sentinels.master != dead, within=20)
        eventually(cache.alive, within=5)
        print(f"\na new master within {time.monotonic() - killed:.1f} s")
        assert page.told(within=10) == {"type": "missed"}
        realtime.push_user(listening.user_id, "here again")
        assert "here again" in str(page.told())
        eventually(lambda: cache.client.scard("rq:workers") >= len(LANES), within=20)
        ask("test.note", note="after")
        eventually(lambda: effects() == ["before", "meanwhile", "after"])
        page.leave()
        # The one that died comes back and follows: nobody writes there.
        sentinels.start_server(dead)
        eventually(lambda: sentinels.ask(dead).info("replication")["role"] == "slave", within=30)
        assert cache.client.set("somebody", "writes")
