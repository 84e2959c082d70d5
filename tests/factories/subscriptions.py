"""Subscriptions as people make them: by the pages, paid over the rail of tests or by a card on file.

sub_id = subscribed(app, fan, creator, tier_id)             # through the page, and paid
card_id = a_card(app, fan)                                  # on file, preferred
bank_says(app, sub_id, "insufficient_funds")                # of the charge that waits; "" for yes
clock.move(timedelta(days=31)); go_round(app)               # what the scheduler and workers do
"""

import itertools
from uuid import UUID

from flask import Flask

from app.extensions import db
from app.invoices.models import Attempt, Invoice, InvoiceLine
from app.invoices.operations import attempts, receiving
from app.invoices.operations.receiving import Money
from app.kit import clock
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments.models import PaymentMethod
from app.payments.operations import charging
from app.platform import outbox, work
from app.platform.models import Mail
from app.platform.transaction import transaction
from app.subscriptions import jobs
from app.subscriptions.models import Subscription, SubscriptionEvent
from tests.factories.invoices import paid
from tests.factories.people import Person, signed_in
from tests.page_client import Page

# What people and the house do; the card processor, which is not there, is played by `bank_says`.
QUEUES = ("default",)
_numbers = itertools.count(1)


def asks_to_subscribe(app: Flask, fan: Person, creator: Person, tier_id: UUID, **fields: object) -> Page:
    page = signed_in(app, fan)
    address = f"/@{creator.handle}/subscribe/{tier_id}"
    code = fields.pop("code", "")
    shown = page.get(f"{address}?code={code}" if code else address)
    return page.send(shown.form(address), follow=False, **fields)


def invoice_at(page: Page) -> UUID:
    assert page.location.startswith("/invoices/"), (page.status, page.location, page.text[:400])
    return UUID(page.location.removeprefix("/invoices/"))


def subscribed(app: Flask, fan: Person, creator: Person, tier_id: UUID, **fields: object) -> UUID:
    invoice_id = invoice_at(asks_to_subscribe(app, fan, creator, tier_id, **fields))
    paid(app, invoice_id)
    return of_invoice(app, invoice_id)


def subscribed_by_card(app: Flask, fan: Person, creator: Person, tier_id: UUID, **fields: object) -> UUID:
    """Its owner pays on the processor's page, and keeps the card."""
    invoice_id = invoice_at(asks_to_subscribe(app, fan, creator, tier_id, **fields))
    a_card(app, fan)
    paid(app, invoice_id, rail="card")
    return of_invoice(app, invoice_id)


def a_card(app: Flask, person: Person, **values: object) -> UUID:
    with app.app_context(), transaction():
        first = not db.session.query(PaymentMethod).filter_by(user_id=person.id, removed_at=None).count()
        made = PaymentMethod(
            **{
                "user_id": person.id,
                "rail": "card",
                "provider_id": f"pm_{next(_numbers)}",
                "brand": "visa",
                "last4": "4242",
                "exp_month": 12,
                "exp_year": 2099,
                "preferred": first,
                **values,
            }
        )
        db.session.add(made)
        db.session.flush()
        return made.id


def go_round(app: Flask, *, times: int = 3) -> None:
    """The clock's jobs and the workers, until nothing is left to do for now."""
    for _ in range(times):
        with app.app_context():
            jobs.renew()
            jobs.remind()
            outbox.relay()
            work.drain(QUEUES)


def waiting_charge(app: Flask, subscription_id: UUID) -> Attempt | None:
    with app.app_context():
        return db.session.scalars(
            db.select(Attempt)
            .join(InvoiceLine, InvoiceLine.invoice_id == Attempt.invoice_id)
            .where(InvoiceLine.subject_id == subscription_id, Attempt.ended_at.is_(None))
        ).one_or_none()


def bank_says(app: Flask, subscription_id: UUID, code: str = "") -> UUID:
    """About the charge that waits: an error code, or nothing for yes. Its invoice."""
    attempt = waiting_charge(app, subscription_id)
    assert attempt is not None, "nothing is being charged"
    play_bank(app, attempt, code)
    go_round(app)
    return attempt.invoice_id


def play_bank(app: Flask, attempt: Attempt, code: str = "") -> None:
    with app.app_context(), transaction():
        if code:
            charging.fail(attempt.id, code, "The bank said no.")
            return
        attempts.asked(attempt.id, f"pi_{attempt.id}")
        money = Money(
            rail="card",
            external_id=f"ch_{attempt.id}",
            amount=attempt.amount,
            rail_amount=attempt.rail_amount,
            rail_currency=attempt.rail_currency,
            into=Account(Kind.CARD_CLEARING, attempt.rail_currency),
            at=clock.now(),
            attempt_id=attempt.id,
        )
        receiving.receive(attempt.invoice_id, money)


def the_subscription(app: Flask, subscription_id: UUID) -> Subscription:
    """As it stands now, to be read only."""
    with app.app_context():
        found = db.session.get_one(Subscription, subscription_id, populate_existing=True)
        db.session.expunge(found)
        return found


def steps(app: Flask, subscription_id: UUID) -> list[str]:
    with app.app_context():
        found = db.select(SubscriptionEvent.what).filter_by(subscription_id=subscription_id)
        return list(db.session.scalars(found.order_by(SubscriptionEvent.id)))


def of_invoice(app: Flask, invoice_id: UUID) -> UUID:
    with app.app_context():
        found: UUID | None = db.session.scalars(
            db.select(InvoiceLine.subject_id).filter_by(invoice_id=invoice_id, n=0)
        ).one()
        assert found is not None
        return found


def invoices_of(app: Flask, subscription_id: UUID) -> list[Invoice]:
    """All that it ever cost, the oldest first."""
    with app.app_context():
        return list(
            db.session.scalars(
                db.select(Invoice)
                .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
                .where(InvoiceLine.subject_id == subscription_id)
                .order_by(Invoice.id)
            )
        )


def mails_to(app: Flask, person: Person) -> list[str]:
    with app.app_context():
        return list(
            db.session.scalars(db.select(Mail.template).filter_by(user_id=person.id).order_by(Mail.id))
        )
