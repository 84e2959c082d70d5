"""By the clock: the scheduler asks for looks, the worker takes them, because nodes may be slow."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement

from app.extensions import db
from app.invoices.models import Payment, Refund
from app.invoices.operations import refunding
from app.kit import clock
from app.kit.ids import new_id
from app.kit.money import DIGITS
from app.payments import queries_solana as queries
from app.payments.errors import Unsure
from app.payments.gateways.solana import rates, reading, signer
from app.payments.gateways.solana import sending as wire
from app.payments.models import ChainSend
from app.payments.operations import solana_prices as prices
from app.payments.operations import solana_receiving as receiving
from app.payments.operations import solana_sends as sends
from app.payments.operations.solana_sends import COLD, REFUND, Wish
from app.payments.solana import checking, looking, rail, sending
from app.payments.solana.values import COINS, SOL, USDC
from app.platform import schedule, work
from app.platform.rounds import rounds
from app.platform.settings import settings
from app.platform.transaction import transaction
from app.platform.work import Payload

AT_ONCE = 100
# The clock asks again anyway; but a worker that was killed over it is no failure yet.
LOOKS = 3
YOUNG = timedelta(minutes=15)
# So little is not worth a transaction to the cold wallet.
LEAST = Decimal("0.1")
# Whole coins that the house of demo mode wants to have beside what it owes, and what it then asks for.
PLAY_LEAST = {SOL: Decimal(20), USDC: Decimal(2_000)}
PLAY_GIFT = {SOL: Decimal(100), USDC: Decimal(10_000)}
NO_WAY_BACK = "Nobody knows which wallet it came from."


@schedule.every(3, "solana.living")
def look_at_living() -> None:
    if rail.is_on() and queries.living(1):
        _ask("payments.solana_living")


@schedule.every(20, "solana.wallet")
def look_at_wallet() -> None:
    if settings().solana_rpc_url and signer.address():
        _ask("payments.solana_wallet")


@schedule.every(600, "solana.ended")
def look_at_ended() -> None:
    if rail.is_on():
        _ask("payments.solana_ended")


@schedule.every(5, "solana.sends")
def push_sends() -> None:
    _push(queries.sends_under_way(clock.now() - YOUNG))


@schedule.every(60, "solana.old_sends")
def push_old_sends() -> None:
    """Those too that wait for a network that takes them; and for coins, with one look at what there is."""
    _push(queries.living_sends())
    if queries.short_sends():
        _ask("payments.solana_short")


def _push(due: ColumnElement[bool]) -> None:
    for some in rounds(due, ChainSend.created_at, ChainSend.id, size=AT_ONCE):
        with transaction():
            for send_id in some:
                sends.hurry(send_id)


@schedule.every(60, "solana.prices")
def ask_for_prices() -> None:
    if settings().solana_rpc_url and prices.wanted():
        _ask("payments.solana_prices")


@schedule.every(300, "solana.check")
def check_books() -> None:
    if rail.is_on():
        _ask("payments.solana_check")


@schedule.every(3600, "solana.cold")
def sweep_to_cold() -> None:
    if settings().solana_cold_wallet and signer.signer() and rail.is_on():
        _ask("payments.solana_cold")


@schedule.every(30, "solana.play_money")
def ask_for_play_money() -> None:
    """Fans of the play house pay by play cards and play credit: what it pays creators in, it is given."""
    if rail.is_play() and rail.is_on() and signer.signer():
        _ask("payments.solana_play_money")


def _ask(kind: str) -> None:
    """Once, however often the clock strikes before a worker comes to it."""
    with transaction():
        work.enqueue(kind, {}, unique_key=kind)


@work.handler("payments.solana_living", queue="payments", transactional=False, max_attempts=LOOKS)
def living(_: Payload) -> None:
    with suppress(Unsure):  # the next look is three seconds away
        looking.at_living()


@work.handler("payments.solana_ended", queue="payments", transactional=False, max_attempts=LOOKS)
def ended(_: Payload) -> None:
    with suppress(Unsure):
        looking.at_ended()


@work.handler("payments.solana_wallet", queue="payments", transactional=False, max_attempts=LOOKS)
def wallet(_: Payload) -> None:
    with suppress(Unsure):
        looking.at_own_wallet()


@work.handler("payments.solana_check", queue="payments", transactional=False, max_attempts=LOOKS)
def check(_: Payload) -> None:
    with suppress(Unsure):
        looking.at_own_wallet()
        checking.check()


@work.handler("payments.solana_prices", transactional=False, max_attempts=LOOKS)
def ask_prices(_: Payload) -> None:
    for coin, currency in prices.wanted():
        with suppress(Unsure):
            said = rates.ask(settings().solana_rate_url, coin, currency)
            with work.recording():
                prices.remember(coin, currency, said)
    with work.recording():
        prices.forget_old()


@work.handler("payments.solana_play_money", queue="payments", transactional=False, max_attempts=LOOKS)
def play_money(_: Payload) -> None:
    with suppress(Unsure):
        there = reading.balances(signer.address())
        gift = {coin: PLAY_GIFT[coin] + lack for coin in COINS if (lack := _lack(coin, there[coin])) > 0}
        if gift:
            signature = wire.ask_for_gift(signer.address(), gift)
            with work.recording():
                receiving.expect_gift(signature)


def _lack(coin: str, there: int) -> Decimal:
    """Whole coins, besides what already waits to be sent."""
    return PLAY_LEAST[coin] + Decimal(queries.on_their_way(coin) - there).scaleb(-DIGITS[coin])


@work.handler(sends.SEND_WORK, queue="payments", transactional=False)
def send(payload: Payload) -> None:
    with suppress(Unsure):  # the sweep comes again in five seconds
        sending.push(UUID(payload["send_id"]))


@work.handler("payments.solana_short", queue="payments", transactional=False, max_attempts=LOOKS)
def short(_: Payload) -> None:
    """Only what there is enough for by now is tried again, the oldest first."""
    with suppress(Unsure):
        can_go = list(sending.covered(queries.short_sends()))
        with work.recording():
            for send_id in can_go:
                sends.hurry(send_id)


@work.handler("payments.solana_refund", queue="payments")
def refund(payload: Payload) -> None:
    """To the wallet that paid."""
    found = db.session.get_one(Refund, UUID(payload["refund_id"]))
    target = db.session.get_one(Payment, found.payment_id).origin.get("wallet")
    if not target:
        refunding.could_not_go_back(found.id, NO_WAY_BACK)
    else:
        sends.ask(Wish(found.id, REFUND, found.rail_currency, found.rail_amount, target))


@work.handler("payments.solana_cold", queue="payments", transactional=False, max_attempts=LOOKS)
def cold(_: Payload) -> None:
    """What exceeds the float, and is promised to nobody."""
    with suppress(Unsure):
        # Before the balance: what ends between the two is so counted twice, and not never.
        leaving = {coin: queries.on_their_way(coin) for coin in COINS}
        there = reading.balances(signer.address())
        for coin, stays in ((SOL, settings().solana_float_sol), (USDC, settings().solana_float_usdc)):
            float_ = int(stays.scaleb(DIGITS[coin]))
            excess = there[coin] - float_ - leaving[coin]
            if excess > LEAST * float_ and excess > 0:
                with work.recording():
                    sends.ask(Wish(new_id(), COLD, coin, excess, settings().solana_cold_wallet))
