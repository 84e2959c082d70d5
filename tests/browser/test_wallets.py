"""Signing in, joining and linking with a wallet in Chromium; it really signs, with a key kept in Python."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.accounts.models import User, Wallet
from tests.accounts.second_factors import code_now, with_totp
from tests.accounts.stored import count
from tests.browser.fake_wallet import FakeWallet
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.people import a_person

TAMPERED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "domain": lambda asked: asked | {"domain": "evil.test"},
    "statement": lambda asked: asked | {"statement": "Send everything you have."},
    "address of the page": lambda asked: asked | {"uri": "https://evil.test/"},
    "version": lambda asked: asked | {"version": "2"},
    "chain": lambda asked: asked | {"chainId": "devnet"},
    "one-time number": lambda asked: asked | {"nonce": "ABCDEFGHJKMNPQRSTUVWXYZ2"},
    "time of asking": lambda asked: asked | {"issuedAt": "2020-01-01T00:00:00.000Z"},
    "end of its time": lambda asked: asked | {"expirationTime": "2999-01-01T00:00:00.000Z"},
    "form": lambda asked: asked | {"statement": asked["statement"] + "\n\nURI: https://evil.test"},
}
TELLING = ("domain", "one-time number", "form")


def use(tab: Page, wallet: FakeWallet) -> None:
    tab.get_by_role("button", name=f"Continue with {wallet.name}").click()


def link(tab: Page, wallet: FakeWallet) -> None:
    tab.goto("/settings/wallets")
    use(tab, wallet)
    expect(tab.get_by_role("listitem").filter(has_text=wallet.key.address[:4])).to_be_visible()


def linked(app: Flask, open_tab: OpenTab, wallet: FakeWallet, **options: Any) -> None:
    """Somebody who links this wallet in another browser."""
    tab = open_tab()
    wallet.install(tab)
    sign_in(tab, app, options.get("person") or a_person(app))
    link(tab, wallet)


def test_a_newcomer_joins_with_a_wallet(app: Flask, tab: Page) -> None:
    wallet = FakeWallet()
    wallet.install(tab)
    tab.goto("/login")
    tab.get_by_role("link", name="Use a Solana wallet").click()
    use(tab, wallet)
    expect(tab.get_by_role("heading", name="Nice to meet you")).to_be_visible()
    tab.get_by_label("Handle").fill("newcomer")
    tab.get_by_label("Display name").fill("A Newcomer")
    tab.get_by_label("Date of birth").fill("1990-05-17")
    tab.get_by_role("button", name="Join").click()
    expect(tab).to_have_url(re.compile(r":\d+/feed$"))
    assert count(app, User) == 1
    tab.goto("/settings/wallets")
    expect(tab.get_by_role("listitem").filter(has_text="Glow")).to_be_visible()


@pytest.mark.parametrize(
    "wallet",
    [FakeWallet(), FakeWallet(features=("solana:signMessage",)), FakeWallet(late=True)],
    ids=["signIn", "signMessage", "late"],
)
def test_somebody_known_signs_in(app: Flask, open_tab: OpenTab, wallet: FakeWallet) -> None:
    linked(app, open_tab, wallet)
    tab = open_tab(width=390)
    wallet.install(tab)
    tab.goto("/login/wallet?next=/settings/sessions")
    tab.get_by_label("Stay signed in on this device").check()
    use(tab, wallet)
    expect(tab).to_have_url(re.compile(r":\d+/settings/sessions$"))
    lasting = {cookie["name"]: cookie["expires"] for cookie in tab.context.cookies()}
    assert lasting["fanlight"] > 0


def test_who_has_a_second_factor_is_asked_for_it(app: Flask, open_tab: OpenTab) -> None:
    wallet = FakeWallet()
    linked(app, open_tab, wallet, person=with_totp(app))
    tab = open_tab()
    wallet.install(tab)
    tab.goto("/login/wallet")
    use(tab, wallet)
    tab.get_by_label("Code").fill(code_now())
    tab.get_by_role("button", name="Sign in").click()
    expect(tab).to_have_url(re.compile(r":\d+/feed$"))


def test_no_is_an_answer(app: Flask, tab: Page) -> None:
    wallet = FakeWallet(refuses=True)
    wallet.install(tab)
    tab.goto("/login/wallet")
    use(tab, wallet)
    expect(tab.get_by_role("alert")).to_have_text("You declined in your wallet. Nothing was changed.")
    expect(tab.get_by_role("button", name="Continue with Glow")).to_be_enabled()


@pytest.mark.parametrize(
    "what",
    [pytest.param(what, marks=[] if what in TELLING else pytest.mark.fault_long) for what in TAMPERED],
)
def test_a_wallet_that_signs_something_else_is_refused(app: Flask, tab: Page, what: str) -> None:
    wallet = FakeWallet(bend=TAMPERED[what])
    wallet.install(tab)
    tab.goto("/login/wallet")
    use(tab, wallet)
    expect(tab.get_by_role("alert")).to_contain_text(f"{what} differs")
    assert (count(app, User), count(app, Wallet)) == (0, 0)


def test_several_wallets_are_offered_and_linked(app: Flask, tab: Page) -> None:
    first, second = FakeWallet("Glow"), FakeWallet("Ember", features=("solana:signMessage",))
    for wallet in (first, second):
        wallet.install(tab)
    sign_in(tab, app, a_person(app))
    link(tab, first)
    link(tab, second)
    tab.get_by_role("link", name="Change Glow").click()
    tab.get_by_role("button", name="Remove this wallet").click()
    expect(tab.get_by_text("no longer opens your account")).to_be_visible()
    expect(tab.get_by_role("listitem").filter(has_text="Ember")).to_be_visible()
    assert count(app, Wallet) == 1


def test_a_wallet_confirms_who_one_is(app: Flask, tab: Page) -> None:
    wallet = FakeWallet()
    wallet.install(tab)
    sign_in(tab, app, a_person(app))
    link(tab, wallet)
    tab.goto("/login/confirm?next=/settings/security/totp")
    use(tab, wallet)
    expect(tab.get_by_role("heading", name="Authenticator app")).to_be_visible()


def test_without_a_wallet_the_page_says_what_to_do(tab: Page) -> None:
    tab.goto("/login/wallet")
    expect(tab.get_by_text("No Solana wallet found in this browser.")).to_be_visible()


@pytest.mark.parametrize("tab", [{"js": False}], indirect=True)
def test_without_scripts_the_page_says_so(tab: Page) -> None:
    tab.goto("/login/wallet")
    expect(tab.get_by_text("Wallets need JavaScript.")).to_be_visible()
