"""Cookies and form tokens are remembered for a minute; what they prove stays the same."""

import base64

import pytest
from flask import Flask, flash, get_flashed_messages, session
from flask.testing import FlaskClient

from app.accounts import session_cache
from app.config import Mode, Settings
from app.platform.cookies import csrf_token
from app.platform.guards import Access
from app.platform.viewer import viewer
from tests.factories.people import PASSWORD, a_person, signed_in
from tests.page_client import Page
from tests.platform.houses import a_house, room


def who() -> str:
    person = viewer()
    return person.handle if person else "nobody"


def note(what: str) -> str:
    session["note"] = what
    return what


def say(what: str) -> str:
    flash(what)
    return what


@pytest.fixture(scope="module")
def built(settings: Settings) -> Flask:
    house = a_house(settings)
    room(house, "/who", who, Access.ANYONE)
    room(house, "/token", csrf_token, Access.ANYONE)
    room(house, "/note/<what>", note, Access.ANYONE)
    room(house, "/noted", lambda: session.get("note", "nothing"), Access.ANYONE)
    room(house, "/say/<what>", say, Access.ANYONE)
    room(house, "/said", lambda: ",".join(str(said) for said in get_flashed_messages()), Access.ANYONE)
    room(house, "/act", lambda: "done", Access.ANYONE, methods="POST", once=False)
    return house


@pytest.fixture
def house(built: Flask, app: Flask) -> Flask:
    """Over empty tables, which come from `app`."""
    return built


def cookie_of(client: FlaskClient) -> str:
    kept = client.get_cookie("fanlight")
    assert kept is not None
    return kept.value


def test_on_tls_cookies_are_for_this_host_alone_and_no_script_reads_them(
    settings: Settings, app: Flask
) -> None:
    live = {"mode": Mode.LIVE, "public_url": "https://fans.example.org"}
    house, name = a_house(settings, **live), "https://fans.example.org"
    a_person(house, "mira")
    client = house.test_client()
    token = Page(client.get("/login", base_url=name)).form("/login").fields["csrf_token"]
    answer = client.post(
        "/login",
        base_url=name,
        data={"csrf_token": token, "identifier": "mira", "password": PASSWORD},
        headers={"Referer": f"{name}/login"},
    )
    assert answer.status_code == 303
    cookies = {cookie.split("=", 1)[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-fanlight", "__Host-device"}
    for cookie in cookies.values():
        said = {part.strip() for part in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= said
        assert "Domain" not in cookie


def test_two_browsers_are_two_people_however_often_they_come(house: Flask) -> None:
    mia = signed_in(house, a_person(house, "mia_cookie")).http
    leo = signed_in(house, a_person(house, "leo_cookie")).http
    assert [client.get("/who").text for client in (mia, leo, mia, leo)] == ["mia_cookie", "leo_cookie"] * 2


def test_a_changed_cookie_is_nobodys_also_beside_a_remembered_one(house: Flask) -> None:
    client = signed_in(house, a_person(house)).http
    assert client.get("/who").text != "nobody"
    genuine = cookie_of(client)
    payload, _, rest = genuine.partition(".")
    forged_payload = base64.urlsafe_b64encode(b'{"_user_id":"somebody"}').decode().rstrip("=")
    for forged in (genuine[:-1], genuine + "x", f"{forged_payload}.{rest}", f"{payload}.{rest[::-1]}"):
        client.set_cookie("fanlight", forged)
        assert client.get("/who").text == "nobody"


def test_an_ended_session_is_not_kept_alive_by_its_remembered_cookie(house: Flask) -> None:
    client = signed_in(house, a_person(house)).http
    assert client.get("/who").text != "nobody"
    with house.app_context():
        from sqlalchemy import text

        from app.extensions import db

        with db.engine.begin() as connection:
            connection.execute(text("update sessions set ended_at = now()"))
    session_cache.clear()
    assert client.get("/who").text == "nobody"


def test_what_one_request_keeps_the_next_one_finds(house: Flask) -> None:
    client = house.test_client()
    for what in ("one", "two"):
        client.get(f"/note/{what}")
        assert [client.get("/noted").text for _ in range(2)] == [what, what]


def test_an_old_cookie_means_what_it_meant(house: Flask) -> None:
    client = house.test_client()
    client.get("/note/one")
    old = cookie_of(client)
    client.get("/noted")
    client.get("/note/two")
    client.set_cookie("fanlight", old)
    assert client.get("/noted").text == "one"


def test_a_message_is_shown_once_and_to_nobody_else(house: Flask) -> None:
    client = house.test_client()
    client.get("/say/first")
    sent = cookie_of(client)
    client.get("/say/second")
    assert client.get("/said").text == "first,second"
    assert client.get("/said").text == ""
    client.set_cookie("fanlight", sent)
    assert client.get("/said").text == "first", "a second message did not slip into the remembered first"


def test_a_form_token_holds_as_long_as_its_cookie_and_for_no_other(house: Flask) -> None:
    client, other = house.test_client(), house.test_client()
    first, again = client.get("/token").text, client.get("/token").text
    assert client.post("/act", data={"csrf_token": first}).status_code == 200
    assert client.post("/act", data={"csrf_token": again}).status_code == 200
    other.get("/token")
    assert other.post("/act", data={"csrf_token": first}).status_code == 400


def test_reading_sets_no_cookie_and_says_that_cookies_matter(house: Flask) -> None:
    client = signed_in(house, a_person(house)).http
    client.get("/token")
    answer = client.get("/who")
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" in answer.headers["Vary"].split(", ")
    assert len(answer.headers.getlist("Vary")) == 1
