"""Tax on what is sold: by where the buyer lives, where the house is registered for it. Prices contain it."""

from dataclasses import dataclass, field
from typing import Any

from app.invoices.tax_rates import EU, RATES
from app.platform.settings import settings

WHOLE = 10_000
# Given, not sold.
UNTAXED = frozenset({"donation"})


@dataclass(frozen=True, slots=True)
class Due:
    amount: int = 0
    bps: int = 0
    country: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a rail, which knows its payer's address, says is tax of what came in by it."""

    amount: int
    bps: int
    country: str | None


def reckon(country: str | None, evidence: dict[str, Any], total: int, kind: str) -> Due:
    """By where the buyer lives, and what speaks for it."""
    bps = rate(country) if taxed(kind) else 0
    return Due(contained(total, bps), bps, country, evidence)


def taxed(kind: str) -> bool:
    return kind not in UNTAXED


def of_whole(told: int, paid: int, total: int) -> int:
    """Where a part was paid in another way, the tax on that part tells the tax on all, half up."""
    return (2 * total * told + paid) // (2 * paid)


def rate(country: str | None) -> int:
    if country is None or not _registered(country):
        return 0
    return RATES.get(country, 0)


def contained(total: int, bps: int) -> int:
    """What of a price is tax, to the nearest unit, half up."""
    return (2 * total * bps + WHOLE + bps) // (2 * (WHOLE + bps))


def _registered(country: str) -> bool:
    where = settings().tax_countries
    return country in where or ("EU" in where and country in EU)
