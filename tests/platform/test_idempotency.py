"""A double click buys once, however many clicks there are."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask, make_response, redirect
from flask import request as sent
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from sqlalchemy import text

from app.config import Settings
from app.extensions import db
from app.platform import outbox
from app.platform.errors import Refused
from app.platform.guards import Access, keep_writes
from app.platform.pages import partial, see
from tests.factories.people import a_person, signed_in
from tests.platform.houses import a_house, room, served

FORM = "application/x-www-form-urlencoded"


def buy() -> Any:
    """Takes what it is asked to do from the form, so that one route shows every ending."""
    outbox.emit("bought", {"what": sent.form.get("what", "")})
    ending = sent.form.get("ending", "")
    if "kept" in ending:
        keep_writes()
    if "raises" in ending:
        raise Refused("The till is closed.")
    if "refuses" in ending:
        return make_response("no", 422)
    return see("/thanks?for=" + sent.form.get("what", ""))


def buy_partly() -> Any:
    outbox.emit("bought", {})
    return partial("errors/_fragment.html", title="Bought")


def buy_by_api() -> Any:
    outbox.emit("bought", {})
    return {"id": sent.get_json()["what"]}, 201


def enter() -> Any:
    from flask_login import login_user

    from app.accounts import session_cache

    outbox.emit("entered", {})
    login_user(session_cache.find(sent.form["token"]))
    return redirect("/inside", 303)


@pytest.fixture(scope="module")
def built(settings: Settings) -> Flask:
    house = a_house(settings, web_threads=16)
    room(house, "/token", generate_csrf, Access.ANYONE)
    room(house, "/buy", buy, Access.ANYONE, methods="POST")
    room(house, "/partly", buy_partly, Access.ANYONE, methods="POST")
    room(house, "/enter", enter, Access.ANYONE, methods="POST")
    room(house, "/api/v1/buy", buy_by_api, Access.MACHINE, methods="POST")
    return house


@pytest.fixture
def house(built: Flask, app: Flask) -> Flask:
    """Over empty tables, which come from `app`."""
    return built


def effects(house: Flask) -> int:
    with house.app_context():
        return int(db.session.execute(text("select count(*) from outbox")).scalar_one())


class Buyer:
    def __init__(self, house: Flask, http: FlaskClient | None = None) -> None:
        self.http = http or house.test_client()
        self.token = self.http.get("/token").text

    def buy(self, key: str = "key-1", *, at: str = "/buy", **fields: Any) -> Any:
        headers = fields.pop("headers", {})
        data = {"idempotency_key": key, "csrf_token": self.token, **fields}
        return self.http.post(at, data={k: v for k, v in data.items() if v is not None}, headers=headers)


def test_the_second_click_gets_the_first_ones_answer(house: Flask) -> None:
    buyer = Buyer(house)
    answers = [buyer.buy(what="print") for _ in range(3)]
    assert {(a.status_code, a.location) for a in answers} == {(303, "/thanks?for=print")}
    assert effects(house) == 1


def test_two_hundred_clicks_at_once_buy_once(house: Flask) -> None:
    """Through the product's server, over keep-alive connections, all released together."""
    crowd, together = 200, threading.Barrier(200)
    with served(house, threads=16) as address:
        cookie, token = _visit(address)
        body = urlencode({"idempotency_key": "one-key", "csrf_token": token, "what": "print"})
        headers = {"Content-Type": FORM, "Cookie": cookie}

        def click(_: int) -> tuple[int, str | None]:
            connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
            connection.connect()
            together.wait(timeout=60)
            connection.request("POST", "/buy", body, headers)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status, answer.headers["Location"]

        with ThreadPoolExecutor(crowd) as pool:
            answers = list(pool.map(click, range(crowd)))
    assert set(answers) == {(303, "/thanks?for=print")}
    assert effects(house) == 1


def _visit(address: str) -> tuple[str, str]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request("GET", "/token")
    answer = connection.getresponse()
    return answer.headers["Set-Cookie"].split(";")[0], answer.read().decode()


@pytest.mark.parametrize("change", [{"what": "other"}, {"extra": "field"}])
def test_the_same_key_for_something_else_is_a_conflict(house: Flask, change: dict[str, str]) -> None:
    buyer = Buyer(house)
    buyer.buy(what="print")
    answer = buyer.buy(**({"what": "print"} | change))
    assert answer.status_code == 409
    assert "already sent" in answer.text
    assert effects(house) == 1


