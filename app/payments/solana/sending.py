"""Sending coins: signed, kept, sent, looked at, until it is final. A row goes on whoever is killed."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from app.kit.ids import made_at
from app.ledger.chart import Kind
from app.payments import queries_solana as queries
from app.payments.errors import Unsure
from app.payments.gateways.solana import building, reading, signer, wallets
from app.payments.gateways.solana import sending as wire
from app.payments.gateways.solana.building import ToMove
from app.payments.gateways.solana.sending import Fate
from app.payments.models import ChainSend
from app.payments.operations import holding
from app.payments.operations import solana_sends as sends
from app.payments.operations.solana_sends import PAYOUT, REFUND, REFUSED, RETURN, Wish
from app.payments.payouts import Answer, Failed, Order, Sender, Sent, Unknown
from app.payments.solana import looking
from app.payments.solana.values import COINS, RAIL, SOL, Seen, Signed
from app.platform import work
from app.platform.settings import settings
from app.platform.transaction import transaction

# Lamports that stay with us: the fee, an account for whoever has none, and what keeps our own open.
RESERVE = 5_000_000
# So far the clocks of chain and house may be apart.
DRIFT = timedelta(minutes=10)
CLOSED = "The house cannot sign for its wallet at the moment."
# What opening an account costs, a payer could make us lose again and again.
TO_PAYERS = {
    REFUND: "The wallet has no USDC account. Open one there and ask again; until then it is kept as credit.",
    RETURN: "The wallet has no USDC account any more.",
}


def push(send_id: UUID) -> None:
    """As far as it goes now. `Unsure` when no node answers."""
    row = queries.send(send_id)
    if row is None or row.ended_at is not None:
        return
    if row.signature is None and holding.held():
        return
    made = _signed(row) or _sign(row)
    if made is None:
        return
    since = row.created_at - DRIFT
    match wire.fate(made, since):
        case Fate.FINAL:
            _close(row, made, [made.signature])
        case Fate.ABSENT:
            # Unless our wallet's own list knows better: there the memo is the row's id.
            listed = reading.own_named(wire.payer(made), str(row.id), since, made.last_height)
            _close(row, made, [one.signature for one in listed])
        case Fate.FORGOTTEN:
            with work.recording():
                sends.unclear(row.id)
        case _:
            # Open: the same again is the same transaction.
            with suppress(Unsure):
                wire.send(made)


def _signed(row: ChainSend) -> Signed | None:
    if row.signature is None:
        return None
    assert row.raw is not None and row.last_height is not None
    return Signed(row.signature, row.raw, row.last_height)


def _sign(row: ChainSend) -> Signed | None:
    """Kept before it is sent, so that sending again is sending the same."""
    by = signer.signer()
    if by is None:
        with work.recording():
            sends.impossible(row.id, CLOSED)
        return None
    if holding.forgot(row.id) and _went_before(row, by.address):
        return None
    if not _is_covered(row, by.address):
        return None
    refusal = TO_PAYERS.get(row.kind, REFUSED)
    opens = row.kind not in TO_PAYERS
    wanted = ToMove(by.address, row.target, row.coin, row.amount, str(row.id), opens=opens)
    made = building.signed(wanted, by)
    if made is None:
        with work.recording():
            sends.impossible(row.id, refusal)
        return None
    with work.recording():
        kept = sends.keep(row.id, made)
    return made if kept else None


def _went_before(row: ChainSend, wallet: str) -> bool:
    """Signed, sent, and forgotten by a restore: its memo tells. What did not land by now never will."""
    ours = reading.house(wallet)
    for one in reading.own_named(wallet, str(row.id), made_at(row.id) - DRIFT, 0):
        if (seen := looking.certain(one.signature, ours)) is None:
            return True
        if not seen.fee or seen.failed:
            continue
        if queries.known([one.signature]):
            # It was booked as moved by hand before this row was there: somebody has to look.
            with work.recording():
                sends.unclear(row.id)
            return True
        _pay_fee(row, seen)
        with work.recording():
            sends.succeed(row.id, seen)
        return True
    return False


def _is_covered(row: ChainSend, wallet: str) -> bool:
    there = reading.balances(wallet)
    coin = _lacking(row, there)
    if coin is not None:
        with work.recording():
            sends.short(row.id, coin, there[coin])
    return coin is None


def _lacking(row: ChainSend, there: dict[str, int]) -> str | None:
    """The coin of which it needs more."""
    for coin in {row.coin, SOL}:
        wanted = (row.amount if coin == row.coin else 0) + (RESERVE if coin == SOL else 0)
        if there[coin] < wanted:
            return coin
    return None


def covered(rows: Sequence[ChainSend]) -> Iterator[UUID]:
    """Those that can go by one look at what there is; all where nobody signs any more, to come to an end, and
    what may have gone already.
    """
    by = signer.signer()
    there = reading.balances(by.address) if by else {}
    for row in rows:
        if by is None or holding.forgot(row.id):
            yield row.id
        elif _lacking(row, there) is None:
            there[row.coin] -= row.amount
            yield row.id


def _close(row: ChainSend, made: Signed, signatures: Sequence[str]) -> None:
    """By what is final of it; where that did nothing it is signed anew. All of it must be readable."""
    ours = reading.house(wire.payer(made))
    for signature in signatures:
        seen = looking.certain(signature, ours)
        if seen is None:
            return
        if not seen.fee:
            continue  # somebody else wrote our memo
        _pay_fee(row, seen)
        if not seen.failed:
            with work.recording():
                sends.succeed(row.id, seen)
            return
    with work.recording():
        sends.give_up(row.id, made.signature, REFUSED)


def _pay_fee(row: ChainSend, seen: Seen) -> None:
    """In a transaction of its own: others touch the same accounts."""
    sent = row.amount if row.coin == SOL and not seen.failed else 0
    with work.recording():
        sends.pay_fee(seen.signature, seen.fee - seen.changes.get(SOL, 0) - sent)


def _send(order: Order) -> Answer:
    """What was asked for already goes on by itself, whatever has changed."""
    if queries.send(order.reference_id) is None:
        if no := _refused(order):
            return no
        with transaction():
            sends.ask(_wish(order))
    return _look(order)


def _refused(order: Order) -> Failed | None:
    if signer.signer() is None or not settings().solana_rpc_url:
        return Failed("rail_closed", CLOSED)
    if order.currency not in COINS:
        return Failed("wrong_coin", "Solana sends SOL and USDC only.")
    if not wallets.is_wallet(order.destination) or order.destination == signer.address():
        return Failed("bad_wallet", "This is not the address of your wallet. Check it in your settings.")
    return None


def _call_off(order: Order) -> bool:
    return sends.call_off(_wish(order))


def _wish(order: Order) -> Wish:
    return Wish(order.reference_id, PAYOUT, order.currency, order.amount, order.destination)


def _look(order: Order) -> Answer:
    row = queries.send(order.reference_id)
    if row is not None and row.state == "succeeded" and row.signature:
        return Sent(row.signature)
    if row is not None and row.state == "failed":
        return Failed("not_delivered", row.failure or REFUSED)
    return Unknown()


SENDER = Sender(RAIL, send=_send, look=_look, out_of=Kind.CHAIN_HOT, call_off=_call_off)
