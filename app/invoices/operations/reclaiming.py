"""Credit of which a bank took the payment that it was made of: its payer has that money once, and not twice.

What they still have of it goes with the payment (disputing.py). What they had spent goes when it comes back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from app.accounts.queries import has_left
from app.extensions import db
from app.invoices.models import BY_BANK, Dispute, Invoice, Payment, Refund
from app.invoices.operations import bookings
from app.invoices.rails import CREDIT
from app.ledger.operations.posting import Entry


@dataclass(slots=True)
class Reclaimed:
    amount: int = 0
    entries: list[Entry | None] = field(default_factory=list)


def reclaim(invoice: Invoice, refunds: Iterable[Refund]) -> Reclaimed:
    """Of what these have just made credit, what banks gave its payer already. Its entries come after those
    that bring it. Should a dispute be won, it comes back with all that was taken.
    """
    found = Reclaimed()
    if has_left(invoice.user_id):
        return found  # it is nobody's credit (bookings._as_credit)
    for refund in refunds:
        there = refund.amount
        for dispute in _against(invoice, refund):
            if part := min(spent(dispute), there):
                dispute.from_credit += part
                db.session.flush()
                disputed = db.session.get_one(Invoice, dispute.invoice_id)
                found.entries.append(bookings.reclaimed(disputed, dispute, refund, part))
                found.amount, there = found.amount + part, there - part
    return found


def spent(dispute: Dispute) -> int:
    """What its payer had as credit, and neither has any more nor gave to their bank."""
    gone = dispute.amount - dispute.from_kept - dispute.from_leftover - dispute.from_credit
    gone -= ended_by_bank(dispute.payment_id)
    return max(min(gone, given_as_credit(dispute.payment_id)), 0)


def given_as_credit(payment_id: UUID) -> int:
    """Of this payment, and not taken back by its bank. What could not go back as it came is credit too."""
    as_credit = or_(Refund.rail == CREDIT, Refund.state == "failed")
    given = select(func.sum(Refund.amount)).where(Refund.payment_id == payment_id, as_credit)
    taken = select(func.sum(Dispute.from_credit)).where(
        Dispute.payment_id == payment_id, Dispute.state != "won"
    )
    return int(db.session.scalar(given) or 0) - int(db.session.scalar(taken) or 0)


def ended_by_bank(payment_id: UUID) -> int:
    found = select(func.sum(Refund.amount)).where(Refund.payment_id == payment_id, Refund.failure == BY_BANK)
    return int(db.session.execute(found).scalar_one() or 0)


def _against(invoice: Invoice, refund: Refund) -> Sequence[Dispute]:
    """The disputes that this credit may be of, locked: of the same payment, where the rail could not bring it
    back; where it was spent and comes back, those that found it spent. What was spent later was other credit.
    """
    payment = db.session.get_one(Payment, refund.payment_id)
    of: tuple[ColumnElement[bool], ...]
    if payment.rail == CREDIT:
        of = (Invoice.user_id == invoice.user_id, Dispute.id > payment.id)
    elif refund.state == "failed":
        of = (Dispute.payment_id == payment.id,)
    else:
        return ()
    found = (
        select(Dispute)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .where(
            *of,
            Dispute.currency == refund.currency,
            Dispute.state != "won",
            Dispute.amount > Dispute.from_kept + Dispute.from_leftover + Dispute.from_credit,
        )
        .order_by(Dispute.id)
        .with_for_update(of=Dispute)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(found).all()