def test_the_same_key_at_another_address_is_a_conflict(house: Flask) -> None:
    buyer = Buyer(house)
    buyer.buy(what="print")
    assert buyer.buy(at="/partly", what="print").status_code == 409
    assert buyer.buy(at="/buy?tier=gold", what="print").status_code == 409


def test_another_file_under_the_same_name_is_something_else(house: Flask) -> None:
    buyer = Buyer(house)
    first = buyer.buy(media=(io.BytesIO(b"first take"), "take.wav"))
    again = buyer.buy(media=(io.BytesIO(b"first take"), "take.wav"))
    other = buyer.buy(media=(io.BytesIO(b"other take"), "take.wav"))
    assert [first.status_code, again.status_code, other.status_code] == [303, 303, 409]
    assert effects(house) == 1


@pytest.mark.parametrize("ending", ["refuses", "raises"])
def test_what_was_refused_may_be_sent_again_with_its_key(house: Flask, ending: str) -> None:
    buyer = Buyer(house)
    assert buyer.buy(ending=ending).status_code == 422
    assert effects(house) == 0
    assert buyer.buy(what="print").status_code == 303
    assert effects(house) == 1


@pytest.mark.parametrize("ending", ["refuses kept", "raises kept"])
def test_a_refusal_that_keeps_what_it_wrote_gives_the_key_back(house: Flask, ending: str) -> None:
    buyer = Buyer(house)
    assert buyer.buy(ending=ending).status_code == 422
    assert effects(house) == 1, "a failed sign-in is a fact"
    assert buyer.buy(what="print").status_code == 303
    assert effects(house) == 2


def test_a_key_is_a_persons_own(house: Flask) -> None:
    for person in (a_person(house), a_person(house)):
        assert Buyer(house, signed_in(house, person).http).buy(what="print").location == "/thanks?for=print"
    assert effects(house) == 2


def test_signed_out_a_key_is_a_browsers_own_from_whichever_address(house: Flask) -> None:
    buyer, other = Buyer(house), Buyer(house)
    buyer.buy(what="print")
    buyer.http.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    assert buyer.buy(what="print").status_code == 303
    assert effects(house) == 1
    other.buy(what="print")
    assert effects(house) == 2


def test_a_request_that_signs_somebody_in_is_answered_alike_twice(house: Flask) -> None:
    from tests.factories.people import a_session

    token = a_session(house, a_person(house))
    buyer = Buyer(house)
    before = buyer.http.get_cookie("fanlight")
    first = buyer.buy(at="/enter", token=token)
    assert before is not None
    buyer.http.set_cookie("fanlight", before.value)  # the second click left before the first came back
    second = buyer.buy(at="/enter", token=token)
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, "/inside")


@pytest.mark.parametrize("key", [None, "", "x" * 256, "a\x00b", "a\nb"])
def test_without_a_usable_key_nothing_happens(house: Flask, key: str) -> None:
    answer = Buyer(house).buy(key)
    assert answer.status_code == 400
    assert effects(house) == 0


def test_a_partial_is_followed_by_the_page_that_shows_its_effect(house: Flask) -> None:
    buyer = Buyer(house)
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://localhost/shop?page=2"}
    first = buyer.buy(at="/partly", headers=htmx)
    second = buyer.buy(at="/partly", headers=htmx)
    assert first.status_code == second.status_code == 200
    assert "Bought" in first.text
    assert second.headers["HX-Redirect"] == "/shop?page=2"
    assert effects(house) == 1


def test_the_api_repeats_status_and_body(house: Flask) -> None:
    client = house.test_client()
    answers = [
        client.post("/api/v1/buy", json={"what": "print"}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert [(a.status_code, a.json) for a in answers] == [(201, {"id": "print"})] * 2
    changed = client.post("/api/v1/buy", json={"what": "frame"}, headers={"Idempotency-Key": "k"})
    assert changed.status_code == 409
    assert changed.json is not None and changed.json["code"] == "idempotency_key_reused"
    assert effects(house) == 1


@pytest.fixture(autouse=True)
def _nobody_knows_anybody() -> Iterator[None]:
    from app.accounts import session_cache

    yield
    session_cache.clear()
