"""Charging a card on file for what renews. Whoever has cards registers how; until then renewals are by hand.

charging.register(app, ask=..., method=..., of_user=...)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import select

from app.extensions import db
from app.payments.models import PaymentMethod

PLACE = "fanlight.charging"

# Inside the transaction: asks for a charge of this invoice to this card. Asked again while one is under way,
# or after it was paid, it does nothing.
Ask = Callable[[UUID, UUID], None]


@dataclass(frozen=True, slots=True)
class Card:
    id: UUID
    label: str


def register(app: Flask, ask: Ask) -> None:
    app.extensions[PLACE] = ask


def possible() -> bool:
    return PLACE in current_app.extensions


def ask(invoice_id: UUID, method_id: UUID) -> None:
    found: Ask = current_app.extensions[PLACE]
    found(invoice_id, method_id)


def cards(user_id: UUID) -> Sequence[Card]:
    """The preferred one first."""
    if not possible():
        return []
    found = db.session.scalars(
        select(PaymentMethod)
        .where(PaymentMethod.user_id == user_id, PaymentMethod.removed_at.is_(None))
        .order_by(PaymentMethod.preferred.desc(), PaymentMethod.id.desc())
    )
    return [Card(one.id, f"{one.brand.capitalize()} ending in {one.last4}") for one in found]
