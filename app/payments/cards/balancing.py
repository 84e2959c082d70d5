"""The processor's balance against our books, every few minutes."""

from datetime import datetime, timedelta

from app.kit import clock
from app.ledger.chart import Kind
from app.payments import queries
from app.payments.gateways.stripe import balance
from app.payments.gateways.stripe.objects import Moved
from app.payments.models import CARD
from app.payments.operations import reading, reconciling
from app.payments.operations.reconciling import Movement, Place
from app.platform.transaction import transaction

CURSOR = "stripe:balance"
OVERLAP = timedelta(hours=1)
AT_PROCESSOR = Place(CARD, Kind.CARD_CLEARING)


def begin() -> None:
    """From now on it is read, where it was not yet: for what moves before the first card is taken."""
    if _since() is None:
        reading.read_until(CURSOR, clock.now())


def read() -> None:
    """What moved since we took the first card; fees are booked, and each movement finds its entry."""
    since = _since()
    if since is None:
        return
    moved = balance.moved_since(since)
    with transaction():
        for one in moved:
            reconciling.note(AT_PROCESSOR, _movement(one))
        if moved:
            reading.read_until(CURSOR, moved[-1].at)
    with transaction():
        reconciling.check(AT_PROCESSOR)


def compare() -> None:
    """The whole, once nothing is left to be found on either side."""
    asked_at = clock.now()
    read()
    totals = balance.totals()
    with transaction():
        reconciling.check_books(AT_PROCESSOR, asked_at)
        if reconciling.agreed(CARD):
            reconciling.check_balance(AT_PROCESSOR, totals)


def _since() -> datetime | None:
    """Told in the order of times, more or less."""
    read_until = queries.read_until(CURSOR)
    return read_until - OVERLAP if read_until else queries.first_attempt_at(CARD)


def _movement(one: Moved) -> Movement:
    return Movement(
        external_id=one.id,
        kind=one.kind,
        amount=one.amount,
        fee=one.fee,
        currency=one.currency,
        source_id=one.source_id,
        at=one.at,
    )
