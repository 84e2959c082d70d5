"""Coming in with a password, confirming, and going."""

import time
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import Session, User
from app.extensions import db
from app.kit import clock
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.accounts.wallet_walks import handle_of
from tests.factories.people import PASSWORD, Person, a_person, signed_in
from tests.factories.post import last_letter, letters
from tests.page_client import Page, PageClient
from tests.queries import counting
from tests.support import takes_as_long

HTMX: dict[str, Any] = {"HX-Request": "true"}
WRONG = "do not go together"


def sign_in(
    page: PageClient, identifier: str, password: str = PASSWORD, *, at: str = "/login", **more: Any
) -> Page:
    return page.send(page.get(at).form("/login"), identifier=identifier, password=password, **more)


def is_in(page: PageClient) -> bool:
    return page.get("/settings/sessions", follow=False).status == 200


def change(app: Flask, person: Person, **values: object) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.id == person.id).values(**values))


@pytest.mark.parametrize("identifier", ["mira", "MIRA", "@mira", "mira@example.test", " Mira@Example.Test "])
def test_handle_and_address_both_open(app: Flask, page: PageClient, identifier: str) -> None:
    a_person(app, "mira")
    answer = sign_in(page, identifier)
    assert answer.status == 200
    assert answer.response.request.path == "/feed"
    assert is_in(page)


def test_one_comes_back_to_where_one_was(app: Flask, page: PageClient) -> None:
    a_person(app, "mira")
    asked = page.get("/settings/sessions")
    assert asked.response.request.path == "/login"
    assert "come back" in asked.text
    answer = page.send(asked.form("/login"), identifier="mira", password=PASSWORD)
    assert answer.response.request.path == "/settings/sessions"


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(app: Flask, page: PageClient, target: str) -> None:
    a_person(app, "mira")
    form = page.get("/login").form("/login").fill(identifier="mira", password=PASSWORD)
    form.action = f"/login?next={target}"
    assert page.send(form, follow=False).location.endswith("/feed")


def test_unknown_and_known_read_the_same(app: Flask) -> None:
    a_person(app, "mira")
    left = a_person(app, "left")
    change(app, left, state="deleted")
    pages = [
        sign_in(PageClient(app, f"10.0.0.{number}"), name, "not the password")
        for number, name in enumerate(("mira", "nobody", "mira@example.test", "no@example.test", "left"))
    ]
    assert {page.status for page in pages} == {422}
    assert all(WRONG in page.text for page in pages)
    assert len({without_tokens(page) for page in pages}) == 1
    wordless_password = sign_in(PageClient(app, "10.0.0.9"), "left")
    assert without_tokens(wordless_password) == without_tokens(pages[0])


def without_tokens(page: Page) -> str:
    for field in page.soup.select("[name=csrf_token], [name=idempotency_key], [name=identifier]"):
        field["value"] = ""
    for scripted in page.soup.select("[data-csrf]"):
        scripted["data-csrf"] = ""
    return str(page.one("main"))


def test_unknown_and_known_take_as_long(app: Flask) -> None:
    a_person(app, "mira")

    def seconds(name: str, number: int) -> float:
        page = PageClient(app, f"10.0.{number}.1")
        form = page.get("/login").form("/login")
        before = time.perf_counter()
        page.send(form, identifier=name, password="not the password")
        return time.perf_counter() - before

    assert takes_as_long(seconds, "mira", "nobody", within=1.33)


def test_five_failures_close_the_account_for_this_address_only(app: Flask) -> None:
    a_person(app, "mira")
    attacker = PageClient(app, "10.1.0.1")
    for _ in range(5):
        assert sign_in(attacker, "mira", "a guess").status == 422
    closed = sign_in(attacker, "mira")
    assert closed.status == 429
    assert int(closed.response.headers["Retry-After"]) > 0
    assert "Try again in" in closed.text
    assert sign_in(PageClient(app, "10.1.0.2"), "mira").status == 200


def test_handle_and_address_share_their_tries(app: Flask) -> None:
    a_person(app, "mira")
    page = PageClient(app, "10.1.0.3")
    for number in range(5):
        sign_in(page, ("mira", "mira@example.test")[number % 2], "a guess")
    assert sign_in(page, "mira").status == 429


