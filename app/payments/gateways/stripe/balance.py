"""What moved on our balance at Stripe, and what stands there."""

from collections.abc import Iterator
from datetime import datetime

import httpx2
import stripe

from app.payments.errors import Unsure
from app.payments.gateways.stripe.client import TIMEOUTS, asking
from app.payments.gateways.stripe.objects import Moved, every, name_of, said, time
from app.platform.settings import settings

MANY = 100


def moved_since(since: datetime) -> list[Moved]:
    """The oldest first."""
    with asking() as client:
        found = client.v1.balance_transactions.list(
            {"created": {"gte": int(since.timestamp())}, "limit": MANY}
        )
        return sorted((_moved(one) for one in every(found)), key=lambda one: one.at)


def totals() -> dict[str, int]:
    """All that is ours there, available or not yet, by currency."""
    with asking() as client:
        found = client.v1.balance.retrieve()
    sums: dict[str, int] = {}
    for currency, amount in _amounts(found):
        sums[currency] = sums.get(currency, 0) + amount
    return sums


def top_up(amount: int, currency: str) -> str:
    """Only the play processor does it by itself; the movement's name."""
    asked = {"amount": amount, "currency": currency.lower()}
    try:
        answer = httpx2.post(f"{settings().stripe_api_base}/_double/topup", json=asked, timeout=TIMEOUTS[1])
        return str(answer.raise_for_status().json()["id"])
    except httpx2.HTTPError as error:
        raise Unsure("the play processor does not answer") from error


def _amounts(found: stripe.Balance) -> Iterator[tuple[str, int]]:
    for one in found.available:
        yield one.currency.upper(), one.amount
    for other in said(found, "pending") or ():
        yield other.currency.upper(), other.amount


def _moved(found: stripe.BalanceTransaction) -> Moved:
    return Moved(
        id=found.id,
        kind=found.type,
        amount=found.amount,
        fee=found.fee,
        currency=found.currency.upper(),
        source_id=name_of(said(found, "source")),
        at=time(found.created),
    )
