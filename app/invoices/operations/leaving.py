"""Somebody leaves: what is theirs goes back first, and what they did not pay is called off."""

from uuid import UUID

from sqlalchemy import or_, select

from app.extensions import db
from app.invoices.models import Invoice, State
from app.invoices.operations import ending
from app.platform.personal_data import Reason


def reason_to_wait(user_id: UUID) -> Reason | None:
    """They can clear it themselves: each invoice says how."""
    waiting = Invoice.received > Invoice.kept + Invoice.returned
    found = select(Invoice.state).where(
        Invoice.user_id == user_id, or_(waiting, Invoice.state == State.PROCESSING)
    )
    if db.session.scalars(found.limit(1)).first() is None:
        return None
    return Reason(
        "Money of yours is on its way or left over. Clear it first: each invoice says how.",
        (("Your transactions", "/transactions"),),
    )


def call_off(user_id: UUID) -> None:
    found = select(Invoice).where(Invoice.user_id == user_id, Invoice.state == State.OPEN)
    for invoice in db.session.scalars(found.order_by(Invoice.id).with_for_update()).all():
        ending.cancel(invoice)
