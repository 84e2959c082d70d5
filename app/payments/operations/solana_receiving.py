"""What came to our wallet, each transfer once: for the attempt whose reference it names, or nobody knows."""

from datetime import timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.invoices.models import Attempt
from app.invoices.operations import receiving
from app.invoices.operations.locking import lock
from app.invoices.operations.receiving import Money
from app.kit import clock
from app.kit.ids import new_id
from app.kit.money import readable
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments import queries_solana as queries
from app.payments import telling
from app.payments.models import ChainCursor, ProviderEntry
from app.payments.operations import cases
from app.payments.operations import solana_prices as prices
from app.payments.queries_solana import OTHER_COIN, UNKNOWN_MONEY
from app.payments.solana.values import RAIL, SOL, USDC, Seen, Transfer
from app.platform.settings import settings

# A transaction that was sent in time may take so long to land.
GRACE = timedelta(minutes=2)
# What is less is kept, and nobody is called to look at it.
WORTH_A_LOOK = {SOL: 1_000_000, USDC: 10_000}
FOREIGN, DEPOSIT, DIFFER = "foreign_token", "owner_deposit", "nodes_differ"


def take_in(seen: Seen, transfer: Transfer) -> None:
    """Money for an invoice, when it names an attempt and is of the coin that was asked for."""
    name = seen.name(transfer.place)
    if not _note(name, "in", seen, transfer.amount, transfer.coin, source=transfer.source):
        return
    attempt = queries.attempt_named(transfer.keys)
    asked_for = attempt is not None and attempt.rail_currency == transfer.coin
    if not (attempt and asked_for and _receive(attempt, seen, transfer)):
        _keep(name, seen, transfer, attempt)


def take_rest(seen: Seen, coin: str, amount: int) -> None:
    """What came in without any transfer that we can read."""
    rest = Transfer(f"rest-{coin}", coin, amount, "", "", ())
    if _note(seen.name(rest.place), "in", seen, amount, coin):
        _keep(seen.name(rest.place), seen, rest, None)


def take_out(seen: Seen, transfer: Transfer) -> None:
    """Not by us: whoever has the key moved it by hand. To cold storage is fine; anything else is told."""
    name = seen.name(f"{transfer.place}:out")
    if not _note(name, "out", seen, -transfer.amount, transfer.coin, source=transfer.target):
        return
    cold = transfer.target == settings().solana_cold_wallet
    against = Account(Kind.CHAIN_COLD if cold else Kind.ADJUSTMENT, transfer.coin)
    legs = (Leg(against, transfer.amount), _hot(transfer.coin, -transfer.amount))
    kind = "to_cold" if cold else "left_by_hand"
    post(Entry(f"chain:{name}", kind, legs, refs={"event": name}, occurred_at=seen.at))
    if not cold:
        about = _about(seen, transfer) | {"to": transfer.target}
        cases.open_case(RAIL, "left_by_hand", name, **about)


def disagree(seen: Seen, coin: str, said: int, changed: int) -> None:
    """Its transfers say one thing, our balance another. Nobody is credited; somebody has to look."""
    cases.open_case(RAIL, "balance_differs", seen.name(coin), coin=coin, transfers=said, balance=changed)
    if changed > 0:
        take_rest(seen, coin, changed)


def refuse_foreign(seen: Seen, transfer: Transfer) -> None:
    """A token that we do not take. The books have no place for it; who paid with it is helped by hand."""
    attempt = queries.attempt_named(transfer.keys)
    if attempt is not None:
        about = _about(seen, transfer) | {"invoice_id": str(attempt.invoice_id)}
        cases.open_case(RAIL, FOREIGN, seen.name(transfer.place), **about)


def unreadable(signature: str, why: str) -> None:
    cases.open_case(RAIL, "unreadable", signature, why=why)
    _note(signature, "unreadable", Seen(signature, clock.now()), 0, SOL)


def contradicted(signature: str) -> None:
    """Nodes differ about it: it waits until they do not, and somebody is told."""
    cases.open_case(RAIL, DIFFER, signature, signature=signature)


def done(seen: Seen) -> None:
    """All of it is dealt with; it is not read again."""
    _note(seen.signature, "transaction", seen, 0, SOL)
    cases.settle(RAIL, DIFFER, seen.signature, "They agree now.")


def read_until(address: str, signature: str | None, slot: int | None = None) -> None:
    values = {"last_signature": signature, "from_slot": slot, "at": clock.now()}
    made = insert(ChainCursor).values(address=address, **values)
    db.session.execute(made.on_conflict_do_update(index_elements=["address"], set_=values))


