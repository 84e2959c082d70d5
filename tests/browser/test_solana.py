"""Paying with coins in a real browser: with the play wallet, and with a wallet of the browser."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from solders.keypair import Keypair
from solders.transaction import VersionedTransaction

from app.extensions import db
from app.invoices.operations.making import Item
from app.payments.models import Case, ChainSend
from app.payments.operations import cases
from app.platform.transaction import transaction
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.doubles.chain import ChainDouble
from tests.doubles.chain_questions import a_rich_key, send
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, shop, the_invoice
from tests.factories.people import Person, a_person
from tests.payments.coins import Purse, taking_coins

REFUSED = "The network does not answer at the moment."
LOOK = "Look at your wallet: if it says that this was sent, wait here. If it does not, try again."
WALLET = """
() => {
  const chains = ["solana:devnet"];
  const account = { address: "%s", chains, features: ["solana:signAndSendTransaction"] };
  const sends = async ({ transaction }) => {
    const signature = await window.sign_and_send([...transaction]);
    if (!signature) throw Object.assign(new Error("User rejected the request."), { code: 4001 });
    return [{ signature }];
  };
  const wallet = {
    version: "1.0.0", name: "Glow", icon: "", chains, accounts: [],
    features: {
      "standard:connect": { version: "1.0.0", connect: async () => ({ accounts: [account] }) },
      "solana:signAndSendTransaction": { version: "1.0.0", signAndSendTransaction: sends },
    },
  };
  addEventListener("wallet-standard:app-ready", ({ detail }) => detail.register(wallet));
}
"""


@pytest.fixture
def purse(app: Flask, chain: ChainDouble) -> Iterator[Purse]:
    shop(app)
    chain.finalize()
    with taking_coins(app, chain) as found:
        yield found


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "mira")


def chosen(tab: Page, app: Flask, fan: Person, coin: str = "USDC") -> UUID:
    # Of nothing that the site would have to know how to hand over.
    line = Item("Gold, a month", 499)
    invoice_id = an_invoice(app, fan, a_creator(app, "ada"), items=(line,))
    sign_in(tab, app, fan)
    tab.goto(f"/invoices/{invoice_id}")
    tab.get_by_role("button", name=f"Pay by {coin}").click()
    expect(tab.get_by_role("heading", name="Send ")).to_be_visible()
    return invoice_id


@pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
def test_the_play_wallet_pays(purse: Purse, app: Flask, open_tab: OpenTab, fan: Person, *, js: bool) -> None:
    tab = open_tab(js=js)
    invoice_id = chosen(tab, app, fan)
    tab.get_by_role("link", name="Pay with the play wallet").click()
    tab.get_by_role("button", name="Approve").click()
    tab.wait_for_url(f"**/invoices/{invoice_id}")
    purse.double.tick(2)
    purse.look()
    if not js:
        tab.reload()
    expect(tab.get_by_text("is confirmed")).to_be_visible()
    purse.settle()
    if not js:
        tab.reload()
    expect(tab.get_by_text("Thank you.")).to_be_visible()
    assert the_invoice(app, invoice_id).state == "paid"


def test_the_panel_fits_and_is_accessible(purse: Purse, app: Flask, open_tab: OpenTab, fan: Person) -> None:
    tab = open_tab()
    chosen(tab, app, fan, "SOL")
    expect(tab.locator("[data-countdown]")).to_have_text(re.compile(r"^1\d:\d\d left\.$"))
    fits_in_every_shape(tab)
    purse.double.pay(str(tab.locator('a[href^="solana:"]').get_attribute("href")))
    purse.double.tick(2)
    purse.look()
    expect(tab.get_by_text("is confirmed")).to_be_visible()
    fits_in_every_shape(tab)


@pytest.mark.parametrize("willing", [True, False], ids=["signs", "declines"])
def test_a_wallet_of_the_browser_signs_what_the_server_made(
    purse: Purse, app: Flask, open_other: OpenTab, fan: Person, *, willing: bool
) -> None:
    """On a site whose chain real wallets reach."""
    key = a_rich_key(purse.double, sol="1", usdc="50")

    def sign_and_send(transaction: list[int]) -> str:
        if not willing:
            return ""
        unsigned = VersionedTransaction.from_bytes(bytes(transaction))
        return send(purse.double, VersionedTransaction(unsigned.message, [key]))

    tab = open_other()
    tab.expose_function("sign_and_send", sign_and_send)
    tab.add_init_script(f"({WALLET % key.pubkey()})()")
    invoice_id = chosen(tab, app, fan)
    tab.get_by_role("button", name="Pay with Glow").click()
    if not willing:
        expect(tab.get_by_text("You declined in your wallet.")).to_be_visible()
        return
    # Until it is seen, it is not offered once more.
    expect(tab.get_by_text("Sent. It is seen here in a moment.")).to_be_visible()
    expect(tab.locator("[data-wallet]")).to_have_count(0)
    purse.settle()
    expect(tab.get_by_text("Thank you.")).to_be_visible()
    assert the_invoice(app, invoice_id).state == "paid"


@pytest.mark.parametrize("whose", ["the server", "the wallet"])
def test_what_went_wrong_with_a_wallet_is_told_as_it_was(
    purse: Purse, app: Flask, open_other: OpenTab, fan: Person, whose: str
) -> None:
    """Wallets that sent it also say that they could not, when they do not see it confirmed soon."""
    tab = open_other()
    tab.add_init_script(f"({WALLET % Keypair().pubkey()})()")
    answer = (409, {"detail": REFUSED}) if whose == "the server" else (200, {"transaction": "AAAA"})
    tab.route("**/transaction?**", lambda route: route.fulfill(status=answer[0], json=answer[1]))
    tab.add_init_script("window.sign_and_send = async () => { throw new Error('Not confirmed in 30 s'); }")
    chosen(tab, app, fan)
    tab.get_by_role("button", name="Pay with Glow").click()
    expect(tab.locator("[data-pay-trouble]")).to_have_text(REFUSED if whose == "the server" else LOOK)
    expect(tab.locator("[data-wallet]")).to_be_enabled()


def test_the_pages_of_what_nobody_knows_what_for_fit(app: Flask, open_tab: OpenTab) -> None:
    with app.app_context(), transaction():
        about = {"coin": "USDC", "amount": 5_000_000, "from": str(Keypair().pubkey())}
        cases.open_case("solana", "unknown_money", "a transfer", **about)
        case_id = db.session.query(Case).one().id
    tab = open_tab()
    sign_in(tab, app, a_person(app, roles=("fan", "admin")), second_factor=True)
    tab.goto(f"/admin/payments/cases/{case_id}")
    tab.get_by_role("link", name="Count it for an invoice").click()
    fits_in_every_shape(tab)
    with app.app_context(), transaction():
        about = {"kind": "return", "coin": "USDC", "amount": 5_000_000, "target": str(Keypair().pubkey())}
        db.session.add(ChainSend(id=case_id, **about))
    tab.goto(f"/admin/payments/cases/{case_id}")
    expect(tab.get_by_text("It is on its way back")).to_be_visible()
    fits_in_every_shape(tab)
