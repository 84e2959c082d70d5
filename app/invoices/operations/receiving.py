"""Money came in. Whatever the invoice thinks of it, it is booked, once; its payer says what becomes of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.accounts.queries import has_left
from app.extensions import db
from app.invoices import fees
from app.invoices.models import PAYABLE, Attempt, Invoice, Payment, State
from app.invoices.operations import attempts, bookings, ending, settling
from app.invoices.operations.locking import lock
from app.invoices.tax import Told, of_whole
from app.kit.ids import new_id
from app.ledger.operations.posting import Account, Entry
from app.platform import audit, outbox
from app.platform.audit import Action

CAME_IN = "invoice.money_came_in"


@dataclass(frozen=True, slots=True)
class Money:
    rail: str
    # The rail's own name for it; the same again is the same money.
    external_id: str
    # In the invoice's currency, and as it moved.
    amount: int
    rail_amount: int
    rail_currency: str
    # Where it lies now.
    into: Account
    at: datetime
    attempt_id: UUID | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    # Nothing where the rail knows nothing of tax: then it is what was reckoned when the invoice was made.
    tax: Told | None = None


def receive(invoice_id: UUID, money: Money) -> bool:
    """Whether it was new."""
    invoice = lock(invoice_id)
    payment = book(invoice, money)
    if payment is None:
        return False
    if money.tax is not None and invoice.paid_at is None:
        _retell(invoice, money.amount, money.tax)
    count(invoice, payment, bookings.received(invoice, payment, money.into))
    return True


def book(invoice: Invoice, money: Money) -> Payment | None:
    """Its row, unless it is known: one charge, one transfer never pays two invoices."""
    return db.session.scalars(
        insert(Payment)
        .values(
            id=new_id(),
            invoice_id=invoice.id,
            attempt_id=money.attempt_id,
            user_id=invoice.user_id,
            rail=money.rail,
            external_id=money.external_id,
            amount=money.amount,
            currency=invoice.currency,
            rail_amount=money.rail_amount,
            rail_currency=money.rail_currency,
            returned=0,
            origin=money.origin,
            received_at=money.at,
        )
        .on_conflict_do_nothing(index_elements=["rail", "external_id"])
        .returning(Payment)
    ).one_or_none()


def count(invoice: Invoice, payment: Payment, entry: Entry | None, *, had: bool = False) -> None:
    """What this money changes for the invoice. `had`: what it is for can be had, as the caller knows."""
    _end_attempt(payment)
    invoice.received += payment.amount
    if country := payment.origin.get("country"):
        invoice.tax_evidence = {**invoice.tax_evidence, payment.rail: country}
    audit.record(
        Action.MONEY_RECEIVED,
        actor=invoice.user_id,
        subject=("invoice", invoice.id),
        amount=payment.amount,
        currency=payment.currency,
        rail=payment.rail,
    )
    outbox.emit(CAME_IN, {"invoice_id": str(invoice.id), "payment_id": str(payment.id)})
    reckon(invoice, entry, had=had)
    if State(invoice.state) in PAYABLE:
        attempts.call_off_outgrown(invoice, payment.attempt)


def _retell(invoice: Invoice, paid: int, told: Told) -> None:
    """The rail answers for this tax, and not our table; the fee is of what remains."""
    invoice.tax = min(of_whole(told.amount, paid, invoice.total), invoice.total)
    invoice.tax_bps = told.bps
    invoice.tax_country = told.country or invoice.tax_country
    if told.country:
        invoice.tax_evidence = {**invoice.tax_evidence, "address": told.country}
    invoice.fee = fees.fee(invoice.total - invoice.tax, invoice.fee_bps)


def reckon(invoice: Invoice, entry: Entry | None, *, had: bool = False) -> None:
    """What its sums say now. Late money is taken when what it was for can still be had, and is wanted."""
    with db.session.no_autoflush:
        wanted = invoice.paid_at is None and invoice.state != State.CANCELLED
        # Nothing is sold to nobody; what was open when they left was called off.
        wanted = wanted and not (invoice.state == State.EXPIRED and has_left(invoice.user_id))
        covered = wanted and invoice.leftover >= invoice.total
        settles = covered and (had or not settling.gone(invoice))
        if settles:
            attempts.call_off(invoice)
    if settles:
        settling.settle(invoice, entry)
        return
    if invoice.paid_at is not None:
        settling.set_standing(invoice)
    elif State(invoice.state) in PAYABLE:
        if invoice.leftover >= invoice.total:
            ending.cancel(invoice)
        else:
            attempts.wait(invoice)
    bookings.write(entry)


def _end_attempt(payment: Payment) -> None:
    """It has done its part when it brought what it asked for, perhaps in several transfers."""
    attempt = payment.attempt
    if attempt is not None and (payment.amount >= attempt.amount or _brought(attempt) >= attempt.amount):
        attempts.succeed(attempt)


def _brought(attempt: Attempt) -> int:
    found = select(func.sum(Payment.amount)).where(Payment.attempt_id == attempt.id)
    return db.session.execute(found).scalar_one() or 0
