"""Spans of time in which earnings are looked at. All of them are counted in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.kit import clock

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
MONTHS_IN_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on, until before `until`; on charts in steps of `unit`."""

    name: str
    label: str
    unit: str
    since: datetime
    until: datetime

    def steps(self, first: datetime | None) -> list[datetime]:
        """The first moments of its days, weeks or months; those before anything happened are left out."""
        found, at = [], self.since
        if self.since == BEGINNING:
            at = first or start_of(self.unit, self.until - timedelta(microseconds=1))
        while at < self.until:
            found.append(at)
            at = next_of(self.unit, at)
        return found

    def said(self, step: datetime) -> str:
        if self.unit == "month":
            return f"{step:%B %Y}"
        return f"Week of {step:%-d %B %Y}" if self.unit == "week" else f"{step:%-d %B %Y}"

    def in_short(self, step: datetime) -> str:
        return f"{step:%b %Y}" if self.unit == "month" else f"{step:%-d %b}"


@dataclass(frozen=True, slots=True)
class Month:
    year: int
    number: int

    @property
    def since(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def until(self) -> datetime:
        return next_of("month", self.since)

    @property
    def name(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def label(self) -> str:
        return f"{self.since:%B %Y}"


CHOICES = {"30d": "30 days", "13w": "13 weeks", "12m": "12 months", "all": "All"}


def period(name: str) -> Period:
    """Until now, the present day, week or month included; something unknown is 30 days."""
    at = clock.now()
    tomorrow = next_of("day", start_of("day", at))
    chosen = name if name in CHOICES else "30d"
    if chosen == "13w":
        return Period(chosen, CHOICES[chosen], "week", start_of("week", at) - timedelta(weeks=12), tomorrow)
    if chosen == "12m":
        return Period(chosen, CHOICES[chosen], "month", _eleven_before(start_of("month", at)), tomorrow)
    if chosen == "all":
        return Period(chosen, CHOICES[chosen], "month", BEGINNING, tomorrow)
    return Period(chosen, CHOICES[chosen], "day", start_of("day", at) - timedelta(days=29), tomorrow)


def year(number: int) -> Period:
    since = datetime(number, 1, 1, tzinfo=UTC)
    return Period(str(number), str(number), "quarter", since, datetime(number + 1, 1, 1, tzinfo=UTC))


def month(name: str) -> Month | None:
    """ "2026-11"; None for what is no month, or has not begun."""
    parts = name.split("-")
    if [len(part) for part in parts] != [4, 2] or not all(
        part.isascii() and part.isdigit() for part in parts
    ):
        return None
    found = Month(int(parts[0]), int(parts[1]))
    if not 1 <= found.number <= MONTHS_IN_A_YEAR or not BEGINNING.year <= found.year:
        return None
    return found if found.year < BEGINNING.year + 1_000 and found.since <= clock.now() else None


def months_back(first: datetime) -> Iterator[Month]:
    """From this month back to that of `first`."""
    at = start_of("month", clock.now())
    while at >= start_of("month", first):
        yield Month(at.year, at.month)
        at = start_of("month", at - timedelta(days=1))


def start_of(unit: str, at: datetime) -> datetime:
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def next_of(unit: str, start: datetime) -> datetime:
    if unit == "month":
        return start_of("month", start + timedelta(days=31))
    return start + timedelta(weeks=1) if unit == "week" else start + timedelta(days=1)


def _eleven_before(start: datetime) -> datetime:
    """Eleven months before a month's first day: with it they are twelve."""
    if start.month == MONTHS_IN_A_YEAR:
        return start.replace(month=1)
    return start.replace(year=start.year - 1, month=start.month + 1)
