"""The second step of signing in: a code of the authenticator app."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import queries
from app.accounts.models import Session
from app.accounts.operations import sessions
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.accounts.code_walks import is_in, type_code
from tests.accounts.second_factors import code_now, first_step, with_totp, wrong_code
from tests.accounts.stored import somebody_waits, stored
from tests.factories.people import PASSWORD, signed_in
from tests.page_client import Page, PageClient
from tests.support import eventually


def test_signing_in_asks_for_a_code(app: Flask, page: PageClient) -> None:
    person = with_totp(app)
    asked = first_step(page, person)
    assert asked.one("input[name=code]")["autocomplete"] == "one-time-code"
    assert asked.one("input[name=code]")["inputmode"] == "numeric"
    assert not is_in(page)
    type_code(page, code_now())
    assert is_in(page)
    assert stored(app, select(Session.second_factor)) == [True]


def test_after_the_code_one_is_where_one_wanted_to_be(app: Flask, page: PageClient) -> None:
    first_step(page, with_totp(app), next="/settings/sessions")
    assert "Sessions" in type_code(page, code_now()).title


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}{1} ", "{0}\u00a0{1}"])
def test_spaces_in_a_code_do_not_matter(app: Flask, page: PageClient, typed: str) -> None:
    first_step(page, with_totp(app))
    code = code_now()
    type_code(page, typed.format(code[:3], code[3:]))
    assert is_in(page)


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_step(
    app: Flask, page: PageClient, fixed_clock: FixedClock, steps: int, fits: bool
) -> None:
    first_step(page, with_totp(app))
    type_code(page, code_now(steps))
    assert is_in(page) is fits


def test_a_code_counts_once(app: Flask, page: PageClient, fixed_clock: FixedClock) -> None:
    person, code, other = with_totp(app), code_now(), PageClient(app)
    first_step(page, person)
    type_code(page, code)
    first_step(other, person)
    assert set(type_code(other, code).errors) == {"code"}
    assert set(type_code(other, code_now(-1)).errors) == {"code"}
    type_code(other, code_now(1))
    assert is_in(other)


def test_a_clock_that_was_ahead_locks_nobody_out(
    app: Flask, page: PageClient, fixed_clock: FixedClock
) -> None:
    person, other = with_totp(app), PageClient(app)
    fixed_clock.move(timedelta(days=30))
    first_step(page, person)
    type_code(page, code_now())
    assert is_in(page)
    fixed_clock.move(-timedelta(days=30))
    first_step(other, person)
    code = code_now()
    type_code(other, code)
    assert is_in(other)
    first_step(again := PageClient(app), person)
    assert set(type_code(again, code).errors) == {"code"}


def test_a_code_counts_once_also_at_the_same_moment(app: Flask, fixed_clock: FixedClock) -> None:
    person, code = with_totp(app), code_now()
    browsers = [PageClient(app) for _ in range(4)]
    forms = [first_step(browser, person).form("/login/code").fill(code=code) for browser in browsers]
    both = [
        threading.Thread(target=browser.send, args=(form,), kwargs={"follow": False})
        for browser, form in zip(browsers, forms, strict=True)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert [is_in(browser) for browser in browsers].count(True) == 1


def test_a_code_that_comes_while_all_sessions_end_is_refused_and_nobody_waits_in_a_circle(
    app: Flask, page: PageClient
) -> None:
    person = with_totp(app)
    form = first_step(page, person).form("/login/code").fill(code=code_now())
    answers: list[Page] = []
    typing = threading.Thread(target=lambda: answers.append(page.send(form, follow=False)))
    with app.app_context():
        with transaction():
            queries.lock_user(person.id)
            typing.start()
            eventually(somebody_waits)
            sessions.end_all(person.id, because="password changed")
        typing.join()
    assert answers[0].location == "/login"
    assert not is_in(page)


def test_after_five_wrong_codes_one_starts_again(app: Flask, page: PageClient) -> None:
    person = with_totp(app)
    first_step(page, person)
    for _ in range(4):
        assert type_code(page, wrong_code()).status == 422
    over = type_code(page, wrong_code())
    assert "Sign in again" in over.text
    assert over.has_form("/login")
    assert page.get("/login/code", follow=False).location == "/login"


def test_wrong_codes_are_counted_over_several_sign_ins(app: Flask, page: PageClient) -> None:
    person = with_totp(app)
    for _ in range(5):
        first_step(page, person)
        type_code(page, wrong_code())
    first_step(page, person)
    refused = type_code(page, code_now())
    assert refused.status == 429
    assert refused.response.headers["Retry-After"]
    assert not is_in(page)


def test_somebody_elsewhere_does_not_lock_the_owner_out(app: Flask, page: PageClient) -> None:
    person, attacker = with_totp(app), PageClient(app, address="203.0.113.7")
    for _ in range(6):
        first_step(attacker, person)
        type_code(attacker, wrong_code())
    first_step(page, person)
    type_code(page, code_now())
    assert is_in(page)


def test_the_first_step_is_good_for_ten_minutes(
    app: Flask, page: PageClient, fixed_clock: FixedClock
) -> None:
    first_step(page, with_totp(app))
    form = page.get("/login/code").form("/login/code")
    fixed_clock.move(timedelta(minutes=10, seconds=1))
    assert "took too long" in page.send(form, code=code_now()).text
    assert not is_in(page)


def test_without_a_first_step_there_is_no_second(page: PageClient) -> None:
    assert page.get("/login/code", follow=False).location == "/login"


def test_a_failed_code_is_on_record(app: Flask, page: PageClient) -> None:
    first_step(page, with_totp(app))
    type_code(page, wrong_code())
    actions = stored(app, select(AuditRecord.action))
    assert "session.sign_in_failed" in actions
    assert "session.second_factor_asked" in actions


@pytest.mark.parametrize("code", ["", "éééééé", "١٢٣٤٥٦", "9" * 5_000, "<b>", "12345"])
def test_nonsense_is_refused_in_words(app: Flask, page: PageClient, code: str) -> None:
    first_step(page, with_totp(app))
    refused = type_code(page, code)
    assert (refused.status, set(refused.errors)) == (422, {"code"})


def test_the_password_alone_does_not_confirm_who_has_a_second_factor(app: Flask) -> None:
    person = with_totp(app)
    page = signed_in(app, person, second_factor=True)
    form = page.get("/login/confirm?next=/settings/profile").form("/login/confirm")
    for code in ("", wrong_code()):
        refused = page.send(form, password=PASSWORD, code=code)
        assert refused.status == 422
        assert list(refused.errors) == ["code"]
    let_in = page.send(form, password=PASSWORD, code=code_now())
    assert let_in.response.request.path == "/settings/profile"


def test_guessing_codes_while_confirming_is_limited(app: Flask) -> None:
    person = with_totp(app)
    page = signed_in(app, person, second_factor=True)
    form = page.get("/login/confirm").form("/login/confirm")
    for _ in range(5):
        assert page.send(form, password=PASSWORD, code=wrong_code()).status == 422
    assert page.send(form, password=PASSWORD, code=code_now()).status == 429
