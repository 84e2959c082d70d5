"""Tax that the card processor reckons: by the address that its page asks for, and later by what it knows."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask

from app.ledger import verifying
from app.ledger.chart import Kind
from app.payments import queries
from app.payments.models import CARD
from app.payments.operations import charging
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, give_credit, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.invoices.conftest import balance, lives_in
from tests.page_client import PageClient
from tests.payments.cards import Till, attempts_of, kept_card, payments_of


@pytest.fixture
def reckoning(app: Flask, till: Till) -> Iterator[Till]:
    """The house lets Stripe Tax reckon, and reckons itself for who pays in another way."""
    before = app.extensions["fanlight.settings"]
    told = {"stripe_tax": True, "tax_countries": ["EU"]}
    app.extensions["fanlight.settings"] = before.model_copy(update=told)
    try:
        yield till
    finally:
        app.extensions["fanlight.settings"] = before


def paid_from(till: Till, page: PageClient, invoice_id: UUID, country: str, **fields: str) -> str:
    """What the invoice says when its payer came back from the page where they said where they live."""
    visit = till.double.pay(till.open_page(page, invoice_id, **fields), country=country)
    return till.come_back(page, visit).text


def renewed(app: Flask, till: Till, fan: Person, seller: Person, total: int) -> UUID:
    """Charged to the card that they left, while they are away."""
    invoice_id = an_invoice(app, fan, seller, total=total)
    with app.app_context():
        [method] = queries.methods(fan.id)
        with transaction():
            charging.charge_method(invoice_id, method.id)
    till.work_off()
    return invoice_id


def test_what_the_page_reckons_is_the_invoices_tax(app: Flask, reckoning: Till) -> None:
    fan, mara = a_person(app), a_creator(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, mara, total=1_190)
    assert "$1.90 of it is tax (19 %, DE)" in paid_from(reckoning, page, invoice_id, "DE")
    reckoning.settle()
    invoice = the_invoice(app, invoice_id)
    assert (invoice.state, invoice.total, invoice.tax, invoice.tax_bps) == ("paid", 1_190, 190, 1_900)
    assert (invoice.tax_country, invoice.tax_evidence["address"]) == ("DE", "DE")
    assert invoice.fee == 80  # eight percent of what is not the state's
    assert balance(app, Kind.TAX_DUE) == 190
    assert balance(app, Kind.CREATOR_PENDING, mara) == 1_190 - 190 - 80
    with app.app_context():
        assert verifying.verify().found == []


def test_its_word_stands_above_our_table(app: Flask, reckoning: Till) -> None:
    """Somebody said that they live in Austria, and gives a French address where they pay."""
    fan = a_person(app)
    lives_in(app, fan, "AT")
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, a_creator(app), total=600)
    before = the_invoice(app, invoice_id)
    assert (before.tax, before.tax_country) == (100, "AT")
    paid_from(reckoning, page, invoice_id, "FR")
    after = the_invoice(app, invoice_id)
    assert (after.tax, after.tax_country, after.tax_bps) == (100, "FR", 2_000)


def test_where_the_processor_collects_none_there_is_none(app: Flask, reckoning: Till) -> None:
    fan = a_person(app)
    lives_in(app, fan, "AT")
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, a_creator(app), total=600)
    assert "of it is tax" not in paid_from(reckoning, page, invoice_id, "US")
    invoice = the_invoice(app, invoice_id)
    assert (invoice.tax, invoice.tax_bps, invoice.tax_country, invoice.fee) == (0, 0, "US", 48)


def test_a_renewal_is_taxed_by_the_address_of_the_first_payment(app: Flask, reckoning: Till) -> None:
    fan, mara = a_person(app), a_creator(app)
    page = signed_in(app, fan)
    paid_from(reckoning, page, an_invoice(app, fan, mara, total=1_190), "DE", keep="y")
    reckoning.settle()
    invoice_id = renewed(app, reckoning, fan, mara, 2_380)
    invoice = the_invoice(app, invoice_id)
    assert (invoice.state, invoice.tax, invoice.tax_country, invoice.fee) == ("paid", 380, "DE", 160)


def test_a_charge_whose_answer_was_lost_is_taxed_and_made_once(
    app: Flask, reckoning: Till, later: Callable[[int], None]
) -> None:
    fan, mara = a_person(app), a_creator(app)
    page = signed_in(app, fan)
    paid_from(reckoning, page, an_invoice(app, fan, mara, total=1_190), "DE", keep="y")
    reckoning.settle()
    reckoning.double.fault("tax.calculations.create", "error_500_after")
    reckoning.double.fault("payment_intents.create", "error_500_after")
    invoice_id = renewed(app, reckoning, fan, mara, 1_190)
    later(60)
    later(600)
    [attempt] = attempts_of(app, invoice_id)
    assert attempt.data["taxed"] is True
    invoice = the_invoice(app, invoice_id)
    assert (invoice.tax, [one.amount for one in payments_of(app, invoice_id)]) == (190, [1_190])


def test_who_pays_a_part_by_credit_is_taxed_on_all_of_it(app: Flask, reckoning: Till) -> None:
    fan, mara = a_person(app), a_creator(app)
    give_credit(app, fan, 400)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, mara, total=1_200)
    here = page.get(f"/invoices/{invoice_id}")
    page.send(here.form(f"/invoices/{invoice_id}/pay/credit"))
    paid_from(reckoning, page, invoice_id, "GB")
    invoice = the_invoice(app, invoice_id)
    assert [one.amount for one in payments_of(app, invoice_id)] == [400, 800]
    assert (invoice.state, invoice.tax, invoice.tax_bps) == ("paid", 200, 2_000)


def test_a_card_on_file_without_an_address_goes_by_our_own_table(app: Flask, till: Till) -> None:
    """It was left before the house let the processor reckon."""
    fan, mara = a_person(app), a_creator(app)
    lives_in(app, fan, "AT")
    page = signed_in(app, fan)
    till.pay(page, an_invoice(app, fan, mara, total=600), keep="y")
    till.settle()
    before = app.extensions["fanlight.settings"]
    told = {"stripe_tax": True, "tax_countries": ["EU"]}
    app.extensions["fanlight.settings"] = before.model_copy(update=told)
    invoice = the_invoice(app, renewed(app, till, fan, mara, 600))
    assert (invoice.state, invoice.tax, invoice.tax_country) == ("paid", 100, "AT")
    page.send(kept_card(page.get(f"/invoices/{(again := an_invoice(app, fan, mara, total=300))}"), again))
    assert (the_invoice(app, again).state, the_invoice(app, again).tax) == ("paid", 50)


def test_what_is_given_and_not_sold_is_not_taxed(app: Flask, reckoning: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, a_creator(app), total=600, kind="donation")
    assert "Country" not in reckoning.double.visit(reckoning.open_page(page, invoice_id)).text
    attempt = attempts_of(app, invoice_id)[0]
    assert (attempt.rail, attempt.data["taxed"]) == (CARD, False)


def test_without_the_setting_no_page_asks_for_an_address(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, a_creator(app), total=600)
    assert "Country" not in till.double.visit(till.open_page(page, invoice_id)).text
