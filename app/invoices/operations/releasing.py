"""What sellers earned may be paid out once it can hardly be charged back any more."""

from uuid import UUID

from sqlalchemy import and_

from app.invoices.models import Invoice, State
from app.invoices.operations import bookings
from app.invoices.operations.locking import each, lock
from app.kit import clock
from app.platform.rounds import rounds

BATCH = 200


def release_due() -> None:
    """What is disputed waits; what was refunded whole has nothing, and is asked about once."""
    due = and_(
        Invoice.paid_at.is_not(None),
        Invoice.released_at.is_(None),
        Invoice.available_at <= clock.now(),
        Invoice.state != State.DISPUTED,
    )
    for some in rounds(due, Invoice.available_at, Invoice.id, size=BATCH):
        each(some, release)


def release(invoice_id: UUID) -> None:
    invoice = lock(invoice_id)
    if invoice.released_at is None and invoice.state != State.DISPUTED:
        if invoice.seller_id is not None:
            bookings.write(bookings.released(invoice))
        invoice.released_at = clock.now()
