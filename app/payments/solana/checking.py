"""The chain against the books: every movement has its entry, and both say the same balance."""

from datetime import timedelta

from app.kit import clock
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.ledger.queries import Booked
from app.payments import queries_solana as queries
from app.payments.gateways.solana import reading, signer
from app.payments.models import ProviderEntry
from app.payments.operations import cases, solana_receiving
from app.payments.solana.values import COINS, RAIL
from app.platform import work

AT_ONCE = 500
# What was read just now may be booked in a moment.
SETTLES = timedelta(minutes=10)


def check() -> None:
    for row in queries.unchecked(clock.now() - SETTLES, AT_ONCE):
        with work.recording():
            _check_movement(row)
    there = reading.balances(signer.address())
    for coin in COINS:
        with work.recording():
            _check_balance(coin, there[coin])


def _check_movement(row: ProviderEntry) -> None:
    for entry in _entries_of(row):
        moved = sum(
            leg.amount
            for leg in entry.legs
            if leg.account.kind is Kind.CHAIN_HOT and leg.account.currency == row.currency
        )
        if moved == row.amount:
            row.entry_id, row.checked_at = entry.id, clock.now()
            return
    row.checked_at = clock.now()
    cases.open_case(RAIL, "no_entry", row.external_id, amount=row.amount, coin=row.currency)


def _entries_of(row: ProviderEntry) -> list[Booked]:
    """By what moved, by its transaction, or by the payout that it was."""
    named = [("event", row.external_id), ("event", row.data["signature"]), ("payout", row.data.get("payout"))]
    return [entry for kind, name in named if name for entry in ledger.entries_about(kind, name)]


def _check_balance(coin: str, there: int) -> None:
    """A difference counts when it is the same twice: between two looks money may be on its way."""
    booked = ledger.balance(Account(Kind.CHAIN_HOT, coin)).posted
    difference, place = there - booked, f"difference:{coin}"
    before = queries.cursor(place)
    again = before is not None and before.last_signature == str(difference)
    if difference and again and not queries.on_their_way(coin):
        name = f"{coin} {difference:+d}"
        cases.open_case(RAIL, "balance", name, coin=coin, chain=there, books=booked)
    solana_receiving.read_until(place, str(difference))
