"""What people are told about their cards on file, and about coins that nobody had asked for."""

from datetime import date, timedelta
from uuid import UUID

from flask import Flask

from app.accounts.letters import write_to
from app.accounts.queries import find_user
from app.extensions import db
from app.invoices.models import Attempt, Invoice
from app.kit import clock
from app.notifications import kinds, unsubscribing
from app.notifications.kinds import Channel, Default, Event, Family, Kind
from app.notifications.queries import wants
from app.payments import queries
from app.payments.cards import words
from app.payments.models import PaymentMethod
from app.payments.operations import methods
from app.platform.settings import settings
from app.platform.transaction import transaction

CARDS, BEFORE, BATCH = "cards", timedelta(days=30), 100
FIRST = UUID(int=0)


def init_app(app: Flask) -> None:
    kinds.register(
        app,
        Kind(
            CARDS,
            "Your cards on file",
            "When one that pays for something that renews is about to expire.",
            {Channel.PAGE: Default.ON, Channel.MAIL: Default.ON, Channel.PUSH: Default.OFF},
            events=(Event("card_ends", "Your {card} expires soon", icon="credit-card", letter="card_ends"),),
            family=Family.MONEY,
        ),
    )


def tell_of_ends() -> None:
    """Once a card, a month before its end, if something is charged to it."""
    end = (clock.now() + BEFORE).date().replace(day=1)
    after: UUID | None = FIRST if end > clock.now().date() else None
    while after is not None:
        with transaction():
            found = queries.cards_that_end(end, after, BATCH)
            for one in found:
                _tell_of_end(one, end)
            after = found[-1].id if len(found) == BATCH else None


def other_coin(attempt: Attempt, came: str) -> None:
    """It came for an invoice, and pays nothing of it yet."""
    invoice = db.session.get_one(Invoice, attempt.invoice_id)
    write_to(
        find_user(invoice.user_id),
        "other_coin",
        came=came,
        wanted=attempt.rail_currency,
        link=f"{settings().base_url}/invoices/{invoice.id}",
    )


def coins_went_back(invoice_id: UUID, amount: str) -> None:
    """They had come for this invoice, and paid nothing of it."""
    invoice = db.session.get_one(Invoice, invoice_id)
    link = f"{settings().base_url}/invoices/{invoice_id}"
    write_to(find_user(invoice.user_id), "coins_went_back", amount=amount, link=link)


def _tell_of_end(one: PaymentMethod, end: date) -> None:
    uses, person = methods.uses_of(one.id), find_user(one.user_id)
    if not uses:
        return
    methods.told_of_end(one, end)
    if person is None or not wants(person.id, CARDS, Channel.MAIL):
        return
    write_to(
        person,
        "card_ends",
        card=f"{words.brand(one.brand)} ending in {one.last4}",
        until=f"{end - timedelta(days=1):%-d %B %Y}",
        what=", ".join(uses),
        link=f"{settings().base_url}/settings/payment-methods",
        stop=unsubscribing.address(person.id, CARDS),
    )
