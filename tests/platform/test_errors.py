"""Whatever goes wrong, people get a page that helps and machines get problem JSON."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from flask import Flask, abort, render_template
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.config import Settings
from app.extensions import db
from app.platform import primary
from app.platform.errors import Refused, TooMany, Unavailable
from app.platform.guards import Access
from app.platform.http_errors import TEXTS
from app.platform.transaction import transaction
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.platform.houses import a_house, a_mortal_house, room, served
from tests.pooler import PATIENCE
from tests.support import eventually

STATUSES = sorted(TEXTS)
HTMX = {"HX-Request": "true"}


class PaymentNeeded(Refused):
    status = 402


def fail(status: int) -> Any:
    if status == 402:
        raise PaymentNeeded("This costs 3 euros.")
    if status == 429:
        raise TooMany("Slower, please.", 17)
    if status == 503:
        raise Unavailable("The till is restarting.", 4)
    if status == 500:
        raise ZeroDivisionError("password=hunter2")
    abort(status)


def broken_template() -> str:
    return render_template("no/such/template.html")


def number_too_large() -> str:
    return str(db.session.execute(text("select 99999999999::int")).scalar())


def wait_in_vain() -> str:
    raise PoolTimeout


@pytest.fixture(scope="module")
def built(settings: Settings) -> Flask:
    house = a_house(settings)
    room(house, "/fail/<int:status>", fail, Access.ANYONE)
    room(house, "/broken-template", broken_template, Access.ANYONE)
    room(house, "/number", number_too_large, Access.ANYONE)
    room(house, "/wait", wait_in_vain, Access.ANYONE)
    room(house, "/write", lambda: "done", Access.ANYONE, methods="POST")
    return house


@pytest.fixture
def house(built: Flask, app: Flask) -> Flask:
    """Over empty tables, which come from `app`."""
    return built


@pytest.mark.parametrize("status", STATUSES)
def test_every_error_has_a_page_that_says_what_to_do(house: Flask, status: int) -> None:
    answer = PageClient(house).get(f"/fail/{status}")
    assert answer.status == status
    assert answer.one("h1").get_text() == TEXTS[status][0]
    assert answer.response.headers["X-Request-ID"] in answer.text
    assert answer.response.headers["Cache-Control"] == "no-store"
    assert answer.one("main").select_one("a[href='/']"), "a way on"
    assert "hunter2" not in answer.html


@pytest.mark.parametrize("status", STATUSES)
def test_who_is_signed_in_keeps_the_ways_through_the_house(house: Flask, status: int) -> None:
    """But where something broke: that page leans on as little as it can."""
    answer = signed_in(house, a_person(house)).get(f"/fail/{status}", follow=False)
    assert answer.status == status
    kept = status < 500
    for way in (".rail", ".dock", 'form[action="/logout"]'):
        assert bool(answer.soup.select(way)) is kept, way
    assert answer.one("h1").get_text() == TEXTS[status][0]
    assert not PageClient(house).get(f"/fail/{status}").soup.select(".rail")


@pytest.mark.parametrize("status", STATUSES)
def test_every_error_has_problem_json(house: Flask, status: int) -> None:
    answer = house.test_client().get(f"/fail/{status}", headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    body = answer.json
    assert body is not None
    assert body["status"] == status
    assert body["title"] == TEXTS[status][0]
    assert body["correlation_id"] == answer.headers["X-Request-ID"]
    assert {"type", "detail", "code"} <= body.keys()
    assert "hunter2" not in answer.text


def test_htmx_gets_the_part_that_fits_into_the_page(house: Flask) -> None:
    answer = house.test_client().get("/fail/409", headers=HTMX)
    assert "<html" not in answer.text
    assert TEXTS[409][0] in answer.text


def test_our_own_words_and_the_wait_are_told(house: Flask) -> None:
    slower = PageClient(house).get("/fail/429")
    assert "Slower, please." in slower.text
    assert slower.response.headers["Retry-After"] == "17"
    assert PageClient(house).get("/fail/503").response.headers["Retry-After"] == "4"


def test_a_correlation_id_from_nginx_is_kept_and_a_hostile_one_is_not(house: Flask) -> None:
    client = house.test_client()
    given = client.get("/fail/500", headers={"X-Request-ID": "from-nginx-0123"})
    assert given.headers["X-Request-ID"] == "from-nginx-0123"
    hostile = client.get("/fail/500", headers={"X-Request-ID": "<script>alert(1)</script>"})
    assert re.fullmatch(r"[\w-]{8,64}", hostile.headers["X-Request-ID"])
    assert "<script>alert" not in hostile.text


def test_a_wrong_method_names_the_right_ones(house: Flask) -> None:
    answer = house.test_client().get("/write")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_a_broken_template_becomes_the_friendly_page(house: Flask) -> None:
    answer = PageClient(house).get("/broken-template")
    assert answer.status == 500
    assert TEXTS[500][0] in answer.text


def test_even_with_all_templates_broken_there_is_a_page(
    house: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(house.jinja_env.globals, "asset")
    answer = PageClient(house).get("/fail/500")
    assert answer.status == 500
    assert answer.one("h1").get_text() == TEXTS[500][0]
    assert answer.response.headers["X-Request-ID"] in answer.text


def test_a_number_that_no_column_holds_is_bad_input(house: Flask) -> None:
    assert PageClient(house).get("/number").status == 400


def test_a_form_that_is_too_big_is_told_so(house: Flask) -> None:
    answer = house.test_client().post("/write", data={"body": "x" * 2_000_001})
    assert answer.status_code == 413
    assert TEXTS[413][0] in answer.text


# The database away


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Any]]:
    with a_mortal_house(tmp_path_factory.mktemp("mortal")) as (house, servers):
        room(house, "/people", people, Access.ANYONE)
        room(house, "/mine", people, Access.SIGNED_IN)
        room(house, "/replica", on_a_replica, Access.ANYONE)
        room(house, "/line", line, Access.ANYONE)
        room(house, "/alone", alone, Access.ANYONE)
        room(house, "/lonely", lonely, Access.ANYONE)
        yield house, servers


def on_a_replica() -> str:
    """As where a pooler led to one: it takes no writes."""
    with transaction():
        db.session.execute(text("set transaction read only"))
        db.session.execute(text("delete from users where false"))
    return "never"


def line() -> str:
    """Which connection to the database answers."""
    return str(db.session.execute(text("select pg_backend_pid()")).scalar())


def alone() -> str:
    with transaction():
        db.session.execute(text("create table if not exists lonely (at timestamptz default now())"))
        db.session.execute(text("insert into lonely default values"))
    return "done"


def lonely() -> str:
    return str(db.session.execute(text("select count(*) from lonely")).scalar())


def people() -> str:
    return str(db.session.execute(text("select count(*) from users")).scalar())


def test_without_the_database_pages_say_so_also_to_the_signed_in(mortal: tuple[Flask, Any]) -> None:
    house, servers = mortal
    visitor, person = PageClient(house), signed_in(house, a_person(house))
    servers.postgres.kill()
    # What it had begun for others may live on for a moment.
    eventually(lambda: visitor.get("/people").status == 503)
    for answer in (visitor.get("/people"), person.get("/mine")):
        assert answer.status == 503
        assert answer.one("h1").get_text() == TEXTS[503][0]
        assert int(answer.response.headers["Retry-After"]) <= 5
    servers.postgres.restart()
    eventually(lambda: person.get("/mine").status == 200, within=5)


def test_a_restart_under_load_costs_503s_and_five_seconds(mortal: tuple[Flask, Any]) -> None:
    house, servers = mortal
    with served(house, threads=4) as address:
        load = Load(address, "/people")
        eventually(lambda: load.count(200) > 20)
        servers.postgres.kill()
        eventually(lambda: load.count(503) > 5, within=15 + PATIENCE)
        servers.postgres.restart()
        back, before = time.monotonic(), load.count(200)
        eventually(lambda: load.count(200) > before + 20, within=5)
        assert time.monotonic() - back < 5
        load.stop()
    assert set(load.seen) == {200, 503}
    assert load.without_retry_after == 0


def test_a_server_that_takes_no_writes_is_left(mortal: tuple[Flask, Any]) -> None:
    house, _ = mortal
    with house.app_context():
        db.engine.dispose()  # then there is one line, and no other that takes its turn
    visitor = PageClient(house)
    line = visitor.get("/line").text
    assert visitor.get("/line").text == line
    answer = visitor.get("/replica")
    assert answer.status == 503
    assert int(answer.response.headers["Retry-After"]) <= 5
    assert visitor.get("/line").text != line, "what led there is not used again"


def test_a_commit_that_no_replica_takes_is_not_waited_for_and_not_said_to_be_one(
    mortal: tuple[Flask, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, servers = mortal
    monkeypatch.setattr(primary, "PATIENCE_SECONDS", 0.2)
    visitor = PageClient(house)
    answers = [visitor.get("/alone")]
    with wanting_a_replica(servers.admin_url):

        def refused() -> bool:
            """Each of the server's processes hears in its own time that a replica is wanted."""
            answers.append(visitor.get("/alone"))
            return answers[-1].status == 503

        eventually(refused)
        assert int(answers[-1].response.headers["Retry-After"]) <= 5
        kept = len(answers) - 1
        assert {answer.status for answer in answers[:kept]} == {200}
        assert visitor.get("/lonely").text.endswith(str(kept)), "nobody sees what may still be lost"
    eventually(lambda: visitor.get("/lonely").text.endswith(str(kept + 1)))


