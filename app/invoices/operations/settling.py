"""Paid: what was sold is the buyer's, the money its owners', and others hear of it. Once, and together."""

from datetime import timedelta

from sqlalchemy import BigInteger, func

from app.extensions import db
from app.invoices import products, rails
from app.invoices.models import Invoice, InvoiceLine, State
from app.invoices.operations import bookings
from app.invoices.products import Sold
from app.kit import clock
from app.ledger.operations.posting import Entry
from app.platform import audit, outbox
from app.platform.audit import Action
from app.platform.settings import settings
from app.platform.together import together

NEXT_NUMBER = func.nextval("invoice_numbers", type_=BigInteger())
PAID = "invoice.paid"


def settle(invoice: Invoice, coming: Entry | None = None) -> None:
    """The caller holds its lock, and what came in covers it. `coming`: how the last of it is booked."""
    at = clock.now()
    with db.session.no_autoflush:  # its row changes once
        waits = _waits(invoice)
    invoice.number, invoice.paid_at, invoice.available_at = NEXT_NUMBER, at, at + waits
    invoice.kept = invoice.total
    invoice.state = standing(invoice)
    sale = bookings.settled(invoice)
    audit.record(
        Action.INVOICE_PAID,
        actor=invoice.user_id,
        subject=("invoice", invoice.id),
        kind=invoice.kind,
        total=invoice.total,
        currency=invoice.currency,
    )
    outbox.emit(PAID, {"invoice_id": str(invoice.id)})
    hand_over(invoice)
    with together():
        db.session.flush()
        bookings.write(coming, sale)


def standing(invoice: Invoice) -> State:
    """Of one that was paid, by its sums."""
    if invoice.kept < invoice.total:
        return State.PART_REFUNDED if invoice.kept else State.REFUNDED
    return State.OVERPAID if invoice.leftover else State.PAID


def set_standing(invoice: Invoice) -> None:
    """After money moved; a dispute ends only when it is decided."""
    if invoice.state != State.DISPUTED:
        invoice.state = standing(invoice)


def hand_over(invoice: Invoice) -> None:
    for line in invoice.lines:
        if line.product is not None:
            line.fulfilled_at, line.revoked_at = clock.now(), None
            products.product(line.product).fulfil(sold(invoice, line))


def take_away(invoice: Invoice) -> None:
    for line in invoice.lines:
        if line.product is not None and line.revoked_at is None:
            line.revoked_at = clock.now()
            products.product(line.product).revoke(sold(invoice, line))


def gone(invoice: Invoice) -> str | None:
    """Why what it is for can no longer be had."""
    reasons = (
        products.product(line.product).gone(sold(invoice, line))
        for line in invoice.lines
        if line.product is not None
    )
    return next((reason for reason in reasons if reason), None)


def had(invoice: Invoice) -> int:
    """What of it was for what was had until it was taken away."""
    return sum(
        products.product(line.product).had(sold(invoice, line), line.revoked_at)
        for line in invoice.lines
        if line.product is not None and line.revoked_at is not None
    )


def sold(invoice: Invoice, line: InvoiceLine) -> Sold:
    return Sold(
        line_id=line.id,
        invoice_id=invoice.id,
        buyer_id=invoice.user_id,
        seller_id=invoice.seller_id,
        subject_id=line.subject_id,
        quantity=line.quantity,
        amount=line.amount,
        currency=invoice.currency,
        data=line.data,
        at=invoice.paid_at or clock.now(),
    )


def _waits(invoice: Invoice) -> timedelta:
    """What may be charged back is paid out only after a while."""
    used = {payment.rail for payment in invoice.payments}
    if any(rails.rail(name).can_be_disputed for name in used):
        return timedelta(days=settings().pending_days)
    return timedelta(0)
