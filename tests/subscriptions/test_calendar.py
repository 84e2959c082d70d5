"""F3: clocks jump over month ends, leap days and years: each period is paid once, and none is left out."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.kit.clock import FixedClock
from app.subscriptions.periods import end_of
from tests.factories.invoices import paid
from tests.factories.people import a_person, signed_in
from tests.factories.subscriptions import (
    bank_says,
    go_round,
    invoice_at,
    invoices_of,
    subscribed,
    subscribed_by_card,
    the_subscription,
    waiting_charge,
)
from tests.subscriptions.conftest import House
from tests.subscriptions.test_gifts import gives, opens, the_one
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


def test_months_that_nobody_could_read_are_not_charged(house: House, cards: None, time: FixedClock) -> None:
    """The house stood still for over a year: one period is paid, from the day that it is open again."""
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    time.at = back = datetime(2028, 2, 29, 8, tzinfo=UTC)
    assert not can_read(house)
    go_round(house.app)
    assert can_read(house)
    bank_says(house.app, sub)
    assert waiting_charge(house.app, sub) is None
    found = the_subscription(house.app, sub)
    assert (found.state, found.period, len(invoices_of(house.app, sub))) == ("active", 2, 2)
    assert (found.period_start, found.period_end) == (back, datetime(2028, 3, 29, 8, tzinfo=UTC))


def test_who_pays_by_hand_after_the_house_stood_still_has_a_month_for_it(
    house: House, time: FixedClock
) -> None:
    """Counted from when it was opened again, and not from when they paid."""
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = back = the_subscription(house.app, sub).period_end + timedelta(days=40)
    go_round(house.app)
    time.move(timedelta(days=5))
    assert can_read(house)
    page = signed_in(house.app, house.fan)
    address = f"/subscriptions/{sub}"
    paid(house.app, invoice_at(page.send(page.get(address).form(f"{address}/renew"), follow=False)))
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.period_start, found.period_end) == ("active", back, end_of(back, 1, back))
    time.at = found.period_end - timedelta(minutes=1)
    assert can_read(house)


def test_a_gift_after_the_house_stood_still_is_a_month_too(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    invoice_id, code = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    time.at = back = the_subscription(house.app, sub).period_end + timedelta(days=40)
    assert the_one(opens(house, house.fan, code)) == sub
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.period_end) == ("active", end_of(back, 1, back))
    assert can_read(house, rank=2)


def test_who_is_charged_long_after_a_grace_that_began_in_time_has_a_month_too(
    house: House, cards: None, time: FixedClock
) -> None:
    """The bank said no, and the house stood still before it could be asked again."""
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    bank_says(house.app, sub, "insufficient_funds")
    time.at = back = time.at + timedelta(days=100)
    assert not can_read(house)
    go_round(house.app)
    bank_says(house.app, sub)
    found = the_subscription(house.app, sub)
    assert (found.state, found.period_start, found.period_end) == ("active", back, end_of(back, 1, back))
    assert waiting_charge(house.app, sub) is None and can_read(house)
