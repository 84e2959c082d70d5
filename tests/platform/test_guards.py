"""Who may call what: what each guard lets in, and what it turns away before anything is done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask, flash, get_flashed_messages, render_template_string
from flask_wtf.csrf import generate_csrf
from htmx_flask import request

from app.config import Mode, Settings
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform import outbox
from app.platform.guards import Access
from app.platform.models import Flag, OutboxEvent
from app.platform.transaction import transaction
from app.platform.viewer import viewer
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.platform.houses import a_house, room


def act() -> str:
    outbox.emit("acted", {})
    return "done"


def sent() -> bytes:
    body: bytes = request.get_data()
    return body


class Circle:
    """Two rows, which two visitors want in opposite orders, each when the other has one."""

    def __init__(self) -> None:
        self.both_have_one = Barrier(2, timeout=20)
        self.tries = 0

    def want(self) -> str:
        first, second = request.args["first"], {"one": "two", "two": "one"}[request.args["first"]]
        flash(f"{first} first")
        self._take(first)
        self.tries += 1
        if self.tries <= 2:
            self.both_have_one.wait()
        self._take(second)
        outbox.emit("acted", {"first": first})
        return ", ".join([*map(str, get_flashed_messages()), *self._words()])

    def _words(self) -> list[str]:
        found = request.get_json(silent=True) or request.form
        return [found["word"]] if "word" in found else []

    def _take(self, name: str) -> None:
        taken = Flag.name == name
        db.session.execute(db.update(Flag).where(taken).values(changed_at=clock.now()))


def say() -> str:
    """Is shown by the next page."""
    flash("waits")
    return "said"


def who_looks() -> str:
    person = viewer()
    return person.handle if person else "nobody"


@pytest.fixture(scope="module")
def circle() -> Circle:
    return Circle()


@pytest.fixture(scope="module")
def built(settings: Settings, circle: Circle) -> Flask:
    house = a_house(settings)
    room(house, "/circle", circle.want, Access.ANYONE, methods="POST")
    room(house, "/say", say, Access.ANYONE)
    room(house, "/token", generate_csrf, Access.ANYONE)
    room(house, "/act", act, Access.ANYONE, methods="POST")
    room(house, "/twice", act, Access.ANYONE, methods="POST", once=False)
    room(house, "/hook", act, Access.MACHINE, methods="POST", once=False)
    room(house, "/signed", sent, Access.MACHINE, methods="POST", signed=True, once=False)
    room(house, "/fresh", lambda: "ok", Access.SIGNED_IN, fresh=True)
    room(
        house,
        "/cached",
        lambda: render_template_string("{{ viewer.handle if viewer else 'nobody' }}"),
        Access.ANONYMOUS,
    )
    room(house, "/who", who_looks, Access.ANYONE)
    room(house, "/play", lambda: "ok", Access.DEMO)
    room(house, "/written", act, Access.ANYONE)
    for access in (Access.SIGNED_IN, Access.CREATOR, Access.MODERATOR, Access.ADMIN):
        room(house, f"/for/{access.value}", lambda: "ok", access)
    return house


@pytest.fixture
def house(built: Flask, app: Flask) -> Flask:
    """Over empty tables, which come from `app`."""
    return built


def done(house: Flask) -> int:
    with house.app_context():
        return int(db.session.scalar(db.select(db.func.count()).select_from(OutboxEvent)) or 0)


def post(house: Flask, path: str = "/act", *, token: str | None = None, **headers: str) -> Any:
    client = house.test_client()
    given = client.get("/token").text
    data = {"csrf_token": given if token is None else token, "idempotency_key": "k"}
    return client.post(path, data=data, headers=headers)


@pytest.mark.parametrize(
    ("roles", "second_factor", "expected"),
    [
        (("fan",), False, {"signed_in"}),
        (("fan", "creator"), False, {"signed_in", "creator"}),
        (("moderator",), False, {"signed_in"}),
        (("moderator",), True, {"signed_in", "moderator"}),
        (("admin",), False, {"signed_in", "creator"}),
        (("admin",), True, {"signed_in", "creator", "moderator", "admin"}),
    ],
)
def test_a_role_opens_its_doors_and_staff_needs_a_second_factor(
    house: Flask, roles: tuple[str, ...], second_factor: bool, expected: set[str]
) -> None:
    person = signed_in(house, a_person(house, roles=roles), second_factor=second_factor)
    doors = ("signed_in", "creator", "moderator", "admin")
    opened = {door for door in doors if person.get(f"/for/{door}", follow=False).status == 200}
    assert opened == expected


def test_staff_without_a_second_factor_is_shown_where_to_add_one(house: Flask) -> None:
    moderator = signed_in(house, a_person(house, roles=("moderator",)))
    answer = moderator.get("/for/moderator", follow=False)
    assert (answer.status, answer.location) == (303, "/settings/security")


def test_signed_out_one_is_sent_to_the_door_and_comes_back(house: Flask) -> None:
    answer = PageClient(house).get("/for/signed_in?page=2", follow=False)
    assert (answer.status, answer.location) == (303, "/login?next=/for/signed_in%3Fpage%3D2")


def test_ten_minutes_after_signing_in_one_is_asked_again(house: Flask, fixed_clock: FixedClock) -> None:
    person = signed_in(house)
    assert person.get("/fresh", follow=False).status == 200
    fixed_clock.move(timedelta(minutes=10, seconds=1))
    answer = person.get("/fresh", follow=False)
    assert (answer.status, answer.location) == (303, "/login/confirm?next=/fresh")


def test_what_is_cached_for_all_does_not_know_who_looks(house: Flask) -> None:
    person = signed_in(house, a_person(house, "mia_inside"))
    answer = person.http.get("/cached")
    assert answer.text == "nobody"
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert person.http.get("/who").text == "mia_inside"


def test_play_things_exist_in_demo_mode_only(house: Flask, settings: Settings) -> None:
    live = a_house(settings, mode=Mode.LIVE, public_url="http://localhost:3000")
    room(live, "/play", lambda: "ok", Access.DEMO)
    assert house.test_client().get("/play").status_code == 200
    assert live.test_client().get("/play").status_code == 404


def test_an_endpoint_without_a_guard_is_not_served(settings: Settings, app: Flask) -> None:
    house = a_house(settings)
    house.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")
    answer = house.test_client().get("/forgotten")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_get_that_writes_is_a_mistake_that_shows(house: Flask) -> None:
    assert house.test_client().get("/written").status_code == 500
    assert done(house) == 0


# Forms from elsewhere


def test_our_own_form_is_taken(house: Flask) -> None:
    assert post(house, Origin="http://localhost:3000").status_code == 200
    assert post(house, Origin="http://localhost").status_code == 200
    assert post(house, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert done(house) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:3001"},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_its_token(
    house: Flask, headers: dict[str, str]
) -> None:
    answer = post(house, **headers)
    assert answer.status_code == 400
    assert done(house) == 0


@pytest.mark.parametrize("token", ["", "nonsense", "ImFiYyI.aaaa.bbbb"])
def test_without_its_token_a_form_is_refused(house: Flask, token: str) -> None:
    answer = post(house, token=token)
    assert answer.status_code == 400
    assert "Reload the page" in answer.text
    assert done(house) == 0


def test_a_token_of_another_browser_is_refused(house: Flask) -> None:
    foreign = house.test_client().get("/token").text
    assert post(house, token=foreign).status_code == 400


def test_machines_need_no_form_token(house: Flask) -> None:
    assert house.test_client().post("/hook").status_code == 200
    assert done(house) == 1


def test_what_may_happen_twice_needs_no_key(house: Flask) -> None:
    client = house.test_client()
    token = client.get("/token").text
    for _ in range(2):
        assert client.post("/twice", data={"csrf_token": token}).status_code == 200
    assert done(house) == 2


# Hostile text


@pytest.fixture
def hostile() -> Iterator[list[dict[str, Any]]]:
    yield [
        {"path": "/who?q=a%00b"},
        {"path": "/who/a%00b"},
        {"path": "/hook", "method": "POST", "data": {"title": "a\x00b"}},
        {"path": "/hook", "method": "POST", "data": {"a\x00b": "title"}},
        {"path": "/hook", "method": "POST", "data": '{"a": "\\u0000"}', "content_type": "application/json"},
        {"path": "/hook", "method": "POST", "data": '{"a": ["\\ud800"]}', "content_type": "application/json"},
        {"path": "/hook", "method": "POST", "data": '{"\\udc00": 1}', "content_type": "application/json"},
        {"path": "/hook", "method": "POST", "data": "[" * 100_000, "content_type": "application/json"},
    ]


def test_text_that_no_column_holds_is_refused_everywhere(house: Flask, hostile: list[dict[str, Any]]) -> None:
    for attempt in hostile:
        answer = house.test_client().open(**attempt)
        assert answer.status_code in {400, 404}, attempt
    assert done(house) == 0


def test_what_is_signed_is_left_to_whoever_knows_the_signature_but_small(house: Flask) -> None:
    client = house.test_client()
    assert client.post("/signed", json={"a": "\x00"}).data == b'{"a": "\\u0000"}'
    assert client.post("/signed", data=b" " * 600_000).status_code == 413


@pytest.mark.parametrize("body", ['{"a": "\\ud83c\\udfa7"}', '{"a": "written: \\\\u0000"}', '{"a": "Zoë"}'])
def test_all_other_text_is_taken(house: Flask, body: str) -> None:
    answer = house.test_client().post("/hook", data=body, content_type="application/json")
    assert answer.status_code == 200


def at_once(house: Flask, circle: Circle, **how: Any) -> list[Any]:
    """Two visitors, each with the row that the other one wants."""
    circle.tries = 0
    with house.app_context(), transaction():
        db.session.add_all([Flag(name="one"), Flag(name="two")])

    def want(first: str) -> Any:
        client = house.test_client()
        client.get("/say")
        token = {"X-CSRFToken": client.get("/token").text, "Idempotency-Key": first}
        return client.post(f"/circle?first={first}", headers=token, **how)

    with ThreadPoolExecutor(2) as visitors:
        return list(visitors.map(want, ["one", "two"]))


@pytest.mark.parametrize("sent_as", [{"data": {"word": "kept"}}, {"json": {"word": "kept"}}])
def test_two_who_wait_for_one_another_both_come_through(
    house: Flask, circle: Circle, sent_as: dict[str, Any]
) -> None:
    """The database ends one of them, which is tried once more, as if it had not been before."""
    answers = at_once(house, circle, **sent_as)
    assert [one.status_code for one in answers] == [200, 200]
    assert [one.text for one in answers] == ["waits, one first, kept", "waits, two first, kept"]
    assert circle.tries == 3
    assert done(house) == 2


def test_what_was_read_as_it_came_is_not_tried_again(house: Flask, circle: Circle) -> None:
    """A part of a file comes once: its sender is told to send it again."""
    answers = at_once(house, circle, data=b"part", content_type="application/offset+octet-stream")
    assert sorted(one.status_code for one in answers) == [200, 503]
    assert [one.headers["Retry-After"] for one in answers if one.status_code == 503] == ["2"]
    assert done(house) == 1
