"""Periods by the calendar, in UTC: the day of joining is kept, also where a month is too short for it."""

from calendar import monthrange
from datetime import datetime, timedelta

PER_YEAR = 12
MICROSECOND = timedelta(microseconds=1)


def end_of(start: datetime, months: int, anchor: datetime) -> datetime:
    """So many months after `start`, on the anchor's day and at its time: 31 Jan, 28 Feb, 31 Mar."""
    years, month = divmod(start.month - 1 + months, PER_YEAR)
    year, month = start.year + years, month + 1
    day = min(anchor.day, monthrange(year, month)[1])
    return anchor.replace(year=year, month=month, day=day)


def unused(amount: int, begin: datetime, end: datetime, at: datetime) -> int:
    """What of a price belongs to the time that is left; the last unit is the fan's."""
    whole, rest = (end - begin) // MICROSECOND, (end - max(at, begin)) // MICROSECOND
    return -(-amount * min(rest, whole) // whole) if rest > 0 else 0


def rest_of(price: int, begin: datetime, end: datetime, at: datetime) -> int:
    """What a price for this period means until its end, also where that is paid ahead; a unit that cannot be
    split is the fan's."""
    whole, rest = (end - begin) // MICROSECOND, (end - at) // MICROSECOND
    return price * max(rest, 0) // whole
