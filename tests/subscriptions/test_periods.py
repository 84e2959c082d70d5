"""The calendar: the day of joining is kept, nothing is lost and nothing counted twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.subscriptions.periods import end_of, rest_of, unused
from app.subscriptions.prices import Reduction

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))
MONTHS = st.sampled_from([1, 3, 6, 12])


def test_the_last_day_of_a_month_stays_the_last_where_months_are_short() -> None:
    start = datetime(2028, 1, 31, 9, tzinfo=UTC)
    ends = [start]
    for _ in range(4):
        ends.append(end_of(ends[-1], 1, start))
    assert [(one.month, one.day) for one in ends] == [(1, 31), (2, 29), (3, 31), (4, 30), (5, 31)]


def test_a_leap_day_comes_back_after_four_years() -> None:
    start = datetime(2028, 2, 29, tzinfo=UTC)
    ends = [start]
    for _ in range(4):
        ends.append(end_of(ends[-1], 12, start))
    assert [one.day for one in ends] == [29, 28, 28, 28, 29]


@given(MOMENTS, st.lists(MONTHS, min_size=1, max_size=30))
def test_however_long_it_goes_on_it_is_where_one_step_would_have_led(
    start: datetime, lengths: list[int]
) -> None:
    at = start
    for months in lengths:
        following = end_of(at, months, start)
        assert following > at
        at = following
    assert at == end_of(start, sum(lengths), start)
    assert at.timetz() == start.timetz()


@given(MOMENTS, MONTHS)
def test_back_is_where_it_came_from(start: datetime, months: int) -> None:
    assert end_of(end_of(start, months, start), -months, start) == start


@given(MOMENTS, MONTHS, st.integers(0, 10**9), st.floats(0, 1.2))
def test_what_is_used_and_what_is_left_are_all_and_the_fan_never_loses(
    start: datetime, months: int, price: int, part: float
) -> None:
    end = end_of(start, months, start)
    at = start + (end - start) * part
    left, costs = unused(price, start, end, at), rest_of(price, months, end, start, at)
    assert 0 <= costs <= left <= price
    assert left - costs <= 1
    assert unused(price, start, end, start) == price
    assert unused(price, start, end, end) == rest_of(price, months, end, start, end) == 0


@given(MOMENTS, st.integers(1, 10**6))
def test_what_is_paid_ahead_is_not_used_at_all(start: datetime, price: int) -> None:
    end = end_of(start, 1, start)
    before = start - timedelta(days=3)
    assert unused(price, start, end, before) == price
    assert rest_of(price, 1, end, start, before) >= price


@given(st.integers(1, 10**6), st.integers(1, 100), st.integers(1, 24), MONTHS)
def test_a_code_takes_off_at_most_the_price_and_what_is_left_a_card_can_pay(
    price: int, percent: int, for_months: int, months: int
) -> None:
    off = Reduction(percent, for_months).off(price, months)
    assert 0 <= off <= price
    assert price - off == 0 or price - off >= 50 or off == 0
    counted = min(for_months, months)
    assert off * 100 * months >= price * percent * counted
