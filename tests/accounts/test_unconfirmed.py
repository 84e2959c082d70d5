"""Between joining and confirming the address: nobody yet, and nobody learns whether the address was known."""

import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import jobs
from app.accounts.models import RetiredHandle, User
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord
from tests.accounts.python_wallet import PythonWallet
from tests.accounts.stored import count, stored
from tests.accounts.test_join import NEWCOMER, find, join
from tests.accounts.test_sign_in import WRONG, is_in, sign_in, without_tokens
from tests.accounts.wallet_walks import join as join_with_wallet
from tests.factories.people import a_person, signed_in
from tests.factories.post import last_letter, letters
from tests.page_client import Page, PageClient
from tests.queries import counting
from tests.support import takes_as_long

CHOSEN = NEWCOMER["password"]
KNOWN, NEW = "owner@example.test", "new@example.test"


def ask_again(page: PageClient, email: str) -> Page:
    return page.send(page.get("/verify").form("/verify"), email=email)


def link_to(app: Flask, email: str) -> str:
    return last_letter(app, email, "verify_email").path("/verify/")


def tidy(app: Flask) -> None:
    with app.app_context():
        jobs.tidy()


def test_from_a_refused_sign_in_to_another_mail_and_in(app: Flask, page: PageClient) -> None:
    join(PageClient(app), email=NEW)
    refused = sign_in(page, NEW, CHOSEN)
    assert (refused.status, is_in(page)) == (422, False)
    assert "open the link in our mail first" in refused.text
    asked = page.get(str(refused.one("main [href='/verify']")["href"]))
    sent = page.send(asked.form("/verify"), email=NEW)
    assert sent.response.request.full_path == "/verify?sent=1"
    link = link_to(app, NEW)
    confirmed = page.send(page.get(link).form(link))
    assert confirmed.response.request.path == "/login"
    assert "Now sign in" in confirmed.text
    assert sign_in(page, NEW, CHOSEN).response.request.path == "/feed"


def test_who_joined_with_a_foreign_address_learns_nothing_by_signing_in(app: Flask) -> None:
    a_person(app, "owner")
    seen = []
    for number, email in enumerate((KNOWN, NEW)):
        page = PageClient(app, f"10.3.0.{number}")
        join(page, email=email, handle=f"stranger_{number}")
        names = [email, f"stranger_{number}"] * 4  # more tries than one account has
        seen.append([(a.status, without_tokens(a)) for a in (sign_in(page, n, CHOSEN) for n in names)])
    assert seen[0] == seen[1]
    assert {status for status, _ in seen[0]} == {422}
    wrong = sign_in(PageClient(app, "10.3.1.1"), "owner", "not the password")
    assert seen[0][0][1] == without_tokens(wrong)


def test_nor_by_what_the_house_says_of_the_handle(app: Flask, page: PageClient) -> None:
    a_person(app, "owner")
    said, asked = [], []
    for handle, email in (("stranger_1", KNOWN), ("stranger_2", NEW)):
        join(PageClient(app), email=email, handle=handle)
        query = {"handle": handle}
        with counting(app) as statements:
            checked = page.http.get("/join/handle", query_string=query, headers={"HX-Request": "true"})
        assert "taken" in checked.text
        again = join(PageClient(app), email=f"third_{handle}@example.test", handle=handle)
        assert "taken" in again.errors["handle"]
        said.append((page.get(f"/@{handle}").status, again.status))
        asked.append(len(statements))
    assert said == [(404, 422), (404, 422)]
    assert asked[0] == asked[1]


def test_nor_by_the_time_that_a_sign_in_takes(app: Flask) -> None:
    join(PageClient(app), email=NEW)

    def seconds(name: str, number: int) -> float:
        page = PageClient(app, f"10.4.{number}.1")
        form = page.get("/login").form("/login")
        before = time.perf_counter()
        assert page.send(form, identifier=name, password=CHOSEN).status == 422
        return time.perf_counter() - before

    assert takes_as_long(seconds, NEW, "nobody@example.test", within=1.33)


def test_confirmed_they_are_somebody(app: Flask, page: PageClient) -> None:
    join(page, email=NEW)
    assert page.get("/@nora_b").status == 404
    link = link_to(app, NEW)
    assert "confirmed" in page.send(page.get(link).form(link)).text
    assert PageClient(app).get("/@nora_b").one("h1").get_text() == "Nora Bell"


