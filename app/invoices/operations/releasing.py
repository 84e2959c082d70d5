"""What sellers earned may be paid out once it can hardly be charged back any more."""

from uuid import UUID

from sqlalchemy import select

from app.extensions import db
from app.invoices.models import Invoice, State
from app.invoices.operations import bookings
from app.invoices.operations.locking import each, lock
from app.kit import clock

BATCH = 200


def release_due() -> int:
    """How many were. What is disputed waits; what was refunded whole has nothing, and is asked about once."""
    due = db.session.scalars(
        select(Invoice.id)
        .where(
            Invoice.paid_at.is_not(None),
            Invoice.released_at.is_(None),
            Invoice.available_at <= clock.now(),
            Invoice.state != State.DISPUTED,
        )
        .order_by(Invoice.available_at)
        .limit(BATCH)
    ).all()
    return each(due, release)


def release(invoice_id: UUID) -> None:
    invoice = lock(invoice_id)
    if invoice.released_at is None and invoice.state != State.DISPUTED:
        if invoice.seller_id is not None:
            bookings.write(bookings.released(invoice))
        invoice.released_at = clock.now()
