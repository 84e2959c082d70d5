"""Looking at the chain, outside of transactions; what was seen is recorded in short ones.

Two ways lead to a transfer: the reference of an attempt, and our wallet's own list, which is complete.
Both end in the same place, where each transfer counts once.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import takewhile

from app.invoices.models import Attempt
from app.kit import clock
from app.payments import queries as own
from app.payments import queries_solana as queries
from app.payments.errors import Contradicted, Impossible, Unsure
from app.payments.gateways.solana import reading, signer, wallets
from app.payments.gateways.solana.reading import House
from app.payments.operations import solana_paying as paying
from app.payments.operations import solana_receiving as receiving
from app.payments.operations import solana_sends as sends
from app.payments.solana.values import COINS, Found, Seen
from app.platform import work

AT_ONCE = 1_000
# Transactions that one piece of work looks at, and reads.
MOST_LISTED, MOST_READ = 10_000, 200
# After its attempt ended, a reference is still looked at; our own list is read in any case.
LATE = timedelta(days=7)


def at_living() -> None:
    _at(queries.living(AT_ONCE))


def at_ended() -> None:
    _at(queries.ended_since(clock.now() - LATE, AT_ONCE))


def at_own_wallet() -> None:
    """All that is final since the last time, oldest first."""
    wallet = signer.address()
    if queries.cursor(wallet) is None:
        _open(wallet)
    ours = reading.house(wallet)
    for address in (wallet, wallets.usdc_account(wallet)):
        last, slot = _read_until(address)
        taken = _take_all(reading.own_since(address, last, slot), ours)
        if taken:
            with work.recording():
                receiving.read_until(address, taken[-1].signature, taken[-1].slot)


def certain(signature: str, ours: House) -> Seen | None:
    """None while it is not final, or nodes differ about it."""
    try:
        return reading.read(signature, ours, final=True)
    except Contradicted:
        with work.recording():
            receiving.contradicted(signature)
        return None


def _read_until(address: str) -> tuple[str | None, int]:
    known = queries.cursor(address)
    return (known.last_signature, known.from_slot or 0) if known else (None, 0)


def _open(wallet: str) -> None:
    """The first time: what happened before is not ours to explain."""
    balances, slot = reading.balances_at(wallet)
    with work.recording():
        receiving.open_books(wallet, balances)
        for address in (wallet, wallets.usdc_account(wallet)):
            receiving.read_until(address, None, slot + 1)


def _at(attempts: Sequence[Attempt]) -> None:
    if not attempts:
        return
    ours = reading.house(signer.address())
    began = clock.now()
    found = reading.naming([one.reference for one in attempts if one.reference])
    for attempt in attempts:
        # What is wrong with one attempt keeps nobody else from being looked at.
        with suppress(Unsure, Impossible):
            _at_one(attempt, found.get(attempt.reference or "", []), ours, began)


def _at_one(attempt: Attempt, found: Sequence[Found], ours: House, began: datetime) -> None:
    """EVERY transaction that names it: the first alone may be one that failed, or dust."""
    final = [one for one in found if one.final]
    _take_all(final, ours)
    now = own.attempt(attempt.id)
    if now is None or now.ended_at is not None:
        return
    coming = [
        seen
        for one in found
        if not one.final and not one.failed
        if (seen := reading.read(one.signature, ours, final=False))
    ]
    named = {one.signature for one in final}
    _show(now, coming, named & queries.known(named), named, began)


def _take_all(found: Sequence[Found], ours: House) -> list[Found]:
    """Those from the first on that are dealt with now. What is too much at once has its turn later."""
    found = found[:MOST_LISTED]
    taken = queries.known(one.signature for one in found)
    new = [one for one in found if one.signature not in taken]
    taken |= {one.signature for one in new[:MOST_READ] if _take(one, ours)}
    return list(takewhile(lambda one: one.signature in taken, found))


def _take(one: Found, ours: House) -> bool:
    if queries.is_own(one.signature):
        return True  # its sender records it
    try:
        seen = certain(one.signature, ours)
    except Impossible as error:
        with work.recording():
            receiving.unreadable(one.signature, error.code)
        return True
    if seen is None:
        return False
    # One of ours that a restore forgot is left to its sender as well.
    if not (seen.fee and queries.is_awaited(one.memo)):
        _record(seen)
    return True


def _record(seen: Seen) -> None:
    """A transaction each: two that touch the same accounts so never wait for each other."""
    for coin in COINS:
        transfers = [one for one in seen.arrived if one.coin == coin]
        gone = sum(one.amount for one in seen.left if one.coin == coin)
        came, changed = sum(one.amount for one in transfers), seen.changes.get(coin, 0)
        if changed < came - gone:
            with work.recording():
                receiving.disagree(seen, coin, came - gone, changed)
            continue
        for transfer in transfers:
            with work.recording():
                receiving.take_in(seen, transfer)
        if changed > came - gone:
            with work.recording():
                receiving.take_rest(seen, coin, changed - came + gone)
    for transfer in seen.left:
        with work.recording():
            receiving.take_out(seen, transfer)
    with work.recording():
        sends.pay_fee(seen.signature, seen.fee)
    for transfer in seen.foreign:
        with work.recording():
            receiving.refuse_foreign(seen, transfer)
    with work.recording():
        receiving.done(seen)


def _show(
    attempt: Attempt, coming: Sequence[Seen], taken: set[str], final: set[str], began: datetime
) -> None:
    """`taken`: those that are dealt with. What is final and is not yet is neither gone nor too late."""
    transfers = [
        (seen, one)
        for seen in coming
        for one in seen.arrived
        if one.coin == attempt.rail_currency and attempt.reference in one.keys
    ]
    units = sum(one.amount for _, one in transfers)
    shown = attempt.data.get("seen") or {}
    if units:
        enough = queries.brought(attempt.id) + units >= attempt.rail_amount
        with work.recording():
            paying.saw(attempt.id, transfers[-1][0].signature, units, enough=enough)
    elif shown and shown["signature"] in taken:
        with work.recording():
            paying.arrived(attempt.id)
    elif final - taken:
        return
    elif shown and _is_gone(shown, began):
        with work.recording():
            paying.lost_sight(attempt.id)
    elif not shown and attempt.expires_at and attempt.expires_at < began:
        with work.recording():
            paying.expire(attempt.id)


def _is_gone(shown: dict[str, str], began: datetime) -> bool:
    return datetime.fromisoformat(shown["seen_at"]) + paying.MAY_COME_AGAIN < began
