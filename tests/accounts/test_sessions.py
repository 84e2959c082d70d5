"""Where one is signed in, and ending it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import Session
from app.extensions import db
from app.kit import clock
from app.kit.devices import describe
from app.kit.ids import new_id
from app.platform.models import AccessEnded
from app.platform.transaction import transaction
from tests.accounts.test_sign_in import is_in
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient

REVOKE = r"/settings/sessions/[0-9a-f-]+/revoke"


def test_the_list_tells_devices_apart(app: Flask) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    signed_in(app, person)
    shown = page.get("/settings/sessions")
    assert len(shown.soup.select(".rows > li")) == 2
    assert shown.text.count("This one") == 1
    assert "127.0.0.1" in shown.text


def test_one_of_them_is_ended_from_another(app: Flask) -> None:
    person = a_person(app, "mira")
    here, there = signed_in(app, person), signed_in(app, person)
    shown = here.get("/settings/sessions")
    other = next(li for li in shown.soup.select(".rows > li") if "This one" not in li.text)
    form = shown.form(str(other.form["action"]) if other.form else None)
    here.send(form)
    assert is_in(here)
    assert not is_in(there)
    with app.app_context():
        assert db.session.scalars(select(AccessEnded.kind)).all() == ["session"]


def test_ending_this_one_is_signing_out(app: Flask) -> None:
    page = signed_in(app)
    answer = page.send(page.get("/settings/sessions").form(REVOKE))
    assert answer.response.request.path == "/login"
    assert not is_in(page)


def test_somebody_elses_is_not_found(app: Flask) -> None:
    stranger = signed_in(app)
    page = signed_in(app)
    form = page.get("/settings/sessions").form(REVOKE)
    with app.app_context():
        theirs = db.session.scalars(select(Session.id).order_by(Session.id)).first()
    for session_id in (theirs, new_id()):
        form.action = f"/settings/sessions/{session_id}/revoke"
        assert page.send(form).status == 404
    form.action = "/settings/sessions/not-an-id/revoke"
    assert page.send(form).status == 404
    assert is_in(stranger)


def test_everywhere_else_and_everywhere(app: Flask) -> None:
    person, stranger = a_person(app, "mira"), signed_in(app)
    here, there = signed_in(app, person), signed_in(app, person)
    shown = here.send(here.get("/settings/sessions").form("/settings/sessions/others"))
    assert is_in(here)
    assert not is_in(there)
    again = signed_in(app, person)
    out = here.send(shown.form("/settings/sessions/all"))
    assert out.response.request.path == "/login"
    assert not is_in(here)
    assert not is_in(again)
    assert is_in(stranger)


def test_idle_and_old_ones_end_by_themselves(app: Flask, fixed_clock: clock.FixedClock) -> None:
    person = a_person(app, "mira")
    idle, busy = signed_in(app, person), signed_in(app, person)
    for _ in range(13):
        fixed_clock.move(timedelta(days=7))
        if fixed_clock.now() and _ == 2:
            assert not is_in(idle), "unused for longer than two weeks"
        if _ < 12:
            assert is_in(busy)
    assert not is_in(busy), "older than ninety days"


def test_last_use_is_told(app: Flask, fixed_clock: clock.FixedClock) -> None:
    page = signed_in(app)
    fixed_clock.move(timedelta(hours=3))
    page.get("/settings/profile")
    with app.app_context():
        row = db.session.scalars(select(Session)).one()
    assert row.last_used_at == fixed_clock.now()
    assert row.created_at == fixed_clock.now() - timedelta(hours=3)


def test_a_hundred_of_them_are_one_question(app: Flask) -> None:
    person = a_person(app, "mira")
    pages = [signed_in(app, person) for _ in range(12)]
    assert len(pages[0].get("/settings/sessions").soup.select(".rows > li")) == 12


@pytest.mark.parametrize("path", ["/settings/sessions", "/settings/profile", "/settings/security"])
def test_strangers_are_asked_to_sign_in(page: PageClient, path: str) -> None:
    assert page.get(path).response.request.path == "/login"


def test_a_device_that_says_nothing_is_listed_too(app: Flask) -> None:
    page = signed_in(app)
    with app.app_context(), transaction():
        db.session.execute(update(Session).values(user_agent="", address=None))
    assert "An unknown device" in page.get("/settings/sessions").text


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
            "Safari on Mac",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1 CriOS/142.0 Safari/604.1",
            "Chrome on iPhone",
        ),
        ("curl/8.5.0", "An unknown device"),
        ("SomeApp/1.0 (Linux)", "A browser on Linux"),
    ],
)
def test_browsers_are_called_by_their_names(agent: str, words: str) -> None:
    assert describe(agent) == words
