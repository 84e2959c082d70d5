"""A forgotten password, a changed one, a first one."""

import threading
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts import queries
from app.accounts.models import EmailLink, User
from app.accounts.operations import email_links
from app.accounts.operations.email_links import Purpose
from app.extensions import db
from app.kit import clock
from app.platform import work
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.accounts.second_factors import code_now, first_step, with_totp
from tests.accounts.stored import somebody_waits, unseen_end
from tests.accounts.test_sign_in import is_in, sign_in
from tests.factories.people import PASSWORD, Person, a_person, signed_in
from tests.factories.post import last_letter, letters
from tests.page_client import Page, PageClient
from tests.support import eventually, takes_as_long

NEW = "seven quiet harbours"


def ask(page: PageClient, email: str) -> Page:
    return page.send(page.get("/reset").form("/reset"), email=email)


def link_for(app: Flask, person: Person) -> str:
    ask(PageClient(app), person.email)
    return last_letter(app, person.email, "reset_password").path("/reset/")


def choose(page: PageClient, link: str, password: str = NEW) -> Page:
    return page.send(page.get(link).form(link), password=password)


def test_a_new_password_opens_the_door_and_shuts_it_for_all_others(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    elsewhere = signed_in(app, person)
    answer = choose(page, link_for(app, person))
    assert answer.response.request.path == "/login"
    assert "new password is set" in answer.text
    assert not is_in(page), "the second factor may not be walked around"
    assert not is_in(elsewhere)
    assert sign_in(PageClient(app), "mira").status == 422
    assert sign_in(page, "mira", NEW).status == 200
    assert last_letter(app, person.email, "password_changed")


def test_the_answer_is_the_same_for_every_address(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    known, unknown = ask(page, person.email), ask(PageClient(app), "nobody@example.test")
    assert known.text == unknown.text
    assert [letter.to for letter in letters(app, template="reset_password")] == [person.email]


def test_asking_takes_as_long_for_every_address(app: Flask) -> None:
    a_person(app, "mira")

    def seconds(name: str, number: int) -> float:
        app.extensions["fanlight.cache"].client.flushdb()
        page = PageClient(app, f"10.0.{number}.1")
        form = page.get("/reset").form("/reset")
        before = time.perf_counter()
        assert page.send(form, email=f"{name}@example.test", follow=False).status == 303
        return time.perf_counter() - before

    assert takes_as_long(seconds, "mira", "nobody", within=1.67)


def test_a_link_that_is_followed_while_the_password_changes_is_void_and_nobody_waits_in_a_circle(
    app: Flask, page: PageClient
) -> None:
    person = a_person(app, "mira")
    link = link_for(app, person)
    form = page.get(link).form(link).fill(password=NEW)
    answers: list[Page] = []
    following = threading.Thread(target=lambda: answers.append(page.send(form)))
    with app.app_context():
        with transaction():
            queries.lock_user(person.id)
            following.start()
            eventually(somebody_waits)
            email_links.void(person.id, Purpose.RESET)
        following.join()
    assert answers[0].status < 500
    assert sign_in(PageClient(app), "mira", NEW).status == 422


def test_a_link_that_is_followed_while_another_is_made_does_not_wait_in_a_circle(app: Flask) -> None:
    person = a_person(app, "mira")
    link_for(app, person)
    ask(PageClient(app), person.email)

    def make_another() -> None:
        with app.app_context():
            work.drain()

    worker = threading.Thread(target=make_another)
    with app.app_context(), transaction():
        queries.lock_user(person.id)
        worker.start()
        eventually(somebody_waits)
        # What whoever follows the link asks for next: nobody holds it who waits for them.
        db.session.execute(select(EmailLink).with_for_update(nowait=True))
    worker.join()
    assert len(letters(app, person.email, "reset_password")) == 2


def test_a_link_works_once_for_an_hour_and_the_newest_only(
    app: Flask, page: PageClient, fixed_clock: clock.FixedClock
) -> None:
    person = a_person(app, "mira")
    first = link_for(app, person)
    fixed_clock.move(timedelta(minutes=1))
    second = link_for(app, person)
    assert page.get(first).status == 410
    form = page.get(second).form(second)
    assert choose(page, second).status == 200
    form.fill(idempotency_key="another-click-entirely")
    assert page.send(form, password="something else").status == 410
    fixed_clock.move(timedelta(minutes=1))
    third = link_for(app, person)
    fixed_clock.move(timedelta(hours=1, seconds=1))
    assert page.get(third).status == 410


@pytest.mark.parametrize("token", ["x", "\u00fc" * 40, "%00", "..%2f..", "a" * 3_000])
def test_any_token_is_answered(page: PageClient, token: str) -> None:
    assert page.get(f"/reset/{token}").status in {400, 404, 410}
    assert page.get(f"/verify/{token}").status in {400, 404, 410}


def test_a_weak_password_keeps_the_link(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mirabel")
    link = link_for(app, person)
    assert "attackers" in choose(page, link, "password1").errors["password"]
    assert "handle" in choose(page, link, "Mirabel is great").errors["password"]
    assert choose(page, link).status == 200


def test_the_suspended_get_no_link(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    with app.app_context(), transaction():
        db.session.execute(update(User).values(state="suspended"))
    assert ask(page, person.email).status == 200
    assert letters(app) == []


def test_a_mailbox_is_not_flooded(app: Flask) -> None:
    person = a_person(app, "mira")
    answers = [ask(PageClient(app, f"10.0.0.{n}"), person.email).status for n in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    strangers = [ask(PageClient(app, f"10.0.1.{n}"), "nobody@example.test").status for n in range(5)]
    assert strangers == answers
    assert len(letters(app, person.email)) == 3


def test_changing_it_keeps_this_device_and_ends_the_others(app: Flask) -> None:
    person = a_person(app, "mira")
    here, elsewhere = signed_in(app, person), signed_in(app, person)
    security = here.get("/settings/security")
    wrong = here.send(
        security.form("/settings/security/password"), current_password="not it", new_password=NEW
    )
    assert wrong.errors == {"current_password": "That is not your current password."}
    assert is_in(elsewhere)
    weak = here.send(
        security.form("/settings/security/password"), current_password=PASSWORD, new_password="password1"
    )
    assert "attackers" in weak.errors["new_password"]
    done = here.send(
        security.form("/settings/security/password"), current_password=PASSWORD, new_password=NEW
    )
    assert "Your password is changed" in done.text
    assert is_in(here)
    assert not is_in(elsewhere)
    assert last_letter(app, person.email, "password_changed")
    assert sign_in(PageClient(app), "mira", NEW).status == 200


def test_a_reset_link_dies_with_a_change(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    link = link_for(app, person)
    here = signed_in(app, person)
    form = here.get("/settings/security").form("/settings/security/password")
    here.send(form, current_password=PASSWORD, new_password=NEW)
    assert page.get(link).status == 410


def test_whoever_came_with_a_wallet_sets_a_first_one(app: Flask) -> None:
    person = a_person(app, "mira")
    with app.app_context(), transaction():
        db.session.execute(update(User).values(password_hash=None, email=None, email_verified_at=None))
    page = signed_in(app, person)
    security = page.get("/settings/security")
    assert not security.has_form("/settings/security/password")
    assert "no e-mail address" in security.text
    done = page.send(security.form("/settings/security/password/first"), new_password=NEW)
    assert "password is set" in done.text
    assert done.has_form("/settings/security/password")
    assert sign_in(PageClient(app), "mira", NEW).status == 200
    # Once there is one, the old one has to be shown.
    form = security.form("/settings/security/password/first").fill(idempotency_key="a-second-try-at-it")
    assert page.send(form, new_password="thief wants in").status == 422


def test_a_first_step_with_the_old_password_is_void(app: Flask) -> None:
    """Half signed in counts as signed in: it ends with the rest."""
    person, thief = with_totp(app), PageClient(app)
    assert first_step(thief, person).title.startswith("Second step")
    form = thief.get("/login/code").form("/login/code")
    choose(PageClient(app), link_for(app, person))
    assert thief.send(form, code=code_now()).response.request.path == "/login"
    assert not is_in(thief)


def test_what_happened_is_on_record(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    choose(page, link_for(app, person))
    with app.app_context():
        actions = set(db.session.scalars(select(AuditRecord.action)))
    assert {Action.PASSWORD_RESET_ASKED, Action.PASSWORD_RESET, Action.SESSIONS_REVOKED} <= actions


def test_a_session_that_was_just_ended_sets_no_password(app: Flask) -> None:
    person = a_person(app, "mira")
    thief = signed_in(app, person)
    form = thief.get("/settings/security").form("/settings/security/password")
    unseen_end(app, person)
    answer = thief.send(form, follow=False, current_password=PASSWORD, new_password=NEW)
    assert answer.location.startswith("/login")
    shown = thief.get(answer.location)
    assert shown.response.request.path == "/login" and "is changed" not in shown.text
    assert sign_in(PageClient(app), "mira", PASSWORD).status == 200


def test_nor_does_it_once_the_account_is_taken_back(app: Flask) -> None:
    person = a_person(app, "mira")
    thief = signed_in(app, person)
    form = thief.get("/settings/security").form("/settings/security/password")
    form.action += "/first"
    unseen_end(app, person)
    with app.app_context(), transaction():
        db.session.execute(update(User).values(password_hash=None))
    assert thief.send(form, follow=False, new_password=NEW).location.startswith("/login")
    assert sign_in(PageClient(app), "mira", NEW).status == 422
