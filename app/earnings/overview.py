"""What somebody earned in a period, reckoned together from what the ledger says. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.earnings.periods import Period
from app.earnings.queries_books import Moved

PAID_OUT = frozenset({"payout", "payout_failed"})
CORRECTED = frozenset({"adjustment"})
# They move what was earned; they do not earn it.
NOT_EARNED = PAID_OUT | CORRECTED
WIDTH, HEIGHT, TOP = 420, 84, 6


@dataclass(frozen=True, slots=True)
class Sum:
    """`sales` counts what was sold, the amounts are after what went back."""

    sales: int = 0
    gross: int = 0
    tax: int = 0
    fee: int = 0
    yours: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.sales + other.sales,
            self.gross + other.gross,
            self.tax + other.tax,
            self.fee + other.fee,
            self.yours + other.yours,
        )


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    amount: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over and under a line at `zero`, in a box of 420 to 112."""

    bars: Sequence[Bar]
    zero: float
    first: str
    last: str
    best: Bar


def currencies(found: Iterable[Moved]) -> list[str]:
    return sorted({one.currency for one in found})


def earned(found: Iterable[Moved], currency: str) -> list[Moved]:
    return [one for one in found if one.currency == currency and one.kind not in NOT_EARNED]


def by_kind(found: Sequence[Moved]) -> list[tuple[str, Sum]]:
    """What brought the most first."""
    sums: dict[str, Sum] = {}
    for one in found:
        name = one.sold or ""
        sums[name] = sums.get(name, Sum()) + _sum(one)
    return sorted(sums.items(), key=lambda pair: (-pair[1].yours, pair[0]))


def together(found: Iterable[Moved]) -> Sum:
    return sum((_sum(one) for one in found), Sum())


def changed(found: Iterable[Moved], kinds: Collection[str]) -> int:
    """By these on their accounts."""
    return sum(one.change for one in found if one.kind in kinds)


def by_step(found: Sequence[Moved], period: Period) -> list[tuple[datetime, int]]:
    amounts: dict[datetime, int] = {}
    for one in found:
        amounts[one.step] = amounts.get(one.step, 0) + one.change
    return [(step, amounts.get(step, 0)) for step in period.steps(min(amounts, default=None))]


def chart(steps: Sequence[tuple[datetime, int]], period: Period) -> Chart | None:
    """None where every bar would have no height."""
    highest = max((amount for _, amount in steps), default=0)
    lowest = min((amount for _, amount in steps), default=0)
    if not highest and not lowest:
        return None
    scale = HEIGHT / (max(highest, 0) - min(lowest, 0))
    zero, wide = TOP + max(highest, 0) * scale, WIDTH / len(steps)
    bars = [
        Bar(
            period.said(step),
            amount,
            round(n * wide + wide * 0.15, 2),
            round(zero - max(amount, 0) * scale, 2),
            round(wide * 0.7, 2),
            round(abs(amount) * scale, 2),
        )
        for n, (step, amount) in enumerate(steps)
    ]
    first, last = period.in_short(steps[0][0]), period.in_short(steps[-1][0])
    return Chart(bars, round(zero, 2), first, last, max(bars, key=lambda bar: bar.amount))


def _sum(one: Moved) -> Sum:
    return Sum(one.entries if one.kind == "sale" else 0, one.gross, one.tax, one.fee, one.change)
