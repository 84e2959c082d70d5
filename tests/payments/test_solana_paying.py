"""Paying with coins, from the choice to the end."""

from base64 import b64decode
from datetime import timedelta

import pytest
from flask import Flask
from solders.keypair import Keypair
from solders.transaction import VersionedTransaction

from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.payments.operations import switching
from app.payments.solana import jobs
from app.platform.transaction import transaction
from tests.doubles.chain_questions import a_rich_key, send
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.payments.coins import LAMPORTS, UNITS, Purse, coin_form, link_on, offered, taking_coins


@pytest.mark.parametrize(
    ("coin", "units"), [("USDC", 5 * UNITS), ("SOL", -(-5 * LAMPORTS // 150))], ids=["USDC", "SOL"]
)
def test_an_invoice_is_paid_with_either_coin(
    app: Flask, purse: Purse, page: PageClient, fan: Person, coin: str, units: int
) -> None:
    creator = a_creator(app, "ada")
    invoice_id = an_invoice(app, fan, creator, total=500)
    before = purse.booked(Kind.CHAIN_HOT, coin)
    purse.pay(page, invoice_id, coin)
    assert the_invoice(app, invoice_id).state == "paid"
    assert purse.payments(invoice_id) == [(500, units, coin)]
    assert purse.booked(Kind.CHAIN_HOT, coin) - before == units
    assert "Paid" in page.get(f"/invoices/{invoice_id}").text
    purse.assert_square()
    assert purse.cases() == []


def test_the_page_says_exactly_what_to_send(purse: Purse, app: Flask, page: PageClient, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=499)
    here = purse.choose(page, invoice_id)
    attempt = purse.attempt(invoice_id)
    assert "4.99 USDC" in here.text and str(purse.wallet) in here.text and attempt.id.hex[-12:] in here.text
    link = link_on(here)
    assert link.startswith(f"solana:{purse.wallet}?amount=4.99&spl-token={purse.double.usdc}&reference=")
    assert str(here.one(".qr img")["src"]).startswith("data:image/svg+xml")
    play = str(here.one('a[href*="/wallet?"]')["href"])
    assert play.startswith(f"{purse.double.url}/wallet?uri=solana%3A")


def test_the_attempt_says_at_which_rate(purse: Purse, app: Flask, page: PageClient, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=100)
    purse.choose(page, invoice_id, "SOL")
    attempt = purse.attempt(invoice_id)
    assert (attempt.rate, attempt.rate_source) == ("150", "fixed")
    # A hundred and fiftieth of a SOL, rounded up.
    assert (attempt.rail_amount, attempt.rail_currency) == (6_666_667, "SOL")
    assert attempt.data["rate_at"]


def test_choosing_again_is_the_same_choice_and_another_coin_another(
    purse: Purse, app: Flask, page: PageClient, fan: Person
) -> None:
    invoice_id = an_invoice(app, fan)
    first = purse.link(page, invoice_id)
    assert purse.link(page, invoice_id) == first
    assert purse.link(page, invoice_id, "SOL") != first
    assert purse.attempt(invoice_id).rail_currency == "SOL"
    # Whoever scanned the first code is not lost.
    purse.double.pay(first)
    purse.settle()
    purse.run(jobs.look_at_ended)
    assert the_invoice(app, invoice_id).state == "paid"


def test_what_has_no_price_is_not_offered(purse: Purse, app: Flask, page: PageClient, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, currency="EUR")
    assert offered(page.get(f"/invoices/{invoice_id}"), invoice_id) == []


def test_another_coin_than_offered_is_refused(
    purse: Purse, app: Flask, page: PageClient, fan: Person
) -> None:
    invoice_id = an_invoice(app, fan)
    form = coin_form(page.get(f"/invoices/{invoice_id}"), invoice_id, "SOL")
    refused = page.send(form, choice="DOGE")
    assert refused.status == 422 and "not open here" in refused.text


def test_a_seller_may_close_it(purse: Purse, app: Flask, page: PageClient, fan: Person) -> None:
    creator = a_creator(app, "ada")
    invoice_id = an_invoice(app, fan, creator)
    form = coin_form(page.get(f"/invoices/{invoice_id}"), invoice_id, "SOL")
    with app.app_context(), transaction():
        switching.switch("solana", creator.id, on=False, actor_id=creator.id)
    assert offered(page.get(f"/invoices/{invoice_id}"), invoice_id) == []
    assert page.send(form).status == 422


def test_a_form_of_before_is_refused_when_the_house_takes_no_coins(
    purse: Purse, app: Flask, page: PageClient, fan: Person
) -> None:
    invoice_id = an_invoice(app, fan)
    form = coin_form(page.get(f"/invoices/{invoice_id}"), invoice_id, "SOL")
    with taking_coins(app, purse.double, solana_rpc_url=[]):
        refused = page.send(form)
    assert refused.status == 422 and "closed here" in refused.text


def test_nobody_pays_what_is_not_theirs(purse: Purse, app: Flask, page: PageClient, fan: Person) -> None:
    invoice_id, own_id = an_invoice(app, a_person(app)), an_invoice(app, fan)
    form = coin_form(page.get(f"/invoices/{own_id}"), own_id, "SOL")
    form.action = f"/invoices/{invoice_id}/pay/solana"
    assert page.send(form).status == 404


class TestTheMeantime:
    def test_what_is_confirmed_is_shown_and_delivered_when_final(
        self, purse: Purse, app: Flask, page: PageClient, fan: Person
    ) -> None:
        invoice_id = an_invoice(app, fan, total=500)
        purse.double.pay(purse.link(page, invoice_id))
        purse.double.tick(2)
        purse.look()
        assert the_invoice(app, invoice_id).state == "processing"
        assert "5.00 USDC is confirmed" in page.get(f"/invoices/{invoice_id}").text
        assert purse.payments(invoice_id) == []
        purse.settle()
        assert the_invoice(app, invoice_id).state == "paid"

    def test_while_a_payment_is_on_its_way_no_other_is_begun(
        self, purse: Purse, app: Flask, page: PageClient, fan: Person
    ) -> None:
        invoice_id = an_invoice(app, fan, total=500)
        form = coin_form(page.get(f"/invoices/{invoice_id}"), invoice_id, "SOL")
        purse.double.pay(purse.link(page, invoice_id))
        purse.double.tick(2)
        purse.look()
        assert page.send(form).status == 422
        assert purse.attempt(invoice_id).rail_currency == "USDC"
        purse.settle()
        assert the_invoice(app, invoice_id).state == "paid"

    def test_a_part_is_shown_and_the_rest_is_asked_for(
        self, purse: Purse, app: Flask, page: PageClient, fan: Person
    ) -> None:
        invoice_id = an_invoice(app, fan, total=500)
        link = purse.link(page, invoice_id)
        purse.double.pay(link, amount="2")
        purse.double.tick(2)
        purse.look()
        assert the_invoice(app, invoice_id).state == "open"
        purse.settle()
        here = page.get(f"/invoices/{invoice_id}")
        assert the_invoice(app, invoice_id).state == "underpaid"
        assert "$3.00 is missing" in here.text and "amount=3&" in link_on(here)
        purse.double.pay(link_on(here))
        purse.settle()
        assert the_invoice(app, invoice_id).state == "paid"
        purse.assert_square()

    def test_the_price_holds_for_a_quarter_of_an_hour(
        self, purse: Purse, app: Flask, page: PageClient, fan: Person
    ) -> None:
        invoice_id = an_invoice(app, fan, total=500)
        purse.link(page, invoice_id, "SOL")
        with clock.using(FixedClock(clock.now() + timedelta(minutes=16))):
            assert "The price was held" in page.get(f"/invoices/{invoice_id}").text
            purse.look()
            assert purse.attempt(invoice_id).state == "expired"
            here = page.get(f"/invoices/{invoice_id}")
            assert offered(here, invoice_id) == ["USDC", "SOL"]
            purse.link(page, invoice_id, "SOL")
            assert purse.attempt(invoice_id).state == "waiting"


class TestTheWalletOfTheBrowser:
    def test_it_gets_a_transaction_to_sign(
        self, purse: Purse, app: Flask, page: PageClient, fan: Person
    ) -> None:
        for coin in ("USDC", "SOL"):
            invoice_id = an_invoice(app, fan, total=500)
            purse.choose(page, invoice_id, coin)
            attempt = purse.attempt(invoice_id)
            payer = a_rich_key(purse.double, sol="1", usdc="10")
            address = f"/invoices/{invoice_id}/pay/solana/{attempt.id}/transaction?account={payer.pubkey()}"
            answer = page.get(address).response.get_json()
            unsigned = VersionedTransaction.from_bytes(b64decode(answer["transaction"]))
            send(purse.double, VersionedTransaction(unsigned.message, [payer]))
            purse.settle()
            assert the_invoice(app, invoice_id).state == "paid"

    def test_it_gets_none_while_a_payment_is_on_its_way(
        self, purse: Purse, app: Flask, page: PageClient, fan: Person
    ) -> None:
        """Signed as well, it would be paid twice."""
        invoice_id = an_invoice(app, fan, total=500)
        link = purse.link(page, invoice_id)
        address = f"/invoices/{invoice_id}/pay/solana/{purse.attempt(invoice_id).id}/transaction"
        purse.double.pay(link)
        purse.double.tick(2)
        purse.look()
        assert page.get(f"{address}?account={Keypair().pubkey()}").status == 409

    def test_only_its_payer_gets_it_and_only_for_a_wallet(
        self, purse: Purse, app: Flask, page: PageClient, fan: Person
    ) -> None:
        invoice_id = an_invoice(app, fan)
        purse.choose(page, invoice_id)
        address = f"/invoices/{invoice_id}/pay/solana/{purse.attempt(invoice_id).id}/transaction"
        assert page.get(f"{address}?account=nonsense").status == 404
        wallet = Keypair().pubkey()
        assert signed_in(app, a_person(app)).get(f"{address}?account={wallet}").status == 404
        purse.double.fault("rpc_error_500", times=10)
        assert page.get(f"{address}?account={wallet}").status == 409