def open_books(wallet: str, balances: dict[str, int]) -> None:
    """What lay there before we began to look is the house's own."""
    for coin, amount in balances.items():
        if amount:
            legs = (_hot(coin, amount), Leg(Account(Kind.OWNER, coin), -amount))
            post(Entry(f"chain-opening:{wallet}:{coin}", "opening", legs, refs={"event": wallet}))


def expect_gift(signature: str) -> None:
    """Play money that the house asked for itself: its own deposit."""
    _note(f"gift:{signature}", "gift", Seen(signature, clock.now()), 0, SOL)


def _receive(attempt: Attempt, seen: Seen, transfer: Transfer) -> bool:
    """False where it is worth less than the smallest coin of the invoice."""
    lock(attempt.invoice_id)
    value = _value(attempt, seen, transfer)
    if value <= 0:
        return False
    money = Money(
        rail=RAIL,
        external_id=seen.name(transfer.place),
        amount=value,
        rail_amount=transfer.amount,
        rail_currency=transfer.coin,
        into=Account(Kind.CHAIN_HOT, transfer.coin),
        at=seen.at,
        attempt_id=attempt.id,
        origin={"wallet": transfer.source},
    )
    return receiving.receive(attempt.invoice_id, money)


def _value(attempt: Attempt, seen: Seen, transfer: Transfer) -> int:
    """Its part of what was asked for, so that several that together are right are right.

    What comes too late counts at the promised price or today's, whichever is lower.
    """
    before = queries.brought(attempt.id)
    promised = _part(attempt, before + transfer.amount) - _part(attempt, before)
    if attempt.expires_at is None or seen.at <= attempt.expires_at + GRACE:
        return promised
    price = prices.current(transfer.coin, attempt.currency)
    if price is None:
        return promised
    return min(promised, prices.worth(transfer.amount, attempt.currency, transfer.coin, price.text))


def _part(attempt: Attempt, units: int) -> int:
    return attempt.amount * units // attempt.rail_amount


def _keep(name: str, seen: Seen, transfer: Transfer, attempt: Attempt | None) -> None:
    """It is in our wallet, so it is on our books."""
    if attempt is not None:
        lock(attempt.invoice_id)
    kind, against = _whose(seen, transfer)
    legs = (_hot(transfer.coin, transfer.amount), Leg(Account(against, transfer.coin), -transfer.amount))
    post(Entry(f"chain:{name}", kind, legs, refs={"event": name}, occurred_at=seen.at))
    if against is not Kind.UNKNOWN or transfer.amount < WORTH_A_LOOK[transfer.coin]:
        return
    about = _about(seen, transfer)
    if attempt is not None:
        about["invoice_id"] = str(attempt.invoice_id)
        _tell_payer(attempt, name, transfer)
    cases.open_case(RAIL, OTHER_COIN if attempt else UNKNOWN_MONEY, name, **about)


def _tell_payer(attempt: Attempt, name: str, transfer: Transfer) -> None:
    """Their invoice says so until somebody has decided about it."""
    db.session.refresh(attempt)
    other = {"name": name, "coin": transfer.coin, "units": transfer.amount}
    attempt.data = {**attempt.data, "other": [*attempt.data.get("other", ()), other]}
    telling.other_coin(attempt, readable(transfer.amount, transfer.coin))


def _whose(seen: Seen, transfer: Transfer) -> tuple[str, Kind]:
    if transfer.source and transfer.source == settings().solana_cold_wallet:
        return "from_cold", Kind.CHAIN_COLD
    if transfer.source and transfer.source == transfer.target:
        # From another account of our own wallet.
        return DEPOSIT, Kind.OWNER
    if queries.known([f"gift:{seen.signature}"]):
        return DEPOSIT, Kind.OWNER
    return "unknown_money", Kind.UNKNOWN


def _about(seen: Seen, transfer: Transfer) -> dict[str, Any]:
    return {
        "coin": transfer.coin,
        "amount": transfer.amount,
        "from": transfer.source,
        "signature": seen.signature,
        "at": seen.at.isoformat(),
    }


def _hot(coin: str, amount: int) -> Leg:
    return Leg(Account(Kind.CHAIN_HOT, coin), amount)


def _note(name: str, kind: str, seen: Seen, amount: int, currency: str, source: str | None = None) -> bool:
    """Whether it was new: a transfer never counts twice, whoever looks."""
    moved = amount != 0
    made = db.session.execute(
        insert(ProviderEntry)
        .values(
            id=new_id(),
            rail=RAIL,
            external_id=name,
            kind=kind,
            amount=amount,
            fee=0,
            currency=currency,
            source_id=source or None,
            at=seen.at,
            data={"signature": seen.signature},
            # Where nothing moved there is nothing to check.
            checked_at=None if moved else clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["rail", "external_id"])
        .returning(ProviderEntry.id)
    ).scalar()
    return made is not None
