"""Tries to pay. A rail begins one before it asks its provider, and says what became of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.extensions import db
from app.invoices import rails
from app.invoices.errors import NoLongerSold, NotPayable
from app.invoices.models import PAYABLE, Attempt, Invoice, State
from app.invoices.operations import limits, settling
from app.invoices.operations.locking import lock, lock_own
from app.kit import clock
from app.kit.ids import new_id
from app.platform import audit, work
from app.platform.audit import Action

# In an attempt's data: its payer did their part.
ON_ITS_WAY = "on_its_way"


@dataclass(frozen=True, slots=True)
class Quote:
    """What a rail will ask for, and at which rate. `amount`: where that is less than what is missing."""

    rail: str
    rail_amount: int
    rail_currency: str
    amount: int | None = None
    rate: str | None = None
    rate_source: str | None = None
    expires_at: datetime | None = None
    reference: str | None = None
    method_id: UUID | None = None
    off_session: bool = False
    data: dict[str, Any] = field(default_factory=dict)


def payable(invoice_id: UUID, payer_id: UUID | None = None) -> Invoice:
    """Locked, not too late, and what it is for can still be had. `payer_id`: whose it has to be."""
    invoice = lock_own(invoice_id, payer_id) if payer_id else lock(invoice_id)
    late = invoice.expires_at is not None and invoice.expires_at <= clock.now()
    if State(invoice.state) not in PAYABLE or (late and invoice.state == State.OPEN):
        raise NotPayable
    if reason := settling.gone(invoice):
        raise NoLongerSold(reason)
    return invoice


def begin(invoice: Invoice, quote: Quote) -> Attempt:
    """For what is still missing."""
    limits.check(invoice.user_id, invoice.total, invoice.currency, besides=invoice.id)
    attempt = enter(invoice, quote)
    db.session.flush()
    return attempt


def enter(invoice: Invoice, quote: Quote) -> Attempt:
    """Its row, where nobody has to be asked any more."""
    attempt = Attempt(
        id=new_id(),
        invoice=invoice,
        user_id=invoice.user_id,
        state="made",
        amount=invoice.missing if quote.amount is None else quote.amount,
        currency=invoice.currency,
        created_at=clock.now(),
        rail=quote.rail,
        rail_amount=quote.rail_amount,
        rail_currency=quote.rail_currency,
        rate=quote.rate,
        rate_source=quote.rate_source,
        expires_at=quote.expires_at,
        reference=quote.reference,
        method_id=quote.method_id,
        off_session=quote.off_session,
        data=quote.data,
    )
    db.session.add(attempt)
    audit.record(
        Action.PAYMENT_TRIED, actor=invoice.user_id, subject=("invoice", invoice.id), rail=quote.rail
    )
    return attempt


def living(invoice_id: UUID, rail: str) -> list[Attempt]:
    """Those that may still bring money, the newest first."""
    return [attempt for attempt in _all_living(invoice_id) if attempt.rail == rail]


def asked(attempt_id: UUID, provider_id: str, **data: object) -> None:
    """The provider knows of it; now it is its payer's turn, unless it was called off meanwhile."""
    attempt = _lock(attempt_id)
    was, attempt.provider_id = attempt.provider_id, provider_id
    attempt.data = {**attempt.data, **data}
    if attempt.ended_at is None:
        attempt.state = "waiting"
    elif was != provider_id and attempt.state in {"expired", "cancelled"}:
        _tell_rail(attempt)


def on_its_way(attempt_id: UUID) -> None:
    """The payer did their part, and the rail takes its time."""
    attempt = _lock(attempt_id)
    if attempt.ended_at is None:
        attempt.data = {**attempt.data, ON_ITS_WAY: True}
        wait(lock(attempt.invoice_id))


def fail(attempt_id: UUID, code: str, words: str, *, state: str = "failed") -> bool:
    """Whether it had not ended before. The invoice can be paid in another way."""
    attempt = _lock(attempt_id)
    if attempt.ended_at is not None:
        return False
    attempt.state, attempt.ended_at = state, clock.now()
    attempt.failure_code, attempt.failure = code, words
    wait(lock(attempt.invoice_id))
    audit.record(
        Action.PAYMENT_FAILED, actor=attempt.user_id, subject=("invoice", attempt.invoice_id), code=code
    )
    return True


def succeed(attempt: Attempt) -> None:
    """The caller holds its invoice's lock."""
    attempt.state, attempt.ended_at = "succeeded", clock.now()
    attempt.failure_code = attempt.failure = None


def wait(invoice: Invoice) -> None:
    """What an invoice that is not paid yet waits for. The caller holds its lock."""
    if State(invoice.state) not in PAYABLE:
        return
    if any(is_on_its_way(attempt) for attempt in _all_living(invoice.id)):
        invoice.state = State.PROCESSING
    else:
        invoice.state = State.UNDERPAID if invoice.leftover else State.OPEN


def is_on_its_way(attempt: Attempt) -> bool:
    return attempt.ended_at is None and attempt.data.get(ON_ITS_WAY, False)


def call_off(invoice: Invoice, state: str = "cancelled") -> None:
    """All that may still bring money: nobody waits for it any more. The caller holds the invoice's lock."""
    for attempt in invoice.attempts:
        if attempt.ended_at is None:
            _call_off(attempt, state)


def call_off_outgrown(invoice: Invoice, besides: Attempt | None) -> None:
    """Those that ask for more than is missing now. Whichever brought a part asks for the rest itself."""
    for attempt in _all_living(invoice.id):
        other = attempt is not besides and not is_on_its_way(attempt)
        if other and attempt.amount > invoice.missing:
            _call_off(attempt, "cancelled")


def _call_off(attempt: Attempt, state: str) -> None:
    attempt.state, attempt.ended_at = state, clock.now()
    _tell_rail(attempt)


def _tell_rail(attempt: Attempt) -> None:
    if kind := rails.rail(attempt.rail).cancel_work:
        work.enqueue(kind, {"attempt_id": str(attempt.id)})


def _all_living(invoice_id: UUID) -> list[Attempt]:
    found = (
        select(Attempt)
        .where(Attempt.invoice_id == invoice_id, Attempt.ended_at.is_(None))
        .order_by(Attempt.id.desc())
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(found))


def _lock(attempt_id: UUID) -> Attempt:
    """Its invoice first, as everywhere."""
    attempt = db.session.get_one(Attempt, attempt_id)
    lock(attempt.invoice_id)
    db.session.refresh(attempt)
    return attempt
