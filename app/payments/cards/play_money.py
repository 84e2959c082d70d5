"""The play processor of demo mode holds what play creators may be paid: the house puts it there."""

from collections.abc import Iterator
from contextlib import suppress

from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments.cards import balancing
from app.payments.cards.rail import is_on
from app.payments.errors import Unsure
from app.payments.gateways.stripe import balance
from app.platform import schedule, work
from app.platform.settings import settings
from app.platform.transaction import transaction
from app.platform.work import Payload

WORK = "payments.card_play_money"
# In the smallest unit: so much lies there beside what creators are owed, and so much more once it does not.
LEAST, MORE = 10_000_00, 25_000_00
OWED = frozenset({Kind.CREATOR_PENDING, Kind.CREATOR_AVAILABLE, Kind.PAYOUT_TRANSIT})
# What the processor does not move.
NOT_THERE = frozenset({"SOL", "USDC", "PTS"})


def is_play() -> bool:
    """The double of demo mode, which no bank has heard of."""
    chosen = settings()
    return chosen.demo and chosen.stripe_api_base == f"http://127.0.0.1:{chosen.cards_port}"


@schedule.every(30, WORK)
def ask_for_play_money() -> None:
    """Fans of the play house pay by coins and play credit too, of which the processor has nothing."""
    if is_play() and is_on():
        with transaction():
            work.enqueue(WORK, {}, unique_key=WORK)


@work.handler(WORK, queue="payments", transactional=False, max_attempts=3)
def put_in(_: Payload) -> None:
    with suppress(Unsure):  # the clock asks again in half a minute
        with work.recording():
            balancing.begin()
        there = balance.totals()
        for currency, owed in _owed():
            lack = owed + LEAST - there.get(currency, 0)
            if lack > 0:
                _put_in(currency, lack + MORE)


def _owed() -> Iterator[tuple[str, int]]:
    owed = {"USD": 0}
    for total in ledger.trial_balance():
        if total.kind in OWED and total.currency not in NOT_THERE:
            owed[total.currency] = owed.get(total.currency, 0) + total.natural
    yield from owed.items()


def _put_in(currency: str, amount: int) -> None:
    """The owner gives it to the bank; that it went from there to the processor is booked as any top-up is."""
    name = balance.top_up(amount, currency)
    legs = (Leg(Account(Kind.BANK, currency), amount), Leg(Account(Kind.OWNER, currency), -amount))
    with work.recording():
        post(Entry(f"play-money:{name}", "owner_deposit", legs, refs={"movement": name}))
