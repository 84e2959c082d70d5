"""A year in figures: for a creator and their tax office, and for the house and its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts.queries import the_user
from app.earnings import overview, periods, queries, queries_books, tax_fields
from app.earnings.operations import tax_profiles
from app.earnings.overview import CORRECTED, PAID_OUT, Sum
from app.kit import clock, sheets
from app.kit.countries import COUNTRIES
from app.kit.money import plain, readable
from app.platform.settings import settings

if TYPE_CHECKING:
    from app.platform.pdf import Sheet

FIGURES = ("quarter", "currency", "sales", "paid", "tax", "fee", "yours", "paid_out", "corrected")
SELLERS = ("handle", "country", "legal_name", "business_name", "address", "born", "tin", "vat_id", *FIGURES)


@dataclass(frozen=True, slots=True)
class Quarter:
    """Of one currency. What was paid out counts when it left. What was corrected was not earned."""

    begins: datetime
    currency: str
    earned: Sum
    paid_out: int
    corrected: int

    @property
    def name(self) -> str:
        return f"Q{(self.begins.month + 2) // 3}"

    @property
    def amounts(self) -> tuple[int, ...]:
        one = self.earned
        return one.gross, one.tax, one.fee, one.yours, self.paid_out


def quarters(creator_id: UUID, year: int) -> list[Quarter]:
    """Those in which anything moved."""
    moved = queries_books.moved(creator_id, periods.year(year))
    found = []
    for begins, currency in sorted({(one.step, one.currency) for one in moved}):
        here = [one for one in moved if (one.step, one.currency) == (begins, currency)]
        whole = overview.together(overview.earned(here, currency))
        paid_out, corrected = -overview.changed(here, PAID_OUT), overview.changed(here, CORRECTED)
        found.append(Quarter(begins, currency, whole, paid_out, corrected))
    return found


def years(creator_id: UUID) -> list[int]:
    """The last one first."""
    first = queries_books.first_moved(creator_id)
    return list(range(clock.now().year, first.year - 1, -1)) if first else []


def lines(creator_id: UUID, year: int) -> Iterator[str]:
    yield sheets.line(FIGURES)
    for one in quarters(creator_id, year):
        yield sheets.line(_figures(one))


def sellers(year: int) -> Iterator[str]:
    """Everybody who earned anything, and what they told us about themselves; who left is nameless by now."""
    yield sheets.line(SELLERS)
    for creator_id in queries_books.earners():
        profile = queries.tax_profile(creator_id)
        said = tax_profiles.opened(profile)
        user = the_user(creator_id)
        who = ["" if user.state == "deleted" else user.handle, profile.country if profile else ""]
        who += [sheets.words(said.get(name, "")) for name in SELLERS[2:8]]
        for one in quarters(creator_id, year):
            yield sheets.line([*who, *_figures(one)])


def draw(creator_id: UUID, year: int) -> bytes:
    user = the_user(creator_id)
    from app.platform.pdf import Sheet  # noqa: PLC0415 - most processes never draw a paper

    sheet = Sheet(f"Earnings in {year}", f"{user.display_name} (@{user.handle})")
    _draw_profile(sheet, creator_id)
    found = quarters(creator_id, year)
    for currency in sorted({one.currency for one in found}):
        here = [one for one in found if one.currency == currency]
        whole = sum((one.earned for one in here), Sum())
        sheet.heading(currency)
        rows = [_row(one.name, one.earned.sales, one.amounts, currency) for one in here]
        out = sum(one.paid_out for one in here)
        sums = (whole.gross, whole.tax, whole.fee, whole.yours, out)
        rows.append(_row(str(year), whole.sales, sums, currency))
        sheet.table(
            ("Quarter", "Sales", "Paid", "Tax", "Fee", "Yours", "Paid out"), rows, ends=(1, 2, 3, 4, 5, 6)
        )
        if corrected := sum(one.corrected for one in here):
            sheet.text(f"Besides, the house corrected your balance by {readable(corrected, currency)}.")
    if not found:
        sheet.heading("Nothing moved in this year")
    sheet.heading("How to read this")
    sheet.text(
        "Amounts are after refunds and disputes, and count when they happened, in UTC. Tax was collected "
        f"from buyers and is passed on by the house. {settings().site_name}, {settings().base_url}",
        soft=True,
    )
    return sheet.bytes()


def _draw_profile(sheet: "Sheet", creator_id: UUID) -> None:
    profile = queries.tax_profile(creator_id)
    if profile is None:
        return
    asked, said = tax_fields.asked_in(profile.country), tax_profiles.opened(profile)
    sheet.heading("Who")
    for name in asked.names:
        for line in said.get(name, "").splitlines():
            label = asked.labels.get(name)
            sheet.text(f"{label}: {line}" if label else line)
    sheet.text(COUNTRIES.get(profile.country, profile.country))


def _figures(one: Quarter) -> tuple[object, ...]:
    amounts = (plain(amount, one.currency) for amount in (*one.amounts, one.corrected))
    return (f"{one.begins.year}-{one.name}", one.currency, one.earned.sales, *amounts)


def _row(name: str, sales: int, amounts: tuple[int, ...], currency: str) -> tuple[str, ...]:
    return (name, str(sales), *(readable(amount, currency) for amount in amounts))
