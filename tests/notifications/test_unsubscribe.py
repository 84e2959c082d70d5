"""The way out at the foot of a mail: one click, signed in or not, however late."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.accounts.models import User
from app.extensions import db
from app.kit.ids import new_id
from app.notifications import kinds, unsubscribing
from app.notifications.kinds import Channel, Default, Kind
from app.notifications.queries import wants
from app.platform.mail import smtp
from app.platform.mail.rendering import render
from app.platform.settings import settings
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person
from tests.page_client import PageClient

LINK = {"link": "https://house.test/somewhere"}


@pytest.fixture(autouse=True)
def digest(app: Flask) -> Iterator[None]:
    kinds.register(app, Kind("digest", "Your week", "On Mondays.", {Channel.MAIL: Default.ON}))
    yield
    del app.extensions[kinds.KEY]["digest"]


def path_for(app: Flask, person: Person, kind: str = "digest") -> str:
    with app.app_context():
        base = app.extensions["fanlight.settings"].base_url
        return unsubscribing.address(person.id, kind).removeprefix(base)


def wanted(app: Flask, person: Person) -> bool:
    with app.app_context():
        return wants(person.id, "digest", Channel.MAIL)


def test_opening_the_link_changes_nothing_and_the_button_does(app: Flask, page: PageClient) -> None:
    person = a_person(app)
    opened = page.get(path_for(app, person))
    assert "Your week" in opened.text
    assert wanted(app, person)
    done = page.send(opened.form())
    assert done.status == 200
    assert "no more mail" in done.text
    assert not wanted(app, person)


def test_a_mail_program_does_it_in_one_request(app: Flask) -> None:
    """RFC 8058: a bare POST, without cookie, token or page."""
    person = a_person(app)
    answer = app.test_client().post(path_for(app, person), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert not wanted(app, person)


def test_the_headers_of_a_mail_name_that_address(app: Flask) -> None:
    person = a_person(app)
    with app.app_context():
        stop = unsubscribing.address(person.id, "digest")
        rendered = render(
            "card_ends", dict.fromkeys(("name", "card", "until", "what"), "x") | LINK | {"stop": stop}
        )
        message = smtp.compose(smtp.Letter(new_id(), person.email, rendered), settings())
        plain = smtp.compose(
            smtp.Letter(new_id(), person.email, render("welcome", {"name": "x"} | LINK)), settings()
        )
    assert message["List-Unsubscribe"] == f"<{stop}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert plain["List-Unsubscribe"] is None, "nobody can switch it off"


def test_twice_is_as_once(app: Flask) -> None:
    person = a_person(app)
    path = path_for(app, person)
    assert [app.test_client().post(path).status_code for _ in range(2)] == [200, 200]
    assert not wanted(app, person)


def test_it_speaks_for_nobody_else(app: Flask) -> None:
    person, other = a_person(app), a_person(app)
    app.test_client().post(path_for(app, person))
    assert wanted(app, other)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_we_did_not_sign_is_not_there(app: Flask, method: str) -> None:
    path = path_for(app, a_person(app))
    for bad in (path[:-2], path + "x", "/unsubscribe/nonsense", "/unsubscribe/" + "A" * 3_000):
        assert app.test_client().open(bad, method=method).status_code == 404


def test_mails_for_the_safety_of_the_account_cannot_be_ended_so(app: Flask) -> None:
    path = path_for(app, a_person(app), "security")
    assert app.test_client().get(path).status_code == 404
    assert app.test_client().post(path).status_code == 404


def test_the_link_of_somebody_who_left_still_answers_and_keeps_nothing(app: Flask) -> None:
    person = a_person(app)
    path = path_for(app, person)
    with app.app_context(), transaction():
        db.session.get_one(User, person.id).state = "deleted"
    assert app.test_client().post(path).status_code == 200
    assert wanted(app, person), "nothing was stored"
