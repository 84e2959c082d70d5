"""A creator's month in figures: what stood there, what moved, what stands there now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.accounts.queries import the_user
from app.earnings import overview, periods, queries_books
from app.earnings.overview import CORRECTED, NOT_EARNED, PAID_OUT
from app.earnings.periods import Month, Period
from app.earnings.queries_books import Moved
from app.invoices import words
from app.kit import clock
from app.kit.money import readable
from app.platform.settings import settings

WENT_BACK = {
    "refund": "Refunds",
    "dispute": "Disputes",
    "dispute_won": "Disputes",
    "dispute_lost": "Disputes",
}
OTHERS = {
    "adjustment": "Corrections",
    "payout": "Payouts",
    "payout_failed": "Payouts that came back",
}
AFTER_SALES = ("Tax", "Fee of the house", "Refunds", "Disputes", *OTHERS.values())


@dataclass(frozen=True, slots=True)
class Statement:
    """Of one currency; `lines` lead from one balance to the other."""

    currency: str
    opening: int
    lines: Sequence[tuple[str, int]]

    @property
    def closing(self) -> int:
        return self.opening + sum(amount for _, amount in self.lines)


@dataclass(frozen=True, slots=True)
class InShort:
    """A month of one currency, in the list of them. All but the last lead from one `closing` to the next."""

    month: Month
    currency: str
    earned: int
    corrected: int
    paid_out: int
    closing: int


def of_month(creator_id: UUID, month: Month) -> list[Statement]:
    opening = queries_books.balances_before(creator_id, month.since)
    moved = queries_books.moved(creator_id, Period("", "", "month", month.since, month.until))
    known = sorted({*overview.currencies(moved), *(code for code, amount in opening.items() if amount)})
    return [Statement(code, opening.get(code, 0), _lines(moved, code)) for code in known]


def all_months(creator_id: UUID) -> list[InShort]:
    """The newest first, of each currency back to when it first moved; one statement."""
    moved, found = queries_books.moved(creator_id, periods.period("all")), []
    for code in overview.currencies(moved):
        first = min(one.step for one in moved if one.currency == code)
        found += [_in_short(moved, code, month) for month in periods.months_back(first)]
    return sorted(found, key=lambda one: (one.month.since, one.currency), reverse=True)


def draw(creator_id: UUID, month: Month) -> bytes:
    user = the_user(creator_id)
    until = f"so far, on {clock.now():%-d %B %Y}" if month.until > clock.now() else "the whole month"
    from app.platform.pdf import Sheet  # noqa: PLC0415 - most processes never draw a paper

    sheet = Sheet(f"Statement for {month.label}", f"{user.display_name} (@{user.handle}), {until}, in UTC")
    found = of_month(creator_id, month)
    for one in found:
        sheet.heading(one.currency)
        sheet.lines(
            [("At the beginning", readable(one.opening, one.currency)), *_readable(one)],
            total=("At the end", readable(one.closing, one.currency)),
        )
    if not found:
        sheet.heading("Nothing moved, and nothing was there")
    sheet.heading("How to read this")
    sheet.text(
        "What you have with the house is what is free to be paid out, not yet free, or held in a dispute. "
        "Sales are what fans paid; tax and the fee of the house are taken off below. A payout counts from "
        f"the moment it leaves your balance. {settings().site_name}, {settings().base_url}",
        soft=True,
    )
    return sheet.bytes()


def _readable(one: Statement) -> Iterable[tuple[str, str]]:
    return [(label, readable(amount, one.currency)) for label, amount in one.lines]


def _lines(moved: Iterable[Moved], currency: str) -> list[tuple[str, int]]:
    sums: dict[str, int] = {}
    for one in moved:
        if one.currency == currency:
            label = _label(one)
            sums[label] = sums.get(label, 0) + one.gross
            sums["Tax"] = sums.get("Tax", 0) - one.tax
            sums["Fee of the house"] = sums.get("Fee of the house", 0) - one.fee
    return sorted(((label, amount) for label, amount in sums.items() if amount), key=_order)


def _label(one: Moved) -> str:
    if one.kind == "sale":
        return f"Sales: {words.kind(one.sold or 'other').lower()}"
    return WENT_BACK.get(one.kind) or OTHERS.get(one.kind) or words.kind(one.kind)


def _order(line: tuple[str, int]) -> tuple[int, str]:
    """Sales, what the others get of them, what went back, and then what left."""
    label = line[0]
    if label.startswith("Sales"):
        return 0, label
    return (AFTER_SALES.index(label) + 1 if label in AFTER_SALES else len(AFTER_SALES) + 1), label


def _in_short(moved: Iterable[Moved], currency: str, month: Month) -> InShort:
    until = [one for one in moved if one.currency == currency and one.step <= month.since]
    now = [one for one in until if one.step == month.since]
    return InShort(
        month,
        currency,
        earned=sum(one.change for one in now if one.kind not in NOT_EARNED),
        corrected=overview.changed(now, CORRECTED),
        paid_out=-overview.changed(now, PAID_OUT),
        closing=sum(one.change for one in until),
    )
