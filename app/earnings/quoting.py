"""In what a rail pays out, and how much of it. Pure."""

from dataclasses import dataclass

from app.kit.money import DIGITS, USUAL

CARD, SOLANA = "card", "solana"
COINS = frozenset({"USDC", "SOL"})
POINTS = "PTS"


@dataclass(frozen=True, slots=True)
class Quote:
    amount: int
    currency: str
    rate: str | None = None
    source: str | None = None


def quote(rail: str, amount: int, currency: str) -> Quote | None:
    """None where the rail does not pay that out. Dollars go as USDC, one for one."""
    if rail == CARD and currency not in COINS and currency != POINTS:
        return Quote(amount, currency)
    if rail == SOLANA and currency in COINS:
        return Quote(amount, currency)
    if rail == SOLANA and currency == "USD":
        return Quote(amount * 10 ** (DIGITS["USDC"] - USUAL), "USDC", "1", "One USDC for one dollar")
    return None


def least(currency: str) -> int:
    """One whole unit: less is not worth a payout."""
    return int(10 ** DIGITS.get(currency, USUAL))
