"""What is known about disputes by card."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.extensions import db
from app.invoices.models import Dispute, Invoice, InvoiceLine, Payment
from app.kit.money import readable
from app.payments.models import CARD
from app.platform.errors import NotFound

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Story:
    dispute: Dispute
    invoice: Invoice
    payment: Payment
    lines: list[InvoiceLine]

    @property
    def facts(self) -> str:
        """A beginning of an answer: what we know without asking anybody. No names."""
        paid = readable(self.payment.rail_amount, self.payment.rail_currency)
        told = [f"Paid {paid} on {self.payment.received_at:%d %B %Y, %H:%M} UTC."]
        told += [f"Bought: {line.label}." for line in self.lines if line.product]
        told += [
            f"Delivered at once: access was opened on {line.fulfilled_at:%d %B %Y, %H:%M} UTC."
            for line in self.lines
            if line.fulfilled_at
        ]
        return "\n".join(told)


def disputes(before: UUID | None = None, *, closed: bool) -> tuple[list[Dispute], UUID | None]:
    """The newest first, and where it goes on."""
    conditions: list[Any] = [Dispute.rail == CARD, Dispute.closed_at.is_not(None) == closed]
    if before:
        conditions.append(Dispute.id < before)
    found = select(Dispute).where(*conditions).order_by(Dispute.id.desc()).limit(AT_ONCE + 1)
    rows = list(db.session.scalars(found))
    return rows[:AT_ONCE], rows[AT_ONCE - 1].id if len(rows) > AT_ONCE else None


def story(dispute_id: UUID) -> Story:
    found = db.session.execute(
        select(Dispute, Invoice, Payment)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .join(Payment, Payment.id == Dispute.payment_id)
        .where(Dispute.id == dispute_id, Dispute.rail == CARD)
    ).first()
    if found is None:
        raise NotFound
    dispute, invoice, payment = found
    lines = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.n)
    return Story(dispute, invoice, payment, list(db.session.scalars(lines)))