def test_a_new_password_by_mail_confirms_the_address_too(app: Flask, page: PageClient) -> None:
    """Somebody else may have joined with it, whose password is then worth nothing."""
    join(PageClient(app), email=NEW)
    page.send(page.get("/reset").form("/reset"), email=NEW)
    link = last_letter(app, NEW, "reset_password").path("/reset/")
    page.send(page.get(link).form(link), password="seven quiet harbours")
    assert WRONG in sign_in(PageClient(app, "10.5.0.1"), NEW, CHOSEN).text
    assert sign_in(page, NEW, "seven quiet harbours").status == 200


def test_the_answer_is_the_same_for_every_address_and_the_mail_for_one(app: Flask) -> None:
    a_person(app, "owner")
    join(PageClient(app), email=NEW)
    before = len(letters(app))
    answers = [ask_again(PageClient(app), email) for email in (KNOWN, NEW, "nobody@example.test")]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert [(one.to, one.template) for one in letters(app)[before:]] == [(NEW, "verify_email")]


def test_asking_takes_as_long_for_every_address(app: Flask) -> None:
    join(PageClient(app), email=NEW)

    def seconds(email: str, number: int) -> float:
        app.extensions["fanlight.cache"].client.flushdb()
        page = PageClient(app, f"10.0.{number}.1")
        form = page.get("/verify").form("/verify")
        before = time.perf_counter()
        assert page.send(form, email=email, follow=False).status == 303
        return time.perf_counter() - before

    assert takes_as_long(seconds, NEW, "nobody@example.test", within=1.67)


def test_a_mailbox_is_not_flooded(app: Flask) -> None:
    join(PageClient(app), email=NEW)
    answers = {
        email: [ask_again(PageClient(app, f"10.0.{n}.{number}"), email).status for n in range(5)]
        for number, email in enumerate((NEW, "nobody@example.test"))
    }
    assert answers[NEW] == answers["nobody@example.test"] == [200, 200, 200, 429, 429]
    assert len(letters(app, NEW, "verify_email")) == 1 + 3


@pytest.mark.parametrize("email", ["", "nobody", "x" * 300 + "@example.test", "a@b@c"])
def test_an_address_that_is_none_is_told_beside_its_field(page: PageClient, email: str) -> None:
    assert set(ask_again(page, email).errors) == {"email"}


def test_a_double_click_sends_one(app: Flask, page: PageClient) -> None:
    join(PageClient(app), email=NEW)
    form = page.get("/verify").form("/verify")
    for _ in range(2):
        assert page.send(form, email=NEW).status == 200
    assert len(letters(app, NEW, "verify_email")) == 2


def test_after_a_week_address_and_handle_are_free_again(app: Flask, fixed_clock: FixedClock) -> None:
    a_person(app, "owner")
    join_with_wallet(PageClient(app), PythonWallet.new(), "walleted")
    join(PageClient(app), email=NEW, handle="forgetful")
    join(PageClient(app), email=KNOWN, handle="stranger")
    fixed_clock.move(timedelta(days=6, hours=23))
    tidy(app)
    for handle in ("forgetful", "stranger"):
        assert "taken" in join(PageClient(app), email="third@example.test", handle=handle).errors["handle"]
    fixed_clock.move(timedelta(hours=2))
    tidy(app)
    assert sorted(stored(app, select(User.handle))) == ["owner", "walleted"]
    assert count(app, RetiredHandle) == 0
    assert letters(app, NEW) == []
    assert "account.deleted" in stored(app, select(AuditRecord.action))
    join(PageClient(app), email="third@example.test", handle="stranger")
    page = PageClient(app)
    join(page, email=NEW, handle="forgetful")
    link = link_to(app, NEW)
    page.send(page.get(link).form(link))
    assert is_in(page)


def test_a_link_asked_for_late_ends_with_the_account(
    app: Flask, page: PageClient, fixed_clock: FixedClock
) -> None:
    join(page, email=NEW)
    fixed_clock.move(timedelta(days=6))
    ask_again(page, NEW)
    link = link_to(app, NEW)
    fixed_clock.move(timedelta(hours=23))
    assert page.get(link).status == 200
    fixed_clock.move(timedelta(hours=2))
    gone = page.get(link)
    assert gone.status == 410
    assert gone.one("main [href='/verify']")


def test_who_was_suspended_before_confirming_stays_known(
    app: Flask, page: PageClient, fixed_clock: FixedClock
) -> None:
    join(page, email=NEW)
    user = find(app, "nora_b")
    assert user is not None
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    admin.send(admin.get(f"/admin/people/{user.id}").form(".*/suspend"))
    assert WRONG in sign_in(page, NEW, CHOSEN).text
    fixed_clock.move(timedelta(days=8))
    tidy(app)
    assert find(app, "nora_b") is not None
