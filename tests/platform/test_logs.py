"""The log: machines can read it, and it keeps secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.config import Settings
from app.extensions import db
from app.kit.ids import new_id
from app.platform import logs, work
from app.platform.guards import Access
from app.platform.transaction import transaction
from tests.factories.people import PASSWORD, a_person, signed_in
from tests.page_client import PageClient
from tests.platform.houses import a_house, room

log = logging.getLogger("tests.work")


class Written(io.StringIO):
    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["logger"] == "fanlight.access"]


@pytest.fixture
def written() -> Iterator[Written]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = Written()
    logs.configure("web", "INFO", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="module")
def built(settings: Settings) -> Flask:
    house = a_house(settings)
    room(house, "/open/<token>", lambda token: "opened", Access.ANYONE)
    room(house, "/fails", lambda: 1 / 0, Access.ANYONE)
    return house


@pytest.fixture
def house(built: Flask, app: Flask) -> Flask:
    """Over empty tables, which come from `app`."""
    return built


@work.handler("tests.speak")
def speak(payload: dict[str, Any]) -> None:
    log.info("speaking")


def test_each_request_is_one_line_with_its_facts(house: Flask, written: Written) -> None:
    person = a_person(house)
    answer = signed_in(house, person).get("/open/abc")
    (line,) = written.requests
    assert line["route"] == "/open/<token>"
    assert line["method"] == "GET"
    assert line["status"] == 200
    assert line["duration_ms"] >= 0
    assert line["process"] == "web"
    assert line["level"] == "info"
    assert line["user_id"] == str(person.id)
    assert line["correlation_id"] == answer.response.headers["X-Request-ID"]
    assert line["time"].endswith("+00:00")


def test_probes_and_files_are_not_worth_a_line(house: Flask, written: Written) -> None:
    client = house.test_client()
    for path in ("/healthz", "/readyz", "/metrics", "/static/css/app.css"):
        client.get(path)
    assert written.requests == []


def test_what_breaks_is_told_with_its_trace_under_the_same_id(house: Flask, written: Written) -> None:
    answer = PageClient(house).get("/fails")
    failure = next(line for line in written.lines if line["message"] == "request failed")
    assert "ZeroDivisionError" in failure["traceback"]
    assert failure["level"] == "error"
    assert failure["correlation_id"] == answer.response.headers["X-Request-ID"]
    assert written.requests[0]["status"] == 500


def test_every_line_stays_one_line_whatever_it_says(written: Written) -> None:
    log.warning('two\nlines, a "quote" and \x00', extra={"sent": "\u2028\ud800 🎧"})
    (line,) = written.lines
    assert line["message"].startswith("two\nlines")


def test_work_is_told_with_its_kind_and_the_id_of_the_request_that_asked(
    context: Flask, written: Written
) -> None:
    with transaction():
        work_id = work.enqueue("tests.speak", {}, correlation_id="asked-by-this-one")
    work.drain()
    line = next(line for line in written.lines if line["message"] == "speaking")
    assert (line["work"], line["kind"]) == (str(work_id), "tests.speak")
    assert line["correlation_id"] == "asked-by-this-one"


def test_addresses_with_tokens_are_logged_as_their_route(house: Flask, written: Written) -> None:
    client = PageClient(house)
    client.get("/open/secret-token-in-path?token=secret-token-in-query")
    client.get("/no/such/secret-token-in-path")
    assert "secret-token" not in written.getvalue()
    assert [line["route"] for line in written.requests] == ["/open/<token>", "unmatched"]


@pytest.mark.parametrize("library", ["httpx2", "solana.rpc.async_http_provider", "stripe"])
def test_no_library_tells_which_addresses_it_asks(written: Written, library: str) -> None:
    """The address of a node may hold the key by which its owner pays for it."""
    logging.getLogger(library).info("HTTP Request: POST https://node.example/?api-key=secret")
    assert written.getvalue() == ""


def test_a_whole_sign_in_leaves_no_secret_in_the_log(app: Flask, written: Written) -> None:
    person = a_person(app)
    page = PageClient(app)
    form = page.get("/login").form("/login")
    secrets = [PASSWORD, "a wrong password", person.email, str(form.fields["csrf_token"])]
    page.send(form, identifier=person.email, password="a wrong password")
    inside = page.send(
        page.get("/login?next=/settings").form("/login"), identifier=person.email, password=PASSWORD
    )
    cookie = page.http.get_cookie("fanlight")
    assert inside.status == 200
    assert cookie is not None
    with page.http.session_transaction() as signed:
        secrets += [cookie.value, str(signed["_user_id"]), str(signed.get("csrf_token"))]
    said = written.getvalue()
    assert len(written.requests) >= 4
    assert [secret for secret in secrets if secret in said] == []


def refusals(written: Written) -> list[dict[str, Any]]:
    return [line for line in written.lines if line["message"] == "refused"]


def test_who_is_turned_away_is_told_with_what_they_tried(app: Flask, written: Written) -> None:
    fan = a_person(app)
    signed_in(app, fan).get("/admin/people")
    (line,) = refusals(written)
    facts = {"code": "forbidden", "endpoint": "people.show_all", "access": "admin", "level": "warning"}
    assert facts.items() <= line.items()
    assert line["user_id"] == str(fan.id)
    assert line["correlation_id"]


def test_what_is_somebody_elses_leaves_a_line_as_well(app: Flask, written: Written) -> None:
    fan = signed_in(app)
    form = fan.get("/settings/sessions").form("/settings/sessions/all")
    form.action = f"/settings/sessions/{new_id()}/revoke"
    fan.send(form)
    (line,) = refusals(written)
    assert (line["code"], line["endpoint"]) == ("not_found", "accounts.revoke_session")


def test_a_forged_form_leaves_a_line(app: Flask, written: Written) -> None:
    page = PageClient(app)
    page.post("/login", {"identifier": "mira", "password": PASSWORD})
    page.post("/login", page.get("/login").form("/login").fields, Origin="https://evil.example")
    assert [(line["code"], line["level"]) for line in refusals(written)] == [("csrf", "warning")] * 2
    assert PASSWORD not in written.getvalue()


def test_being_sent_to_the_door_is_no_alarm(app: Flask, written: Written) -> None:
    PageClient(app).get("/settings/profile")
    (line,) = refusals(written)
    assert (line["code"], line["level"]) == ("sign_in_needed", "info")


def test_guessing_beyond_the_limit_leaves_a_line_without_the_name(app: Flask, written: Written) -> None:
    a_person(app, "mirabel")
    page = PageClient(app)
    for _ in range(6):
        page.send(page.get("/login").form("/login"), identifier="mirabel", password="a guess")
    (line,) = [line for line in written.lines if line["message"] == "sign_in_limited"]
    assert (line["limit"], line["level"]) == ("sign_in_account", "warning")
    assert "mirabel" not in written.getvalue()


def test_a_failing_statement_keeps_its_parameters_to_itself(settings: Settings, written: Written) -> None:
    house = a_house(settings)
    no_such = text("select :secret from no_such_table")
    room(house, "/query", lambda: db.session.execute(no_such, {"secret": "hunter" + "2"}), Access.ANYONE)
    PageClient(house).get("/query")
    assert 'relation \\"no_such_table\\" does not exist' in written.getvalue()
    assert "hunter2" not in written.getvalue()
