"""Coming in, joining and confirming with a Solana wallet; linking and removing wallets."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import User, Wallet
from app.extensions import db
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.accounts.page_script import PageScript, cookie_of, put_cookie
from tests.accounts.python_wallet import PythonWallet
from tests.accounts.second_factors import code_now, with_totp
from tests.accounts.stored import count, stored
from tests.accounts.wallet_walks import GROWN_UP, handle_of, join, link, login_script, sign_in
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient


def test_a_new_wallet_opens_an_account_without_email(app: Flask, page: PageClient) -> None:
    wallet = PythonWallet.new()
    assert join(page, wallet).status == 200
    assert handle_of(page) == "newcomer"
    (user,) = stored(app, select(User).where(User.handle == "newcomer"))
    assert (user.email, user.password_hash) == (None, None)
    assert stored(app, select(Wallet.user_id).where(Wallet.address == wallet.address)) == [user.id]


def test_a_known_wallet_signs_in(app: Flask, page: PageClient) -> None:
    wallet, person = PythonWallet.new(), a_person(app)
    link(signed_in(app, person), wallet)
    assert sign_in(page, wallet, next="/settings/wallets") == "/settings/wallets"
    assert handle_of(page) == person.handle


def test_signing_in_leads_nowhere_else(app: Flask, page: PageClient) -> None:
    wallet = PythonWallet.new()
    link(signed_in(app), wallet)
    assert sign_in(page, wallet, next="https://evil.test/") == "/feed"


@pytest.mark.parametrize(
    ("field", "value"), [("birth_date", "2020-01-01"), ("handle", "admin"), ("handle", "no good")]
)
def test_joining_follows_the_rules_of_the_house(app: Flask, page: PageClient, field: str, value: str) -> None:
    form = page.get(sign_in(page, PythonWallet.new())).form("/login/wallet/join")
    form.fill(handle="newcomer", display_name="A Newcomer", birth_date=GROWN_UP)
    form.fields[field] = value
    refused = page.send(form)
    assert refused.status == 422
    assert field in refused.errors
    assert count(app, User) == 0


def test_a_refused_handle_can_be_corrected(app: Flask, page: PageClient) -> None:
    form = page.get(sign_in(page, PythonWallet.new())).form("/login/wallet/join")
    page.send(form, handle="admin", display_name="A Newcomer", birth_date=GROWN_UP)
    assert page.send(form, handle="newcomer").status == 200
    assert handle_of(page) == "newcomer"


def test_a_proof_makes_one_account(app: Flask, page: PageClient) -> None:
    form = page.get(sign_in(page, PythonWallet.new())).form("/login/wallet/join")
    form.fill(display_name="A Newcomer", birth_date=GROWN_UP)
    cookie = cookie_of(page)
    page.send(form, handle="first")
    put_cookie(page, cookie)
    page.send(form, handle="second")
    assert stored(app, select(User.handle)) == ["first"]


def test_two_tabs_join_with_one_wallet_once(app: Flask) -> None:
    wallet, tabs = PythonWallet.new(), [PageClient(app), PageClient(app)]
    forms = [tab.get(sign_in(tab, wallet)).form("/login/wallet/join") for tab in tabs]
    answers = [
        tab.send(form, handle=f"tab{n}", display_name="Tab", birth_date=GROWN_UP)
        for n, (tab, form) in enumerate(zip(tabs, forms, strict=True))
    ]
    assert [answer.status for answer in answers] == [200, 409]
    assert "opens another account" in answers[1].text
    assert stored(app, select(User.handle)) == ["tab0"]


def test_the_join_page_needs_a_proof(page: PageClient) -> None:
    assert page.get("/login/wallet/join", follow=False).location == "/login/wallet"


def test_a_wallet_confirms_who_one_is(app: Flask, fixed_clock: FixedClock) -> None:
    client, wallet = signed_in(app), PythonWallet.new()
    link(client, wallet)
    fixed_clock.move(timedelta(minutes=11))
    script = PageScript(client, "/login/confirm?next=/settings/wallets", "[data-wallets]")
    answer = script.finish(wallet.answer(script.start()) | {"next": script.attributes["next"]})
    assert answer.json == {"next": "/settings/wallets"}
    link(client, PythonWallet.new())


def test_somebody_elses_wallet_confirms_nothing(app: Flask) -> None:
    client, stranger = signed_in(app), PythonWallet.new()
    link(client, PythonWallet.new())
    link(signed_in(app), stranger)
    script = PageScript(client, "/login/confirm", "[data-wallets]")
    assert script.finish(stranger.answer(script.start())).status_code == 404


@pytest.mark.parametrize("wanted", ["//evil.test", "/" + "a" * 5_000])
def test_a_strange_way_back_leads_home(app: Flask, page: PageClient, wanted: str) -> None:
    wallet = PythonWallet.new()
    link(signed_in(app, with_totp(app), second_factor=True), wallet)
    assert sign_in(page, wallet, next=wanted) == "/login/code"
    page.send(page.get("/login/code").form("/login/code"), code=code_now())
    assert page.get("/login", follow=False).location == "/feed"


def test_a_suspended_person_does_not_come_in(app: Flask, page: PageClient) -> None:
    person: Person = a_person(app)
    wallet = PythonWallet.new()
    link(signed_in(app, person), wallet)
    with app.app_context(), transaction():
        db.session.execute(update(User).values(state="suspended"))
    script = login_script(page)
    answer = script.finish(wallet.answer(script.start()))
    assert (answer.status_code, answer.json["code"]) == (403, "suspended")
