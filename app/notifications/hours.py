"""When mails and pushes may go out to somebody, in their own day: pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

# Of the day, and of the week, goes out in the morning; of the week on Mondays.
MORNING, MONDAY = 8, 0
AT_ONCE, DAILY, WEEKLY = "at_once", "daily", "weekly"
REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian",
    "Pacific",
)  # fmt: skip


def zones() -> list[str]:
    """Places by region, as people know them."""
    return ["UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in REGIONS)]


def quiet_until(at: datetime, zone: str, begins: int | None, ends: int | None) -> datetime | None:
    """When the quiet hours end that `at` lies in; None where it lies in none."""
    if begins is None or ends is None:
        return None
    local = at.astimezone(ZoneInfo(zone))
    hour = local.hour
    inside = begins <= hour < ends if begins < ends else hour >= begins or hour < ends
    return _next(local, ends) if inside else None


def next_gathered(at: datetime, zone: str, rhythm: str) -> datetime:
    """When the next mail of the day or the week goes out."""
    local = at.astimezone(ZoneInfo(zone))
    due = _next(local, MORNING)
    while rhythm == WEEKLY and due.astimezone(ZoneInfo(zone)).weekday() != MONDAY:
        due = _next(due.astimezone(ZoneInfo(zone)), MORNING)
    return due


def _next(local: datetime, hour: int) -> datetime:
    """The next time that it is this hour; an hour that a change of clocks leaves out is the one after."""
    day = local.date()
    while True:
        found = datetime.combine(day, time(hour), local.tzinfo)
        if found.timestamp() > local.timestamp():
            return found.astimezone(UTC)
        day += timedelta(days=1)
