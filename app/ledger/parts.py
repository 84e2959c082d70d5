"""How an entry is taken back in part, so that what is taken still sums to zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from app.ledger.errors import OverReversed


@dataclass(frozen=True, slots=True)
class Part:
    """So much of so much: `Part(250, 1000)` for 2.50 of what cost 10.00."""

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if not 0 < self.numerator <= self.denominator:
            raise ValueError(f"{self.numerator} of {self.denominator} is no part of a whole")

    def of(self, amount: int) -> int:
        return amount * self.numerator // self.denominator


@dataclass(frozen=True, slots=True)
class Slice:
    """A leg: what it was, and what is left of it."""

    currency: str
    amount: int
    left: int

    @property
    def side(self) -> tuple[str, bool]:
        return self.currency, self.amount > 0


def taken_back(legs: Sequence[Slice], part: Part) -> list[int]:
    """Of each leg so much, with the leg's own sign.

    Both sides of a currency give the same sum, and each leg gives of what is left of it: parts never take
    back more than there was.
    """
    taken = [0] * len(legs)
    order = sorted(range(len(legs)), key=lambda at: legs[at].side)
    for side, members in groupby(order, key=lambda at: legs[at].side):
        places = list(members)
        target = part.of(sum(abs(legs[at].amount) for at in places))
        shares = apportion(target, [abs(legs[at].left) for at in places])
        for at, share in zip(places, shares, strict=True):
            taken[at] = share if side[1] else -share
    return taken


def apportion(target: int, weights: Sequence[int]) -> list[int]:
    """Whole shares in proportion, the largest remainders first; none is larger than its weight."""
    whole = sum(weights)
    if target > whole:
        raise OverReversed
    if not whole:
        return [0] * len(weights)
    shares = [target * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: -(target * weights[at] % whole))
    for at in by_remainder[: target - sum(shares)]:
        shares[at] += 1
    return shares
