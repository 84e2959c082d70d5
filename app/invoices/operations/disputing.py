"""A payer's bank takes a payment back: held while it is open, ended one way or the other."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.queries import find_user
from app.extensions import db
from app.invoices.models import BY_BANK, Dispute, Invoice, Payment, Refund, State
from app.invoices.operations import bookings, crediting, receiving, reclaiming, refunding, settling
from app.invoices.operations.locking import lock
from app.invoices.operations.refunding import Wish
from app.kit import clock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry
from app.platform import audit, outbox
from app.platform.audit import Action

OPENED = "invoice.disputed"
CLOSED = "invoice.dispute_closed"


@dataclass(frozen=True, slots=True)
class Complaint:
    rail: str
    provider_id: str
    amount: int
    reason: str
    answer_by: datetime | None
    opened_at: datetime


def opened(payment_id: UUID, complaint: Complaint, clearing: Account) -> None:
    """First goes what waited for its payer, then what was kept: what was sold closes until it is decided. Of
    what its payer had as credit, what they still have; what they bought with the rest stays theirs.

    The same again changes nothing.
    """
    payment = db.session.get_one(Payment, payment_id)
    assert payment.invoice_id is not None
    invoice = lock(payment.invoice_id)
    if find(complaint.rail, complaint.provider_id):
        return
    db.session.refresh(payment)
    before = invoice.kept
    dispute = _dispute(invoice, payment, complaint)
    db.session.add(dispute)
    db.session.flush()
    _move(invoice, payment, dispute, -1)
    _settle(invoice, bookings.disputed(invoice, before, dispute, clearing))
    _note(invoice, dispute)
    outbox.emit(OPENED, {"dispute_id": str(dispute.id)})


def won(dispute_id: UUID, clearing: Account) -> None:
    """The money is back, and so is what it opened, where that can still be had."""
    dispute, invoice = _lock(dispute_id)
    if dispute.state != "open":
        return
    before = invoice.kept
    payment = db.session.get_one(Payment, dispute.payment_id, populate_existing=True)
    dispute.state, dispute.closed_at = "won", clock.now()
    _move(invoice, payment, dispute, 1)
    _settle(invoice, bookings.dispute_won(invoice, before, dispute, clearing))
    _note(invoice, dispute)
    outbox.emit(CLOSED, {"dispute_id": str(dispute.id)})


def lost(dispute_id: UUID) -> None:
    """As if it had been refunded, with the payer's bank as the one who did."""
    dispute, invoice = _lock(dispute_id)
    if dispute.state != "open":
        return
    dispute.state, dispute.closed_at = "lost", clock.now()
    _settle(invoice, bookings.dispute_lost(invoice, dispute))
    _note(invoice, dispute)
    outbox.emit(CLOSED, {"dispute_id": str(dispute.id)})


def overtook(refund_id: UUID, why: str) -> None:
    """A refund that its rail could not bring back. As long as a bank decides about its payment, it waits.

    What the bank took beyond what was here was this refund: so far its payer has it. The rest becomes credit.
    """
    found = db.session.get_one(Refund, refund_id)
    lock(found.invoice_id)
    db.session.refresh(found)
    if found.ended_at is not None or is_open(found.payment_id):
        return
    by_bank = min(_taken_beyond(found.payment_id) - reclaiming.ended_by_bank(found.payment_id), found.amount)
    if by_bank <= 0:
        refunding.could_not_go_back(refund_id, why)
        return
    rest = _part_off(found, found.amount - by_bank) if by_bank < found.amount else None
    refunding.went_back(refund_id, Account(Kind.DISPUTE_LOSS, found.currency))
    found.failure = BY_BANK
    if rest is not None:
        refunding.could_not_go_back(rest.id, why)


def is_open(payment_id: UUID) -> bool:
    """Whether a bank still decides about it."""
    found = select(Dispute.id).where(Dispute.payment_id == payment_id, Dispute.state == "open")
    return db.session.scalars(found.limit(1)).first() is not None


def find(rail: str, provider_id: str) -> Dispute | None:
    return db.session.scalars(
        select(Dispute).where(Dispute.rail == rail, Dispute.provider_id == provider_id)
    ).one_or_none()


