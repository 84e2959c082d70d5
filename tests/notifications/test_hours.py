"""Quiet hours and mornings are those of the person's own day, whatever is done to clocks there."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.notifications import hours

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(
    ["UTC", "Europe/Helsinki", "America/New_York", "Pacific/Chatham", "Australia/Lord_Howe"]
)
HOUR = st.integers(0, 23)


@given(at=MOMENTS, zone=ZONES, begins=HOUR, ends=HOUR)
def test_quiet_hours_end_when_they_should(at: datetime, zone: str, begins: int, ends: int) -> None:
    if begins == ends:
        return
    until = hours.quiet_until(at, zone, begins, ends)
    hour = at.astimezone(ZoneInfo(zone)).hour
    inside = hour in [(begins + step) % 24 for step in range((ends - begins) % 24)]
    assert (until is not None) == inside
    if until:
        assert at < until <= at + timedelta(hours=25)
        # The hour that it is then, or the one after where clocks leave it out.
        assert until.astimezone(ZoneInfo(zone)).hour in {ends, (ends + 1) % 24}


@given(at=MOMENTS, zone=ZONES)
def test_mornings_come_each_day_and_mondays_each_week(at: datetime, zone: str) -> None:
    day = hours.next_gathered(at, zone, hours.DAILY)
    week = hours.next_gathered(at, zone, hours.WEEKLY)
    assert at < day <= at + timedelta(hours=25)
    assert day <= week <= at + timedelta(days=7, hours=1)
    assert day.astimezone(ZoneInfo(zone)).hour == week.astimezone(ZoneInfo(zone)).hour == hours.MORNING
    assert week.astimezone(ZoneInfo(zone)).weekday() == hours.MONDAY


def test_who_chose_none_has_no_quiet_hours() -> None:
    assert hours.quiet_until(datetime(2031, 1, 1, tzinfo=UTC), "UTC", None, None) is None
