"""Two ways of paying one invoice at once: neither blocks the other, and neither takes too much."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.invoices.errors import OnlyAsItCame
from app.invoices.operations import refunding
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.doubles.cards import ASKS_ALWAYS, BANK_HONOURS
from tests.factories.invoices import an_invoice, give_credit, the_invoice
from tests.factories.people import Person
from tests.page_client import Page, PageClient
from tests.payments.cards import Till, card_forms, kept_card
from tests.payments.coins import Purse, offered


def spend_credit(page: PageClient, invoice_id: UUID) -> Page:
    there = f"/invoices/{invoice_id}"
    return page.send(page.get(there).form(f"{there}/pay/credit"))


def test_a_payment_that_was_dropped_frees_the_invoice_though_a_page_of_the_processor_is_open(
    till: Till, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
) -> None:
    till.open_page(page, invoice_id)
    (signature,) = purse.double.pay(purse.link(page, invoice_id))
    purse.double.tick()
    purse.look()
    assert the_invoice(app, invoice_id).state == "processing"
    purse.double.fork(signature)
    purse.look()
    with clock.using(FixedClock(clock.now() + timedelta(minutes=3))):
        purse.look()
        assert the_invoice(app, invoice_id).state == "open"


def test_a_bank_that_asks_is_answered_though_a_code_waits(
    till: Till, purse: Purse, app: Flask, page: PageClient, fan: Person, invoice_id: UUID
) -> None:
    till.pay(page, an_invoice(app, fan, total=700), ASKS_ALWAYS, keep="y")
    till.settle()
    purse.link(page, invoice_id)
    on = page.send(kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id), follow=False)
    there = page.get(on.location, follow=False)
    assert there.status == 303 and "/c/pay" in there.location


def test_while_a_bank_sends_the_rest_nothing_else_is_offered(
    till: Till, purse: Purse, app: Flask, page: PageClient, fan: Person
) -> None:
    give_credit(app, fan, 200)
    invoice_id = an_invoice(app, fan, total=900)
    spend_credit(page, invoice_id)
    till.pay(page, invoice_id, BANK_HONOURS)
    assert the_invoice(app, invoice_id).state == "processing"
    here = page.get(f"/invoices/{invoice_id}")
    assert (offered(here, invoice_id), card_forms(here, invoice_id)) == ([], [])


def test_credit_leaves_no_code_for_the_price_before_it(
    purse: Purse, app: Flask, page: PageClient, fan: Person
) -> None:
    give_credit(app, fan, 200)
    invoice_id = an_invoice(app, fan, total=900)
    purse.link(page, invoice_id)
    assert "Send 9.00 USDC" not in spend_credit(page, invoice_id).text
    purse.pay(page, invoice_id)
    assert (700, 7_000_000, "USDC") in purse.payments(invoice_id)
    assert (the_invoice(app, invoice_id).state, the_invoice(app, invoice_id).leftover) == ("paid", 0)


def test_credit_closes_a_page_for_the_price_before_it(
    till: Till, app: Flask, page: PageClient, fan: Person
) -> None:
    give_credit(app, fan, 200)
    invoice_id = an_invoice(app, fan, total=900)
    url = till.open_page(page, invoice_id)
    spend_credit(page, invoice_id)
    till.settle()
    assert till.double.visit(url).status == 410
    till.pay(page, invoice_id)
    till.settle()
    assert (the_invoice(app, invoice_id).state, the_invoice(app, invoice_id).leftover) == ("paid", 0)


def test_many_coins_too_many_go_back_as_coins_only(
    purse: Purse, app: Flask, page: PageClient, fan: Person, invoice_id: UUID
) -> None:
    link = purse.link(page, invoice_id, "SOL")
    purse.double.faucet(purse.double.wallet(), sol="100")
    purse.double.finalize()
    purse.double.pay(link, amount="50")
    purse.settle()
    here = page.get(f"/invoices/{invoice_id}")
    assert not here.has_form(f"/invoices/{invoice_id}/credit")
    with app.app_context(), transaction(), pytest.raises(OnlyAsItCame):
        refunding.keep_leftover_as_credit(invoice_id, fan.id)
    page.send(here.form(f"/invoices/{invoice_id}/give-back"))
    purse.send_all()
    assert the_invoice(app, invoice_id).leftover == 0
    purse.assert_square()
