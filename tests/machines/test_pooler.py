"""Behind PgBouncer in transaction mode, set up by the file that owners get: all is as it was."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import psycopg2
import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import db
from app.ledger import verifying
from app.platform import schedule
from app.platform.database import SESSION
from app.platform.watching.figures import forget, look
from app.tips.models import Tip
from tests.conftest import emptied
from tests.factories.creators import a_creator, follows
from tests.factories.invoices import give_credit, shop
from tests.factories.people import PASSWORD, a_person, signed_in
from tests.faults.processes import environment, start
from tests.page_client import PageClient
from tests.platform.houses import a_mortal_house, served
from tests.pooler import CONNECTIONS, USUAL, PooledServers
from tests.posts.authors import Author
from tests.support import eventually

House = tuple[Flask, PooledServers]
WHERE = text("select pg_backend_pid(), count(*) from pg_prepared_statements")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_mortal_house(tmp_path_factory.mktemp("pooled"), PooledServers) as (app, servers):
        assert isinstance(servers, PooledServers)
        yield app, servers


@pytest.fixture
def app(built: House) -> Flask:
    return emptied(built[0])


@pytest.fixture
def servers(built: House) -> Iterator[PooledServers]:
    """Whole again for the next test."""
    yield built[1]
    for server in built[1].all:
        if not server.answers():
            server.restart()
    built[1].pgbouncer.wait_at_most(USUAL)


def test_every_connection_has_what_statements_rest_upon(app: Flask, servers: PooledServers) -> None:
    [pool] = [one for one in servers.pgbouncer.tells("pools") if one["database"] == "fanlight"]
    assert pool["pool_mode"] == "transaction"
    with app.app_context(), ExitStack() as open_:
        all_at_once = [open_.enter_context(db.engine.connect()) for _ in range(CONNECTIONS - 1)]
        backends = {one.execute(WHERE).one()[0] for one in all_at_once}
        assert len(backends) == CONNECTIONS - 1, "each has one to itself until it ends"
        for one in all_at_once:
            assert {name: one.scalar(text(f"show {name}")) for name in SESSION} == SESSION


def test_somebody_signs_in_reads_and_pays_and_a_worker_does_its_part(
    app: Flask, servers: PooledServers
) -> None:
    shop(app)
    mara, ben = a_creator(app, "mara"), a_person(app, "ben")
    follows(app, ben, mara)
    give_credit(app, ben, 2_000)
    reader = PageClient(app)
    reader.send(reader.get("/login").form("/login"), identifier="ben", password=PASSWORD)
    Author(app, mara, signed_in(app, mara)).write(title="Night trains", body="All of them")
    settings = app.extensions["fanlight.settings"]
    with start("workers.run", environment(settings)):
        eventually(lambda: "Night trains" in reader.get("/notifications").text, within=90)
    # More pages than connections, of statements that would be planned once.
    with ThreadPoolExecutor(3) as turning:
        pages = list(turning.map(lambda _: signed_in(app, ben).get("/feed"), range(2 * CONNECTIONS)))
    assert {(page.status, "Night trains" in page.text) for page in pages} == {(200, True)}
    thanks = reader.send(reader.get("/@mara/tip").form("/@mara/tip"), amount="12.50", note="")
    assert "$12.50 for Mara" in thanks.text
    with app.app_context(), db.engine.connect() as connection:
        assert connection.execute(WHERE).one()[1] == 0, "nothing is prepared that another would find"
        assert verifying.verify().good


def test_forty_clicks_at_once_give_once(app: Flask, servers: PooledServers) -> None:
    """Row locks, and the keys of forms, with more clicks than connections."""
    shop(app)
    ben = a_person(app, "ben")
    a_creator(app, "mara")
    give_credit(app, ben, 2_000)
    reader = signed_in(app, ben)
    form = reader.get("/@mara/tip").form("/@mara/tip").fill(amount="5")
    cookie = reader.http.get_cookie("fanlight")
    assert cookie
    said = {"Cookie": f"fanlight={cookie.value}", "Content-Type": "application/x-www-form-urlencoded"}
    with served(app) as address, ThreadPoolExecutor(20) as clicking:

        def click(_: int) -> int:
            line = HTTPConnection("127.0.0.1", urlsplit(address).port or 0, timeout=60)
            line.request("POST", form.action, urlencode(form.fields), said)
            return line.getresponse().status

        assert set(clicking.map(click, range(40))) == {303}
    with app.app_context():
        assert db.session.query(Tip).count() == 1
        assert verifying.verify().good


def test_what_the_clock_does_is_done_by_one_at_a_time(app: Flask, servers: PooledServers) -> None:
    """The lock stays with the transaction, and not with the connection that had it."""
    done = list[bool]()

    def again() -> None:
        done.append(schedule.run(job))
        with app.app_context():
            done.append(schedule.run(schedule.Job("tests.another", 1.0, lambda: None)))

    job = schedule.Job("tests.alone", 1.0, lambda: None)
    outer = schedule.Job("tests.alone", 1.0, again)
    with app.app_context():
        assert schedule.run(outer)
        assert done == [False, True]
        assert all(schedule.run(job) for _ in range(2 * CONNECTIONS))


def test_who_waits_too_long_for_a_connection_is_told_when_to_come_again(
    app: Flask, servers: PooledServers
) -> None:
    with ExitStack() as open_:
        for _ in range(CONNECTIONS):
            held = psycopg2.connect(servers.database_url)
            open_.callback(held.close)
            held.cursor().execute("select 1")
        servers.pgbouncer.wait_at_most(1)
        answer = app.test_client().get("/creators")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert figures(app) == (0.0, True), "visitors do not get through; the house still sees itself"
    eventually(lambda: app.test_client().get("/creators").status_code == 200)
    assert figures(app) == (1.0, True)


@pytest.mark.parametrize("which", ["pgbouncer", "postgres"])
def test_while_it_is_away_visitors_are_told_and_then_all_goes_on(
    app: Flask, servers: PooledServers, which: str
) -> None:
    ben = a_person(app, "ben")
    reader = signed_in(app, ben)
    assert reader.get("/settings/profile").status == 200
    servers.pgbouncer.wait_at_most(1)
    server = next(one for one in servers.all if one.name == which)
    server.kill()
    # What PostgreSQL had begun may live on for a moment.
    eventually(lambda: app.test_client().get("/readyz").status_code == 503)
    answer = reader.get("/settings/profile").response
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert figures(app) == (0.0, which == "pgbouncer")
    server.restart()
    back = time.monotonic()
    eventually(lambda: reader.get("/settings/profile").status == 200)
    assert time.monotonic() - back < 10, "PgBouncer's own usage is to look again after fifteen"
    eventually(lambda: app.test_client().get("/readyz").status_code == 200)


def figures(app: Flask) -> tuple[float | None, bool]:
    """Whether the house says that it reaches its database, and whether it tells of it."""
    forget(app)
    with app.app_context():
        seen = look()
    return seen.value("database_up"), seen.value("database_bytes") is not None
