"""F3: clocks jump over month ends, leap days and years: each period is paid once, and none is left out."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.kit.clock import FixedClock
from app.subscriptions.periods import end_of
from tests.factories.subscriptions import (
    bank_says,
    go_round,
    invoices_of,
    subscribed_by_card,
    the_subscription,
    waiting_charge,
)
from tests.subscriptions.conftest import House
from tests.subscriptions.test_joining import can_read

LEAP_DAY = datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("months", "years", "ends"),
    [
        (1, 1, ["03-29", "04-29", "05-29", "06-29", "07-29", "08-29", "09-29", "10-29", "11-29", "12-29"]),
        (12, 4, ["02-28", "02-28", "02-28", "02-29"]),
    ],
)
def test_who_joins_on_a_leap_day_pays_once_a_period(
    house: House, cards: None, time: FixedClock, months: int, years: int, ends: list[str]
) -> None:
    time.at = LEAP_DAY
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.gold, months=months)
    found = []
    for _ in ends:
        found.append(the_subscription(house.app, sub).period_end)
        time.at = found[-1]
        go_round(house.app, times=1)
        bank_says(house.app, sub)
    assert [f"{one:%m-%d}" for one in found] == ends
    assert all(one.timetz() == LEAP_DAY.timetz() for one in found)
    assert len(invoices_of(house.app, sub)) == len(ends) + 1


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.fault_long) for n in range(1, 6))])
def test_a_clock_that_jumps_leaves_out_no_period_and_charges_none_twice(
    house: House, cards: None, time: FixedClock, seed: int
) -> None:
    """The house is looked after now and then only, and then three times in a row."""
    dice = Random(seed)
    begin = time.at = datetime(2027, 12, 31, 12, dice.randrange(60), tzinfo=UTC)
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    paid_for = 1
    while time.at < begin + timedelta(days=150):
        time.move(timedelta(hours=dice.choice((1, 23, 24, 25, 120, 160))))
        go_round(house.app)
        if waiting_charge(house.app, sub):
            bank_says(house.app, sub)
            paid_for += 1
        found = the_subscription(house.app, sub)
        assert found.period_start <= time.at < found.period_end
        assert found.period_end == end_of(begin, paid_for, begin)
        assert can_read(house)
    assert len(invoices_of(house.app, sub)) == found.period == paid_for