@contextmanager
def wanting_a_replica(url: str) -> Iterator[None]:
    """A commit counts when somebody else has it, who is not there."""
    with closing(psycopg2.connect(url)) as server:
        server.autocommit = True

        def wanted() -> str:
            cursor = server.cursor()
            cursor.execute("show synchronous_standby_names")
            return str(cursor.fetchall()[0][0])

        def want(name: str) -> None:
            cursor = server.cursor()
            cursor.execute("alter system set synchronous_standby_names = %s", [name])
            cursor.execute("select pg_reload_conf()")
            eventually(lambda: wanted() == name)

        want("somebody")
        try:
            yield
        finally:
            want("")


class Load:
    """Four visitors who ask again and again."""

    def __init__(self, address: str, path: str) -> None:
        self.seen: list[int] = []
        self.without_retry_after = 0
        self._address, self._path = urlsplit(address).netloc, path
        self._stopped = threading.Event()
        self._visitors = [threading.Thread(target=self._visit) for _ in range(4)]
        for visitor in self._visitors:
            visitor.start()

    def count(self, status: int) -> int:
        return self.seen.count(status)

    def stop(self) -> None:
        self._stopped.set()
        for visitor in self._visitors:
            visitor.join()

    def _visit(self) -> None:
        connection = HTTPConnection(self._address, timeout=20)
        while not self._stopped.is_set():
            try:
                connection.request("GET", self._path)
                answer = connection.getresponse()
                answer.read()
            except (HTTPException, OSError):
                connection.close()
                self.seen.append(0)
                continue
            self.seen.append(answer.status)
            if answer.status == 503 and "Retry-After" not in answer.headers:
                self.without_retry_after += 1


def test_a_pool_that_is_empty_for_too_long_is_a_503(house: Flask) -> None:
    assert PageClient(house).get("/wait").status == 503
