"""F1, F4: a worker is killed while the processor does what it was asked for. It is done once, and known."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import stripe
from flask import Flask

from app.extensions import db
from app.invoices.models import Invoice, Payment, Refund
from app.invoices.operations import refunding
from app.payments import queries
from app.payments.models import CARD
from app.payments.operations import charging, methods
from app.payments.operations.methods import Card
from app.platform.transaction import transaction
from tests.doubles.cards import CardsDouble, cards_double
from tests.factories.people import Person, a_person
from tests.faults.test_work import SHORT_LEASE, House, house
from tests.payments.cards import a_plain_invoice, taking_cards
from tests.support import eventually

__all__ = ["house"]

# Longer than the test: nobody ever hears the answer.
FOR_EVER = 240.0


@pytest.fixture
def double(context: Flask, tmp_path: Path) -> Iterator[CardsDouble]:
    """Its events go nowhere: what becomes known becomes known by asking."""
    with cards_double(tmp_path / "cards") as running:
        running.fault("webhooks", "drop", times=1_000)
        with taking_cards(context, running):
            yield running


def environment(double: CardsDouble) -> dict[str, str]:
    return {
        "STRIPE_SECRET_KEY": double.key,
        "STRIPE_WEBHOOK_SECRET": double.secret,
        "STRIPE_API_BASE": double.url,
        **SHORT_LEASE,
    }


def a_card(double: CardsDouble, fan: Person) -> UUID:
    client = double.client()
    customer = client.v1.customers.create({"email": fan.email})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    with transaction():
        methods.remember_customer(fan.id, CARD, customer.id)
        methods.keep(fan.id, CARD, Card(method.id, "visa", "4242", 12, 2040, "US"))
    (kept,) = queries.methods(fan.id)
    return kept.id


def charge(fan: Person, app: Flask, method_id: UUID) -> UUID:
    invoice_id = a_plain_invoice(app, fan, 900)
    with transaction():
        charging.charge_method(invoice_id, method_id)
    return invoice_id


def killed_in_the_call(house: House, double: CardsDouble, verb: str, done: Callable[[], object]) -> None:
    double.fault(verb, "timeout_after", seconds=FOR_EVER)
    worker = house.worker(**environment(double))
    eventually(done, within=30)
    worker.kill()
    worker.wait()


def charges(double: CardsDouble) -> list[stripe.PaymentIntent]:
    return double.client().v1.payment_intents.list({"limit": 100}).data


def state(invoice_id: UUID) -> str:
    db.session.rollback()
    return db.session.get_one(Invoice, invoice_id, populate_existing=True).state


@pytest.mark.timeout(300)
def test_a_charge_in_the_middle_of_which_the_worker_dies_is_made_once(
    context: Flask, house: House, double: CardsDouble
) -> None:
    fan = a_person(context)
    invoice_id = charge(fan, context, a_card(double, fan))
    killed_in_the_call(house, double, "payment_intents.create", lambda: charges(double))
    assert state(invoice_id) == "processing"
    house.scheduler()
    house.worker(**environment(double))
    eventually(lambda: state(invoice_id) == "paid", within=60)
    assert [one.status for one in charges(double)] == ["succeeded"]


@pytest.mark.fault_long
@pytest.mark.timeout(300)
def test_a_refund_in_the_middle_of_which_the_worker_dies_is_sent_once(
    context: Flask, house: House, double: CardsDouble
) -> None:
    fan = a_person(context)
    invoice_id = charge(fan, context, a_card(double, fan))
    first = house.worker(**environment(double))
    eventually(lambda: state(invoice_id) == "paid", within=30)
    first.kill()
    first.wait()
    with transaction():
        refunding.refund(invoice_id, refunding.Wish(900, "asked", None))
    payment = db.session.query(Payment).filter_by(invoice_id=invoice_id).one()
    charge_id = payment.external_id

    def sent() -> list[stripe.Refund]:
        return double.client().v1.refunds.list({"charge": charge_id}).data

    killed_in_the_call(house, double, "refunds.create", sent)
    house.scheduler()
    house.worker(**environment(double))
    eventually(lambda: refund_state(invoice_id) == "succeeded", within=60)
    assert [one.amount for one in sent()] == [900]


def refund_state(invoice_id: UUID) -> str:
    db.session.rollback()
    return db.session.query(Refund).filter_by(invoice_id=invoice_id).one().state
