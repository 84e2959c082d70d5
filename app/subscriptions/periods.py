"""Periods by the calendar, in UTC: the day of joining is kept, also where a month is too short for it."""

from calendar import monthrange
from datetime import datetime, timedelta

PER_YEAR = 12
MICROSECOND, NOTHING = timedelta(microseconds=1), timedelta()


def end_of(start: datetime, months: int, anchor: datetime) -> datetime:
    """So many months after `start`, on the anchor's day and at its time: 31 Jan, 28 Feb, 31 Mar."""
    years, month = divmod(start.month - 1 + months, PER_YEAR)
    year, month = start.year + years, month + 1
    day = min(anchor.day, monthrange(year, month)[1])
    return anchor.replace(year=year, month=month, day=day)


def unused(amount: int, begin: datetime, end: datetime, at: datetime, used: timedelta = NOTHING) -> int:
    """What of a price belongs to the time that is left, `used` of it before it began (anew); the last unit is
    the fan's.
    """
    return part(amount, end - max(at, begin), end - begin + used)


def part(amount: int, rest: timedelta, whole: timedelta) -> int:
    """What of a price belongs to so much of its time; the last unit is the fan's."""
    rest_, whole_ = rest // MICROSECOND, whole // MICROSECOND
    return -(-amount * min(rest_, whole_) // whole_) if rest_ > 0 and whole_ > 0 else 0


def on_its_day(end: datetime, anchor: datetime) -> bool:
    """Whether periods that are kept to this day of the month end then."""
    return end == end_of(end, 0, anchor)


def rest_of(price: int, months: int, end: datetime, anchor: datetime, at: datetime) -> int:
    """What a price for so many months means from now until then, however many periods that are; a unit that
    cannot be split is the fan's."""
    day = anchor if on_its_day(end, anchor) else end
    whole, begin = 0, end_of(end, -months, day)
    while begin >= at:
        whole, end, begin = whole + 1, begin, end_of(begin, -months, day)
    rest = max(end - at, timedelta())
    return price * whole + price * (rest // MICROSECOND) // ((end - begin) // MICROSECOND)
