"""What we sign and hand out, cookies, form tokens, tickets, links: signed well, each for its one purpose."""

import base64
from collections.abc import Callable

import pytest
from flask import Flask

from app.kit.ids import new_id
from app.notifications import unsubscribing
from app.platform.realtime import tickets
from tests.factories.people import signed_in
from tests.page_client import PageClient

SHA256_BYTES = 32


def a_cookie(app: Flask) -> str:
    page = signed_in(app)
    page.get("/settings/profile")
    kept = page.http.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert kept is not None
    return kept.value


def a_form_token(app: Flask) -> str:
    return str(PageClient(app).get("/login").form("/login").fields["csrf_token"])


def a_ticket(app: Flask) -> str:
    answer = signed_in(app).get("/live/ticket", Accept="application/json").response.json
    assert answer is not None
    return str(answer["ticket"])


def a_way_out(app: Flask) -> str:
    with app.app_context():
        return unsubscribing.address(new_id(), "news").rsplit("/", 1)[1]


MADE = [a_cookie, a_form_token, a_ticket, a_way_out]
every_kind = pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)


@every_kind
def test_a_signature_is_a_sha256_one(app: Flask, make: Callable[[Flask], str]) -> None:
    signature = make(app).rsplit(".", 1)[1]
    assert len(base64.urlsafe_b64decode(signature + "=")) == SHA256_BYTES


@every_kind
def test_one_changed_letter_makes_it_worthless(app: Flask, make: Callable[[Flask], str]) -> None:
    genuine = make(app)
    forged = ("A" if genuine[0] != "A" else "B") + genuine[1:]
    assert not any(opens(app, forged) for opens in (opens_a_page, opens_a_form, opens_a_socket, ends_mails))


@every_kind
def test_what_is_made_for_one_thing_is_good_for_nothing_else(
    app: Flask, make: Callable[[Flask], str]
) -> None:
    given = make(app)
    uses = {a_cookie: opens_a_page, a_ticket: opens_a_socket, a_way_out: ends_mails}
    others = [opens for maker, opens in uses.items() if maker is not make]
    assert not any(opens(app, given) for opens in others)
    assert not opens_a_form(app, given), "a form token is good in the browser alone that it was made for"
    if make in uses:
        assert uses[make](app, given), "else the test proves nothing"


def opens_a_page(app: Flask, given: str) -> bool:
    page = PageClient(app)
    page.http.set_cookie(app.config["SESSION_COOKIE_NAME"], given)
    return page.get("/settings/profile", follow=False).status == 200


def opens_a_form(app: Flask, given: str) -> bool:
    page = PageClient(app)
    form = page.get("/login").form("/login")
    return page.send(form, csrf_token=given, identifier="x", password="x").status != 400


def opens_a_socket(app: Flask, given: str) -> bool:
    return tickets.read(given, app.config["SECRET_KEY"]) is not None


def ends_mails(app: Flask, given: str) -> bool:
    return PageClient(app).get(f"/unsubscribe/{given}").status == 200
