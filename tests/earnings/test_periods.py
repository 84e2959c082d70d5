"""Months of statements, steps of charts: every moment is in one of them, whatever clocks on walls do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.earnings.periods import Month, next_of, period, start_of
from app.kit import clock
from app.kit.clock import FixedClock

# Summer begins and ends on other days there, in the last one by half an hour.
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe")
CLOCKS = st.sampled_from([ZoneInfo(zone) for zone in ZONES])
TIMES = st.datetimes(datetime(2024, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))
MOMENTS = st.builds(datetime.astimezone, TIMES, CLOCKS)
UNITS = st.sampled_from(["day", "week", "month"])


@given(MOMENTS, UNITS)
def test_every_moment_is_in_one_step_wherever_it_was_said(at: datetime, unit: str) -> None:
    start = start_of(unit, at)
    following = next_of(unit, start)
    assert start <= at < following
    assert (
        start == start_of(unit, at.astimezone(UTC)) == start_of(unit, following - timedelta(microseconds=1))
    )
    assert start_of(unit, following) == following


@given(MOMENTS, st.integers(1, 40))
def test_months_follow_each_other_without_a_gap(at: datetime, count: int) -> None:
    first = start_of("month", at)
    month = Month(first.year, first.month)
    for _ in range(count):
        following = Month(month.until.year, month.until.month)
        assert month.since < month.until == following.since
        assert (following.year * 12 + following.number) - (month.year * 12 + month.number) == 1
        month = following


@given(MOMENTS, st.sampled_from(["30d", "13w", "12m"]))
def test_a_chart_shows_all_of_its_time_and_ends_after_now(at: datetime, name: str) -> None:
    with clock.using(FixedClock(at.astimezone(UTC))):
        chosen = period(name)
    steps = chosen.steps(None)
    assert steps[0] == chosen.since and len(steps) == {"30d": 30, "13w": 13, "12m": 12}[name]
    assert chosen.since <= at < chosen.until
    assert steps[1:] == [next_of(chosen.unit, step) for step in steps[:-1]]


def test_the_last_day_of_february_is_in_february_in_every_year() -> None:
    for year, last in ((2027, 28), (2028, 29), (2100, 28)):
        month = Month(year, 2)
        assert month.until - timedelta(days=1) == datetime(year, 2, last, tzinfo=UTC)
