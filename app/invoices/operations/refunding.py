"""Money goes back: of what was sold, or what was paid too much. By the way it came, or as credit."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from app.extensions import db
from app.invoices import rails
from app.invoices.errors import NothingLeft, NotRefundable, OnlyAsItCame, OwnCase, SellerShort
from app.invoices.models import SETTLED, Invoice, Payment, Refund, State
from app.invoices.operations import bookings, ending, reclaiming, settling
from app.invoices.operations.locking import lock, lock_own
from app.invoices.rails import CREDIT
from app.kit import clock
from app.kit.ids import new_id
from app.ledger.errors import NotCovered
from app.ledger.operations.posting import Account, Entry
from app.platform import audit, outbox, work
from app.platform.audit import Action
from app.platform.errors import NotFound

REFUNDED, FAILED = "invoice.refunded", "invoice.refund_failed"
# Of a coin whose worth changes so much may become credit at the price of its day, in cents.
MOST_CREDIT_OF_COINS = 5_000


@dataclass(frozen=True, slots=True)
class Wish:
    amount: int
    reason: str
    asked_by: UUID | None
    note: str = ""
    as_credit: bool = False
    # Only as far as its seller has it with us.
    seller_covers: bool = False


@dataclass(frozen=True, slots=True)
class Cleared:
    """What goes back or is credit now, and what the payer had from their bank already."""

    rest: int
    taken: int
    currency: str


def refund(invoice_id: UUID, wish: Wish, coming: Entry | None = None) -> None:
    """All of it takes away what was sold; a part of it does not. `coming`: how it came, if only now."""
    invoice = lock(invoice_id)
    at_most = invoice.kept if State(invoice.state) in SETTLED else 0
    if not 0 < wish.amount <= at_most:
        raise NotRefundable(at_most, invoice.currency)
    made, entries = [], []
    for payment, amount in _spread(invoice, wish.amount):
        before = invoice.kept
        invoice.kept -= amount
        made.append(_refund(invoice, payment, amount, wish))
        entry = bookings.taken_back(invoice, before, made[-1], seller_covers=wish.seller_covers)
        entries.append(entry)
    settling.set_standing(invoice)
    if not invoice.kept:
        settling.take_away(invoice)
    audit.record(
        Action.INVOICE_REFUNDED,
        actor=wish.asked_by,
        subject=("invoice", invoice.id),
        amount=wish.amount,
        currency=invoice.currency,
        reason=wish.reason,
    )
    reclaimed = reclaiming.reclaim(invoice, made)
    told = {"invoice_id": str(invoice.id), "refund_ids": [str(one.id) for one in made]}
    outbox.emit(REFUNDED, {**told, "taken": reclaimed.amount})
    bookings.write(coming, *entries, *reclaimed.entries)


def refund_own_sale(invoice_id: UUID, seller_id: UUID, wish: Wish) -> None:
    """From what they have with us: who was paid out already asks the house."""
    if lock(invoice_id).seller_id != seller_id:
        raise NotFound
    try:
        with db.session.begin_nested():
            refund(invoice_id, replace(wish, seller_covers=True))
    except NotCovered as short:
        raise SellerShort from short


def refund_for_house(invoice_id: UUID, admin_id: UUID, wish: Wish) -> None:
    """By somebody who neither paid nor sold."""
    invoice = lock(invoice_id)
    if admin_id in {invoice.user_id, invoice.seller_id}:
        raise OwnCase
    refund(invoice_id, wish)


def give_back_leftover(invoice_id: UUID, payer_id: UUID) -> Cleared:
    """By its payer: what came in too much, too late or too little goes back to where it came from."""
    return _clear_leftover(invoice_id, payer_id, as_credit=False)


def keep_leftover_as_credit(invoice_id: UUID, payer_id: UUID) -> Cleared:
    """By its payer: for another time."""
    return _clear_leftover(invoice_id, payer_id, as_credit=True)


def sent(refund_id: UUID, provider_id: str) -> None:
    found, _ = _lock(refund_id)
    if found.ended_at is None:
        found.state, found.provider_id = "sent", provider_id


def went_back(refund_id: UUID, out_of: Account) -> None:
    """Its payer has it."""
    found, invoice = _lock(refund_id)
    if found.ended_at is None:
        found.state, found.ended_at = "succeeded", clock.now()
        bookings.write(bookings.gone_back(invoice, found, out_of))


def could_not_go_back(refund_id: UUID, why: str) -> None:
    """It becomes credit, and its payer is told."""
    found, invoice = _lock(refund_id)
    if found.ended_at is None:
        _fail(invoice, found, why, None)


def came_back(refund_id: UUID, why: str, into: Account) -> None:
    """The rail had brought it back, and now has it again: the payer's bank did not take it.

    What that bank itself gave its payer never went by the rail.
    """
    found, invoice = _lock(refund_id)
    if found.state == "succeeded" and found.rail != CREDIT and found.failure is None:
        _fail(invoice, found, why, into)


def _fail(invoice: Invoice, found: Refund, why: str, into: Account | None) -> None:
    """What a bank gave its payer meanwhile does not become credit besides, and they are told of the rest."""
    found.state, found.ended_at, found.failure = "failed", clock.now(), why
    reclaimed = reclaiming.reclaim(invoice, [found])
    bookings.write(bookings.came_home(invoice, found, into), *reclaimed.entries)
    audit.record(Action.REFUND_FAILED, actor=None, subject=("invoice", invoice.id), why=why)
    if credit := found.amount - reclaimed.amount:
        outbox.emit(FAILED, {"refund_id": str(found.id), "credit": credit})


def may_become_credit(invoice: Invoice) -> bool:
    """Whoever could choose later between coins and their former price would win, and the house pay."""
    parts = _spread(invoice, invoice.leftover)
    floating = (part for one, part in parts if rails.floats(one.rail, one.rail_currency))
    return sum(floating) <= MOST_CREDIT_OF_COINS


def _clear_leftover(invoice_id: UUID, payer_id: UUID, *, as_credit: bool) -> Cleared:
    """Money for an invoice that can still be paid is no leftover, unless its payer gives the invoice up."""
    invoice = lock_own(invoice_id, payer_id)
    amount = invoice.leftover
    if not amount or invoice.state in {State.PROCESSING, State.DISPUTED}:
        raise NothingLeft
    if as_credit and not may_become_credit(invoice):
        raise OnlyAsItCame
    wish = Wish(amount, "leftover", payer_id, as_credit=as_credit)
    made = [_refund(invoice, payment, part, wish) for payment, part in _spread(invoice, amount)]
    if invoice.paid_at is not None:
        settling.set_standing(invoice)
    elif invoice.state == State.UNDERPAID:
        ending.cancel(invoice)
    audit.record(
        Action.LEFTOVER_CLAIMED,
        actor=payer_id,
        subject=("invoice", invoice.id),
        amount=amount,
        currency=invoice.currency,
        as_credit=as_credit,
    )
    entries = [bookings.leftover_leaves(invoice, one) for one in made]
    reclaimed = reclaiming.reclaim(invoice, made)
    bookings.write(*entries, *reclaimed.entries)
    return Cleared(amount - reclaimed.amount, reclaimed.amount, invoice.currency)


def _refund(invoice: Invoice, payment: Payment, amount: int, wish: Wish) -> Refund:
    """What becomes credit is there at once; the rail is asked for the rest after the commit."""
    as_credit = wish.as_credit or payment.rail == CREDIT
    made = Refund(
        id=new_id(),
        invoice_id=invoice.id,
        payment_id=payment.id,
        rail=CREDIT if as_credit else payment.rail,
        amount=amount,
        currency=invoice.currency,
        rail_amount=amount if as_credit else _in_rail(payment, amount),
        rail_currency=invoice.currency if as_credit else payment.rail_currency,
        state="succeeded" if as_credit else "due",
        reason=wish.reason,
        note=wish.note,
        asked_by=wish.asked_by,
        created_at=clock.now(),
        ended_at=clock.now() if as_credit else None,
    )
    payment.returned += amount
    invoice.returned += amount
    db.session.add(made)
    db.session.flush()
    if not as_credit:
        kind = rails.rail(payment.rail).refund_work
        work.enqueue(kind, {"refund_id": str(made.id)}, unique_key=f"{kind}:{made.id}")
    return made


def _in_rail(payment: Payment, amount: int) -> int:
    """As many coins as came for it, to the last one when all of it goes."""
    gone = payment.returned
    until = (gone + amount) * payment.rail_amount // payment.amount
    return max(until - gone * payment.rail_amount // payment.amount, 1)


def _spread(invoice: Invoice, amount: int) -> list[tuple[Payment, int]]:
    """Over what came in, the last first."""
    parts = []
    for payment in db.session.scalars(
        select(Payment)
        .where(Payment.invoice_id == invoice.id)
        .order_by(Payment.received_at.desc(), Payment.id.desc())
    ):
        part = min(payment.amount - payment.returned, amount)
        if part:
            parts.append((payment, part))
            amount -= part
    return parts


def _lock(refund_id: UUID) -> tuple[Refund, Invoice]:
    found = db.session.get_one(Refund, refund_id)
    invoice = lock(found.invoice_id)
    db.session.refresh(found)
    return found, invoice
