"""Paying by card begins here: a row first, the call to the processor after the commit.

    charge_method(invoice.id, method.id)     # a renewal, its owner away; inside transaction()

It is paid when "invoice.paid" says so. When it is not, "payment.failed" tells {"attempt_id", "invoice_id",
"off_session"}, and `outcome(attempt_id)` what may be done about it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.invoices import tax
from app.invoices.errors import NotOffered
from app.invoices.models import Attempt, Invoice, State
from app.invoices.operations import attempts
from app.invoices.operations.attempts import Quote
from app.kit import clock
from app.payments import queries
from app.payments.models import CARD, PaymentMethod
from app.platform import outbox, work
from app.platform.errors import NotFound
from app.platform.settings import settings

ASK, CANCEL = "payments.card_ask", "payments.card_cancel"
FAILED = "payment.failed"
# Whoever began it asks at once; the worker asks when they were interrupted.
COMPLETED_AFTER = timedelta(seconds=10)
# How long a hosted page may live, by its provider's rules, with a little time to open it.
SHORTEST, LONGEST = timedelta(minutes=40), timedelta(hours=23)

NEEDS_OWNER = frozenset({"authentication_required", "authentication_not_handled"})
# Asking the same card again is useless, and banks take it ill.
FINAL = frozenset(
    {
        "card_not_supported", "currency_not_supported", "expired_card", "fraudulent", "incorrect_number",
        "invalid_account", "invalid_cvc", "invalid_number", "lost_card", "merchant_blacklist",
        "no_such_method", "pickup_card", "refused", "restricted_card",
        "revocation_of_all_authorizations", "revocation_of_authorization", "security_violation",
        "stolen_card", "stop_payment_order",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a charge: `kind` is waiting, paid, declined or needs_authentication."""

    kind: str
    code: str = ""
    words: str = ""
    # Whether the same card may be tried again some days later.
    retryable: bool = False


def open_page(invoice_id: UUID, payer_id: UUID, *, keep: bool) -> Attempt:
    """On a page of the processor's. Two clicks and two tabs find the same page."""
    invoice = _payable(invoice_id, payer_id)
    keeps = keep or queries.renews(invoice.id)
    for one in attempts.living(invoice.id, CARD):
        if one.method_id or invoice.state == State.PROCESSING or _fits(one, invoice, keeps):
            return one
        call_off(one)
    _not_twice(invoice)
    about = {"keeps": keeps, **_said(invoice)}
    quote = Quote(CARD, invoice.missing, invoice.currency, expires_at=_until(invoice), data=about)
    begun = attempts.begin(invoice, quote)
    _complete_later(begun)
    return begun


def charge_saved(invoice_id: UUID, payer_id: UUID, method_id: UUID) -> Attempt:
    """A card on file, its owner there."""
    return _charge(_payable(invoice_id, payer_id), method_id, off_session=False)


def charge_method(invoice_id: UUID, method_id: UUID) -> UUID:
    """A card on file, its owner away. The same again is the same charge; the attempt's id."""
    invoice = attempts.payable(invoice_id)
    return _charge(invoice, method_id, off_session=True).id


def outcome(attempt_id: UUID) -> Outcome:
    found = queries.attempt(attempt_id)
    if found is None:
        raise NotFound
    if found.ended_at is None:
        return Outcome("waiting")
    if found.state == "succeeded":
        return Outcome("paid")
    code, words = found.failure_code or found.state, found.failure or ""
    if code in NEEDS_OWNER:
        return Outcome("needs_authentication", code, words)
    return Outcome("declined", code, words, retryable=code not in FINAL)


def fail(attempt_id: UUID, code: str, words: str, *, state: str = "failed") -> None:
    """And tells who waits for it."""
    if attempts.fail(attempt_id, code, words, state=state):
        ended = queries.attempt(attempt_id)
        assert ended is not None
        told = {"attempt_id": str(ended.id), "invoice_id": str(ended.invoice_id)}
        outbox.emit(FAILED, {**told, "off_session": ended.off_session})


def ask_soon(attempt_id: UUID, due_at: datetime | None = None) -> None:
    """Once, however often it is asked for."""
    work.enqueue(ASK, {"attempt_id": str(attempt_id)}, due_at=due_at, unique_key=f"card-ask:{attempt_id}")


def call_off(attempt: Attempt) -> None:
    """Another one takes its place."""
    attempts.fail(attempt.id, "replaced", "You went on in another way.", state="cancelled")
    work.enqueue(CANCEL, {"attempt_id": str(attempt.id)})


def _charge(invoice: Invoice, method_id: UUID, *, off_session: bool) -> Attempt:
    for one in attempts.living(invoice.id, CARD):
        if one.method_id or invoice.state == State.PROCESSING:
            return one
        call_off(one)
    _not_twice(invoice)
    method = _own(method_id, invoice.user_id)
    begun = attempts.begin(
        invoice,
        Quote(
            CARD,
            invoice.missing,
            invoice.currency,
            method_id=method.id,
            off_session=off_session,
            data=_said(invoice),
        ),
    )
    # Until its outcome is known nothing else may be begun.
    attempts.on_its_way(begun.id)
    _complete_later(begun, at_once=off_session)
    return begun


def _said(invoice: Invoice) -> dict[str, Any]:
    """Whether the processor reckons the tax, and what is paid for: decided once, so that the call stays the
    same.
    """
    return {"taxed": settings().stripe_tax and tax.taxed(invoice.kind), "owes": invoice.unique_key}


def _payable(invoice_id: UUID, payer_id: UUID) -> Invoice:
    invoice = attempts.payable(invoice_id, payer_id)
    if not queries.is_open(CARD, invoice.seller_id):
        raise NotOffered
    return invoice


def _not_twice(invoice: Invoice) -> None:
    if invoice.state == State.PROCESSING:
        raise NotOffered("A payment is on its way already. Wait until it has ended.")


def _own(method_id: UUID, user_id: UUID) -> PaymentMethod:
    found = queries.method(method_id, user_id)
    if found is None:
        raise NotOffered("This card is not on file any more. Choose another one.")
    return found


def _fits(attempt: Attempt, invoice: Invoice, keeps: bool) -> bool:
    lives = attempt.expires_at is None or attempt.expires_at > clock.now()
    return lives and attempt.amount == invoice.missing and bool(attempt.data.get("keeps")) == keeps


def _until(invoice: Invoice) -> datetime:
    at = clock.now()
    wanted = invoice.expires_at or at + LONGEST
    return min(max(wanted, at + SHORTEST), at + LONGEST)


def _complete_later(attempt: Attempt, *, at_once: bool = False) -> None:
    ask_soon(attempt.id, clock.now() + (timedelta(0) if at_once else COMPLETED_AFTER))
