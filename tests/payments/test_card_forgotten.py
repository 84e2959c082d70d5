"""What was charged in the time that a restore forgot is found again, and not charged twice."""

from contextlib import suppress
from uuid import UUID

from flask import Flask

from app.extensions import db
from app.kit.ids import new_id
from app.payments.models import ProviderCustomer
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, signed_in
from tests.factories.restored import all_rows, bring_back, compared
from tests.payments.cards import Till, kept_card, payments_of


def bought(app: Flask, till: Till, fan: Person, key: str) -> UUID:
    """By a card that is kept, the first time; later by that."""
    invoice_id = an_invoice(app, fan, total=500, unique_key=key)
    page = signed_in(app, fan)
    with suppress(StopIteration):
        page.send(kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id))
    if the_invoice(app, invoice_id).state == "open":
        till.pay(page, invoice_id, keep="y")
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"
    return invoice_id


def charges(app: Flask, till: Till) -> int:
    """Of the one customer whom the house knows."""
    with app.app_context():
        customer = db.session.query(ProviderCustomer).one().provider_id
    return len(till.double.client().v1.charges.list({"customer": customer}).data)


def test_whoever_buys_it_again_has_paid_for_it_already(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan, "something else")
    rows, key = all_rows(app), f"post:{new_id()}"
    first = bought(app, till, fan, key)
    (paid,) = payments_of(app, first)
    bring_back(app, rows)
    again = bought(app, till, fan, key)
    assert charges(app, till) == 2
    assert [(one.external_id, one.amount) for one in payments_of(app, again)] == [(paid.external_id, 500)]


def test_it_is_seen_before_a_page_is_opened_too(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan, "something else")
    rows, key = all_rows(app), f"post:{new_id()}"
    bought(app, till, fan, key)
    bring_back(app, rows)
    again, page = an_invoice(app, fan, total=500, unique_key=key), signed_in(app, fan)
    assert till.open_page(page, again) == f"/invoices/{again}"
    assert "Paid" in page.get(f"/invoices/{again}").text
    assert charges(app, till) == 2


def test_what_went_back_since_is_charged(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan, "something else")
    rows, key = all_rows(app), f"post:{new_id()}"
    (paid,) = payments_of(app, bought(app, till, fan, key))
    till.double.client().v1.refunds.create({"charge": paid.external_id})
    bring_back(app, rows)
    compared(app)
    bought(app, till, fan, key)
    assert charges(app, till) == 3


def test_what_is_another_s_or_known_is_charged(app: Flask, till: Till, fan: Person) -> None:
    key = f"post:{new_id()}"
    bought(app, till, fan, key)
    bring_back(app, all_rows(app))
    bought(app, till, fan, key)
    bought(app, till, fan, f"post:{new_id()}")
    bought(app, till, fan, f"post:{new_id()}")
    assert charges(app, till) == 4
