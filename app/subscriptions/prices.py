"""What a tier costs for how long, and what a code takes off. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.creators.models import Tier
from app.kit.money import readable

MONTHS = (1, 3, 6, 12)
SPOKEN = {1: "a month", 3: "for 3 months", 6: "for 6 months", 12: "a year"}
LENGTHS = {1: "1 month", 3: "3 months", 6: "6 months", 12: "1 year"}
# Of a code that holds as long as one stays.
FOR_GOOD = 10_000
PERCENT = 100
# Less than that no card takes: what would be left is free.
LEAST = 50


@dataclass(frozen=True, slots=True)
class Reduction:
    percent: int
    months: int

    def off(self, price: int, months: int) -> int:
        """Rounded up: the last unit is the fan's. A code for fewer months than are paid counts for these."""
        counted = min(self.months, months)
        less = -(-price * self.percent * counted // (PERCENT * months))
        return less if price - less >= LEAST or not less else price


NONE = Reduction(0, 0)


@dataclass(frozen=True, slots=True)
class Terms:
    """A length of time and what it costs, now and later."""

    months: int
    price: int
    currency: str
    off: int = 0

    @property
    def now(self) -> int:
        return self.price - self.off

    @property
    def spoken(self) -> str:
        return f"{readable(self.price, self.currency)} {SPOKEN[self.months]}"


def prices(tier: Tier, bundles: Mapping[int, int]) -> dict[int, int]:
    """By months. Where a year is priced and bundled, the lower price holds."""
    found = {1: tier.price}
    for months, percent in sorted(bundles.items()):
        if percent:
            found[months] = tier.price * months * (PERCENT - percent) // PERCENT
    if tier.price_year is not None:
        found[12] = min(tier.price_year, found.get(12, tier.price_year))
    return found


def price_for(tier: Tier, bundles: Mapping[int, int], months: int) -> int:
    """Also where that length is not offered to subscribers: gifts are by the month."""
    return prices(tier, bundles).get(months, tier.price * months)