def _taken_beyond(payment_id: UUID) -> int:
    """What banks took for good of money that had gone already, or was about to."""
    beyond = func.sum(Dispute.amount - Dispute.from_kept - Dispute.from_leftover - Dispute.from_credit)
    found = select(beyond).where(Dispute.payment_id == payment_id, Dispute.state == "lost")
    return int(db.session.execute(found).scalar_one() or 0)


def _part_off(refund: Refund, amount: int) -> Refund:
    """A refund of its own, so that each has one end. Only rails that count as invoices do have disputes."""
    refund.amount, refund.rail_amount = refund.amount - amount, refund.rail_amount - amount
    part = Refund(
        id=new_id(),
        invoice_id=refund.invoice_id,
        payment_id=refund.payment_id,
        rail=refund.rail,
        amount=amount,
        currency=refund.currency,
        rail_amount=amount,
        rail_currency=refund.rail_currency,
        state="due",
        reason=refund.reason,
        note=refund.note,
        asked_by=refund.asked_by,
        created_at=refund.created_at,
    )
    db.session.add(part)
    db.session.flush()
    return part


def _dispute(invoice: Invoice, payment: Payment, complaint: Complaint) -> Dispute:
    still_here = min(complaint.amount, payment.amount - payment.returned)
    from_leftover = min(still_here, invoice.leftover)
    from_kept = still_here - from_leftover
    as_credit = min(complaint.amount - still_here, reclaiming.given_as_credit(payment.id))
    return Dispute(
        id=new_id(),
        invoice_id=invoice.id,
        payment_id=payment.id,
        rail=complaint.rail,
        provider_id=complaint.provider_id,
        amount=complaint.amount,
        currency=invoice.currency,
        reason=complaint.reason,
        state="open",
        from_kept=from_kept,
        from_leftover=from_leftover,
        from_credit=min(as_credit, max(crediting.available(invoice), 0)),
        held=_sellers_part(invoice, from_kept),
        answer_by=complaint.answer_by,
        opened_at=complaint.opened_at,
    )


def _sellers_part(invoice: Invoice, part: int) -> int:
    kept = invoice.kept
    return bookings.shares(invoice, kept).seller - bookings.shares(invoice, kept - part).seller


def _move(invoice: Invoice, payment: Payment, dispute: Dispute, sign: int) -> None:
    moved = sign * (dispute.from_kept + dispute.from_leftover)
    invoice.kept += sign * dispute.from_kept
    invoice.returned -= moved
    payment.returned -= moved


def _settle(invoice: Invoice, entry: Entry | None) -> None:
    """Closes with the first dispute about what was sold, opens again with the end of the last."""
    db.session.flush()
    closed, disputed = invoice.state == State.DISPUTED, _is_disputed(invoice)
    if closed and not disputed:
        invoice.state = settling.standing(invoice)
        if invoice.kept and settling.gone(invoice):
            _give_back(invoice, entry)
            return
        if invoice.kept:
            settling.hand_over(invoice)
    elif disputed and not closed:
        settling.take_away(invoice)
        invoice.state = State.DISPUTED
    receiving.reckon(invoice, entry)


def _give_back(invoice: Invoice, entry: Entry | None) -> None:
    """Nobody pays for what they cannot have: as credit, or the way it came where its payer has left. But for
    what they had of it before.
    """
    amount = invoice.kept - settling.had(invoice)
    if amount <= 0:
        receiving.reckon(invoice, entry)
        return
    payer = find_user(invoice.user_id)
    here = payer is not None and payer.state != "deleted"
    refunding.refund(invoice.id, Wish(amount, "gone", None, as_credit=here), entry)


def _is_disputed(invoice: Invoice) -> bool:
    found = select(Dispute.id).where(
        Dispute.invoice_id == invoice.id, Dispute.state == "open", Dispute.from_kept > 0
    )
    return db.session.scalars(found.limit(1)).first() is not None


def _note(invoice: Invoice, dispute: Dispute) -> None:
    audit.record(
        Action.DISPUTED,
        actor=None,
        subject=("invoice", invoice.id),
        state=dispute.state,
        amount=dispute.amount,
        currency=dispute.currency,
    )


def _lock(dispute_id: UUID) -> tuple[Dispute, Invoice]:
    found = db.session.get_one(Dispute, dispute_id)
    invoice = lock(found.invoice_id)
    # Credit that comes back by another invoice is counted here too.
    db.session.refresh(found, with_for_update=True)
    return found, invoice
