"""Trying to pay with coins: the exact amount, a key to find it by, and a price that holds for a while."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.extensions import db
from app.invoices.errors import NotOffered, NotPayable
from app.invoices.models import Attempt, Invoice, State
from app.invoices.operations import attempts
from app.invoices.operations.attempts import Quote
from app.kit import clock
from app.payments import queries
from app.payments import queries_solana as chain
from app.payments.errors import RailClosed
from app.payments.operations import solana_prices as prices
from app.payments.solana.values import COINS, RAIL
from app.platform.errors import NotFound

PRICE_HOLDS = timedelta(minutes=15)
# What is still offered to somebody who comes back to the page.
WORTH_SHOWING = timedelta(minutes=5)
# What was seen and is seen no more may come again for so long.
MAY_COME_AGAIN = timedelta(minutes=2)
REPLACED = "You chose another way."
TOO_LATE = "The price was held for 15 minutes. Choose again to see the new one."
DROPPED = "The network dropped your payment, and nothing left your wallet. Please try again."


def begin(invoice_id: UUID, payer_id: UUID, coin: str, reference: str) -> Attempt:
    """One at a time: the one that waits goes on, unless something about it changed."""
    invoice = attempts.payable(invoice_id)
    if invoice.user_id != payer_id:
        raise NotFound
    if invoice.state == State.PROCESSING:
        raise NotPayable
    if not queries.is_open(RAIL, invoice.seller_id):
        raise RailClosed
    price = prices.current(coin, invoice.currency) if coin in COINS else None
    if price is None:
        raise NotOffered
    for earlier in attempts.living(invoice.id, RAIL):
        if _is_good(earlier, invoice, coin):
            return earlier
        attempts.fail(earlier.id, "replaced", REPLACED, state="cancelled")
    made = attempts.begin(invoice, _quote(invoice, coin, price, reference))
    attempts.asked(made.id, reference)
    return made


def saw(attempt_id: UUID, signature: str, units: int, *, enough: bool) -> None:
    """It is confirmed, and may still go away."""
    progress = {"signature": signature, "units": units, "seen_at": clock.now().isoformat()}
    if _show(attempt_id, progress) and enough:
        attempts.on_its_way(attempt_id)


def arrived(attempt_id: UUID) -> None:
    """It is final, and was not all: the page asks for the rest."""
    _show(attempt_id, {})


def lost_sight(attempt_id: UUID) -> None:
    """It is not there any more. An invoice that waits for it does not wait for ever."""
    if not chain.is_processing(_attempt(attempt_id).invoice_id):
        _show(attempt_id, {})
        return
    attempts.fail(attempt_id, "dropped", DROPPED)


def expire(attempt_id: UUID) -> None:
    attempts.fail(attempt_id, "price_expired", TOO_LATE, state="expired")


def _is_good(attempt: Attempt, invoice: Invoice, coin: str) -> bool:
    left = attempt.expires_at - clock.now() if attempt.expires_at else timedelta(0)
    same = (attempt.rail_currency, attempt.amount) == (coin, invoice.missing)
    return same and left > WORTH_SHOWING


def _quote(invoice: Invoice, coin: str, price: prices.Price, reference: str) -> Quote:
    return Quote(
        rail=RAIL,
        rail_amount=prices.units(invoice.missing, invoice.currency, coin, price.text),
        rail_currency=coin,
        rate=price.text,
        rate_source=price.source,
        expires_at=clock.now() + PRICE_HOLDS,
        reference=reference,
        data={"rate_at": price.at.isoformat()},
    )


def _show(attempt_id: UUID, progress: dict[str, Any]) -> bool:
    """Whether it says something new; that it is still there is new after a while."""
    attempt = _attempt(attempt_id)
    shown = attempt.data.get("seen") or {}
    same = shown.get("signature") == progress.get("signature") and shown.get("units") == progress.get("units")
    if same and not (shown and _is_old(shown["seen_at"])):
        return False
    assert attempt.provider_id is not None
    attempts.asked(attempt.id, attempt.provider_id, seen=progress)
    return True


def _is_old(seen_at: str) -> bool:
    return datetime.fromisoformat(seen_at) + MAY_COME_AGAIN / 2 < clock.now()


def _attempt(attempt_id: UUID) -> Attempt:
    return db.session.get_one(Attempt, attempt_id, populate_existing=True)