def test_a_failure_is_on_record_without_what_was_typed(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    sign_in(page, "mira", "oops my other password")
    sign_in(page, "my password by mistake", "x")
    with app.app_context():
        rows = db.session.scalars(
            select(AuditRecord).where(AuditRecord.action == Action.SIGN_IN_FAILED).order_by(AuditRecord.id)
        ).all()
    assert [row.subject_id for row in rows] == [str(person.id), "unknown"]
    assert not any("mistake" in str(row.personal) or "other" in str(row.personal) for row in rows)


def test_the_suspended_learn_it_only_with_the_right_password(app: Flask) -> None:
    change(app, a_person(app, "mira"), state="suspended")
    assert WRONG in sign_in(PageClient(app), "mira", "not it").text
    told = sign_in(PageClient(app), "mira")
    assert told.status == 403
    assert "suspended" in told.text


def test_an_old_hash_is_renewed(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    change(app, person, password_hash=weak)
    assert sign_in(page, "mira").status == 200
    with app.app_context():
        stored = db.session.get_one(User, person.id).password_hash
    assert stored and "m=19456,t=2,p=1" in stored
    assert sign_in(PageClient(app), "mira").status == 200


def test_accents_may_be_composed_by_any_keyboard(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    settings = signed_in(app, person)
    form = settings.get("/settings/security").form("/settings/security/password")
    settings.send(form, current_password=PASSWORD, new_password="caf\u00e9 at midnight")
    assert sign_in(page, "mira", "cafe\u0301 at midnight").status == 200


def test_only_a_second_browser_is_told_of(app: Flask) -> None:
    person = a_person(app, "mira")
    first = PageClient(app)
    sign_in(first, "mira")
    first.send(first.get("/settings/profile").form("/logout"))
    sign_in(first, "mira")
    assert letters(app, person.email) == []
    sign_in(PageClient(app, "10.2.0.1"), "mira")
    letter = last_letter(app, person.email, "new_device")
    assert "Firefox on Linux" in letter.text
    assert "10.2.0.1" in letter.text


def test_nothing_planted_before_survives_signing_in(app: Flask, page: PageClient) -> None:
    a_person(app, "mira")
    page.get("/login")
    with page.http.session_transaction() as cookie:
        cookie["planted"] = "yes"
        token = cookie["csrf_token"]
    sign_in(page, "mira")
    with page.http.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != token


@pytest.mark.parametrize(("remember", "days"), [("y", 90), ("", 1)])
def test_remember_decides_how_long(app: Flask, page: PageClient, remember: str, days: int) -> None:
    person = a_person(app, "mira")
    form = page.get("/login").form("/login")
    answer = page.send(form, follow=False, identifier="mira", password=PASSWORD, remember=remember)
    kept = "Expires=" in next(c for c in answer.response.headers.getlist("Set-Cookie") if "fanlight=" in c)
    assert kept is bool(remember)
    with app.app_context():
        row = db.session.scalars(select(Session).where(Session.user_id == person.id)).one()
    assert timedelta(days=days) - timedelta(minutes=1) < row.expires_at - clock.now() <= timedelta(days=days)


@pytest.mark.parametrize("address", ["/login", "/join"])
def test_who_is_in_is_sent_on(app: Flask, address: str) -> None:
    page = signed_in(app)
    assert page.get(address).response.request.path == "/feed"


@pytest.mark.parametrize(
    ("opened", "lands"),
    [
        ("/login", "/feed"),
        ("/login?next=/settings/sessions", "/settings/sessions"),
        ("/login?next=https://evil.test/", "/feed"),
        ("/login?next=//evil.test", "/feed"),
        ("/join", "/feed"),
    ],
)
def test_the_form_of_a_second_tab_sends_on_who_is_in_by_now(
    app: Flask, page: PageClient, opened: str, lands: str
) -> None:
    a_person(app, "mira"), a_person(app, "other")
    second_tab = page.get(opened).form("/(login|join)").fill(identifier="other", password=PASSWORD)
    sign_in(page, "mira")
    sent = page.send(second_tab, follow=False)
    assert (sent.status, sent.location) == (303, lands)
    assert handle_of(page) == "mira"
    scripted = page.post(second_tab.action, second_tab.fields, **HTMX)
    assert scripted.response.headers["HX-Redirect"] == lands


def test_another_form_of_an_old_tab_is_still_refused(app: Flask, page: PageClient) -> None:
    a_person(app, "mira")
    second_tab = page.get("/login").form("/login")
    sign_in(page, "mira")
    second_tab.action = "/settings/profile"
    assert page.send(second_tab, display_name="Overwritten", avatar_hue="1").status == 400
    assert "Overwritten" not in page.get("/settings/profile").html


def test_an_ended_session_says_why(page: PageClient) -> None:
    assert "You were signed out" in page.get("/login?ended=1").text


def test_a_browser_that_heard_of_its_end_before_this_process_is_let_to_the_door(app: Flask) -> None:
    page = signed_in(app, a_person(app))
    assert page.get("/settings/profile").status == 200
    with app.app_context(), transaction():
        db.session.execute(update(Session).values(ended_at=clock.now()))
    assert page.get("/login", follow=False).status == 303
    assert "You were signed out" in page.get("/login?ended=1", follow=False).text
    assert page.get("/settings/profile", follow=False).status == 303


def test_signing_out_ends_the_session_and_twice_does_no_harm(app: Flask) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    form = page.get("/settings/profile").form("/logout")
    with page.http.session_transaction() as cookie:
        stolen = dict(cookie)
    out = page.send(form)
    assert out.response.request.path == "/login"
    assert "signed out" in out.text
    thief = PageClient(app)
    with thief.http.session_transaction() as cookie:
        cookie.update(stolen)
    assert not is_in(thief)
    assert thief.send(form).status == 200


def test_htmx_gets_the_form_and_is_sent_on(app: Flask, page: PageClient) -> None:
    a_person(app, "mira")
    form = page.get("/login").form("/login").fill(identifier="mira", password="wrong")
    wrong = page.post("/login", form.fields, **HTMX)
    assert wrong.status == 422
    assert "<html" not in wrong.html
    right = page.post("/login", form.fill(password=PASSWORD).fields, **HTMX)
    assert right.response.headers["HX-Redirect"] == "/feed"


def test_a_form_from_elsewhere_is_refused(app: Flask, page: PageClient) -> None:
    a_person(app, "mira")
    form = page.get("/login").form("/login").fill(identifier="mira", password=PASSWORD)
    assert page.post("/login", form.fields, Origin="https://evil.test").status == 400
    assert page.post("/login", form.without("csrf_token").fields).status == 400
    assert not is_in(page)


@pytest.mark.parametrize("text", ["", " ", "@", "a@b@c", "x" * 5_000, "\U0001f98a", "%00", "' or 1=1 --"])
def test_any_identifier_is_answered_in_words(app: Flask, page: PageClient, text: str) -> None:
    assert sign_in(page, text, "x" * 5_000).status == 422


def test_the_login_page_asks_the_database_nothing_about_people(app: Flask, page: PageClient) -> None:
    page.get("/login")
    with counting(app) as sent:
        page.get("/login")
    assert sent == []


def test_confirming_opens_the_sensitive_part_under_a_fresh_token(
    app: Flask, fixed_clock: clock.FixedClock
) -> None:
    page = signed_in(app, a_person(app, "mira"))
    fixed_clock.move(timedelta(minutes=11))
    stale = page.get("/settings/security")
    assert not stale.has_form("/settings/security/password")
    with page.http.session_transaction() as cookie:
        before = dict(cookie)
    asked = page.get("/login/confirm?next=/settings/security")
    wrong = page.send(asked.form("/login/confirm"), password="not it")
    assert wrong.errors == {"password": "That is not your current password."}
    right = page.send(wrong.form("/login/confirm"), password=PASSWORD)
    assert right.response.request.path == "/settings/security"
    assert right.has_form("/settings/security/password")
    old = PageClient(app)
    with old.http.session_transaction() as cookie:
        cookie.update(before)
    assert not is_in(old)


def test_confirming_by_guessing_is_limited(app: Flask) -> None:
    page = signed_in(app, a_person(app, "mira"))
    form = page.get("/login/confirm").form("/login/confirm")
    for _ in range(5):
        assert page.send(form, password="a guess").status == 422
    assert page.send(form, password=PASSWORD).status == 429


def test_a_stale_form_leads_to_confirming(app: Flask, fixed_clock: clock.FixedClock) -> None:
    page = signed_in(app, a_person(app, "mira"))
    form = page.get("/settings/security").form("/settings/security/password")
    fixed_clock.move(timedelta(minutes=11))
    answer = page.send(form, current_password=PASSWORD, new_password="a brand new one")
    assert answer.response.request.path == "/login/confirm"


def test_what_another_tab_holds_is_still_taken_after_one_confirmed(
    app: Flask, fixed_clock: clock.FixedClock
) -> None:
    page = signed_in(app, a_person(app, "mira"))
    written = page.get("/settings/profile").form("/settings/profile")
    fixed_clock.move(timedelta(minutes=11))
    page.send(page.get("/login/confirm").form("/login/confirm"), password=PASSWORD)
    assert page.send(written, bio="Typed for an hour").status == 200
    assert "Typed for an hour" in page.get("/settings/profile").html


def test_a_form_from_before_signing_in_is_not_taken(app: Flask, page: PageClient) -> None:
    a_person(app, "mira")
    planted = page.get("/login").form("/login").fields["csrf_token"]
    sign_in(page, "mira")
    form = page.get("/settings/profile").form("/settings/profile")
    assert page.send(form, csrf_token=planted).status == 400
