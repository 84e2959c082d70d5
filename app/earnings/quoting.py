"""In what a rail pays out, and how much of it."""

from dataclasses import dataclass

from app.kit.money import DIGITS, USUAL
from app.payments.operations import solana_prices as prices

CARD, SOLANA = "card", "solana"
SOL, USDC = "SOL", "USDC"
COINS = frozenset({SOL, USDC})
POINTS = "PTS"
# What can be asked for: a rail, and the coin where it has several.
PLACES = (CARD, SOLANA, f"{SOLANA}:{SOL}")


@dataclass(frozen=True, slots=True)
class Quote:
    amount: int
    currency: str
    rate: str | None = None
    source: str | None = None


def place_of(choice: str) -> tuple[str, str]:
    rail, _, coin = choice.partition(":")
    return rail, coin


def quote(rail: str, amount: int, currency: str, coin: str = "") -> Quote | None:
    """None where the rail does not pay that out. Dollars go as USDC, one for one, unless SOL is asked for."""
    if rail == CARD and currency not in COINS and currency != POINTS:
        return Quote(amount, currency)
    if rail == SOLANA and currency in COINS:
        return Quote(amount, currency)
    if rail == SOLANA and coin == SOL and currency != POINTS:
        return _in_sol(amount, currency)
    if rail == SOLANA and currency == "USD":
        return Quote(amount * 10 ** (DIGITS[USDC] - USUAL), USDC, "1", "One USDC for one dollar")
    return None


def _in_sol(amount: int, currency: str) -> Quote | None:
    """At the price of this moment, which the house stands for until it arrives."""
    price = prices.current(SOL, currency)
    if price is None:
        return None
    return Quote(prices.units(amount, currency, SOL, price.text), SOL, price.text, price.source)


def least(currency: str) -> int:
    """One whole unit: less is not worth a payout."""
    return int(10 ** DIGITS.get(currency, USUAL))
