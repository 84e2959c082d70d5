"""Time that was taken and comes back: as much as was paid for, whenever banks decide, and in any order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from app.extensions import db
from app.kit.clock import FixedClock
from app.ledger import verifying
from app.platform.transaction import transaction
from app.subscriptions import queries
from app.subscriptions.models import Subscription, SubscriptionEvent
from app.subscriptions.operations import ending, opening, taking
from tests.factories.creators import blocks
from tests.factories.invoices import dispute, paid, refund, the_invoice
from tests.factories.people import a_person
from tests.factories.subscriptions import (
    asks_to_subscribe,
    go_round,
    invoice_at,
    invoices_of,
    the_subscription,
)
from tests.subscriptions.conftest import BEGIN, House
from tests.subscriptions.test_changing import change, invoice_of
from tests.subscriptions.test_joining import can_read
from tests.subscriptions.test_renewing import press
from tests.subscriptions.test_taking import FIRST_END, SECOND_END, first_paid, gifted, left, upgraded, wins

DAY = timedelta(days=1)
HALF = timedelta(days=14)
MONTH = timedelta(days=31)


def renewed_early(house: House, sub: UUID, time: FixedClock) -> UUID:
    """At the half of its first month."""
    time.at = BEGIN + HALF
    return paid(house.app, UUID(press(house, sub, "renew").removeprefix("/invoices/")))


def ends(house: House, sub: UUID, time: FixedClock) -> None:
    press(house, sub, "cancel")
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "ended"


def test_two_payments_that_are_disputed_and_won_give_all_of_their_time(
    house: House, time: FixedClock
) -> None:
    sub, month = first_paid(house, house.silver)
    year = upgraded(house, sub, house.gold, 12)
    whole = the_subscription(house.app, sub).period_end
    of_month, of_year = dispute(house.app, month), dispute(house.app, year)
    assert the_subscription(house.app, sub).state == "ended"
    wins(house, of_month)
    wins(house, of_year)
    found = the_subscription(house.app, sub)
    assert (found.state, found.period_end) == ("active", whole)
    assert left(house, sub, time.at) == 12_000


def test_what_ended_it_comes_back_also_where_it_lives_again_by_then(house: House, time: FixedClock) -> None:
    sub, first = first_paid(house, house.silver)
    second = renewed_early(house, sub, time)
    for payments in ((first, second), (second, first)):
        disputes = [dispute(house.app, one) for one in payments]
        assert the_subscription(house.app, sub).state == "ended"
        for one in disputes:
            wins(house, one)
        found = the_subscription(house.app, sub)
        assert (found.state, found.period_end) == ("active", SECOND_END)
        assert left(house, sub, time.at) == 250 + 500


def test_what_was_over_brings_nothing_back_that_another_payment_paid_for(
    house: House, time: FixedClock
) -> None:
    sub, first = first_paid(house, house.silver)
    second = renewed_early(house, sub, time)
    time.at = FIRST_END + DAY
    of_second, of_first = dispute(house.app, second), dispute(house.app, first)
    wins(house, of_first)
    assert the_subscription(house.app, sub).state == "ended", "its own time was had"
    wins(house, of_second)
    found = the_subscription(house.app, sub)
    assert (found.state, found.period_end) == ("active", SECOND_END)


def test_after_a_gift_that_went_back_in_its_time_a_month_is_a_month(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    gift = gifted(house, house.silver)
    time.at = FIRST_END + 5 * DAY
    dispute(house.app, gift)
    go_round(house.app)
    paid(house.app, invoices_of(house.app, sub)[-1].id)
    assert the_subscription(house.app, sub).period_end == datetime(2027, 4, 5, 12, 30, tzinfo=UTC)


def test_after_time_that_came_back_later_a_month_is_a_month(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    second = renewed_early(house, sub, time)
    disputed = dispute(house.app, second)
    ends(house, sub, time)
    time.move(10 * DAY)
    wins(house, disputed)
    until = datetime(2027, 4, 10, 12, 30, tzinfo=UTC)
    assert the_subscription(house.app, sub).period_end == until == time.at + MONTH
    press(house, sub, "resume")
    time.at = until
    go_round(house.app)
    paid(house.app, invoices_of(house.app, sub)[-1].id)
    assert the_subscription(house.app, sub).period_end == datetime(2027, 5, 10, 12, 30, tzinfo=UTC)


def test_time_that_comes_back_in_a_pause_counts_from_then_on(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    gift = gifted(house, house.silver)
    press(house, sub, "pause", months="3")
    disputed = dispute(house.app, gift)
    time.at = FIRST_END
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert found.state == "paused" and found.paused_until is not None
    time.move(45 * DAY)
    wins(house, disputed)
    again = the_subscription(house.app, sub)
    assert (again.state, again.period_end) == ("active", time.at + MONTH)
    assert again.paused_until == found.paused_until + MONTH, "it pauses for as long as was wished"
    assert can_read(house) and left(house, sub, time.at) == 500
    time.move(MONTH)
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "paused" and not can_read(house)


def test_what_opens_again_is_reckoned_by_the_time_that_it_has_now(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    second = renewed_early(house, sub, time)
    disputed = dispute(house.app, second)
    ends(house, sub, time)
    time.move(60 * DAY)
    wins(house, disputed)
    assert left(house, sub, time.at) == 500, "all of it, should its creator stop now"
    assert the_invoice(house.app, invoice_of(change(house, sub, house.gold))).total == 1238 - 500
    refund(house.app, second, 500)
    assert the_subscription(house.app, sub).state == "ended" and not can_read(house)


def test_what_comes_back_late_can_go_back_again(house: House, time: FixedClock) -> None:
    """A gift that ran while an earlier payment was with the bank is had; that payment is what is left."""
    sub, first = first_paid(house, house.silver)
    gifted(house, house.silver)
    time.move(HALF)
    disputed = dispute(house.app, first)
    ends(house, sub, time)
    time.move(DAY)
    wins(house, disputed)
    assert the_subscription(house.app, sub).period_end == time.at + HALF
    assert left(house, sub, time.at) == 250
    with house.app.app_context(), transaction():
        ending.end_and_give_back(sub, "closed")
    assert the_invoice(house.app, first).returned == 250


def test_a_year_that_is_won_is_shorter_as_long_as_what_it_carried_is_disputed(
    house: House, time: FixedClock
) -> None:
    sub, month = first_paid(house, house.gold)
    year = upgraded(house, sub, house.gold, 12)
    whole = the_subscription(house.app, sub).period_end
    of_year, of_month = dispute(house.app, year), dispute(house.app, month)
    assert the_subscription(house.app, sub).state == "ended"
    wins(house, of_year)
    found = the_subscription(house.app, sub)
    assert (found.state, found.months) == ("active", 12)
    assert whole - found.period_end == (whole - BEGIN) / 10, "a tenth of its price was carried"
    assert left(house, sub, time.at) == 10_800
    wins(house, of_month)
    assert the_subscription(house.app, sub).period_end == whole
    assert left(house, sub, time.at) == 12_000


def test_a_part_of_a_year_that_goes_back_late_takes_nothing_off_what_was_used(
    house: House, time: FixedClock
) -> None:
    sub, month = first_paid(house, house.gold)
    upgraded(house, sub, house.gold, 12)
    found = the_subscription(house.app, sub)
    time.move((found.period_end - BEGIN) / 2)
    before = left(house, sub, time.at)
    assert before == 6_000
    refund(house.app, month, 1200)
    assert left(house, sub, time.at) < before, "what is left cannot grow by what went back"


def test_a_year_is_shorter_too_where_what_it_carried_went_back_while_it_was_closed(
    house: House, time: FixedClock
) -> None:
    sub, month = first_paid(house, house.gold)
    year = upgraded(house, sub, house.gold, 12)
    whole = the_subscription(house.app, sub).period_end
    time.move(60 * DAY)
    of_year, of_month = dispute(house.app, year), dispute(house.app, month)
    wins(house, of_year)
    assert whole - the_subscription(house.app, sub).period_end == (whole - BEGIN) / 10
    wins(house, of_month)
    assert the_subscription(house.app, sub).period_end == whole


def in_any_order(count: int) -> list[tuple[int, ...]]:
    """Each is disputed once and then won once: some of the ninety ways in which three do that."""
    return sorted(set(permutations([n for n in range(count) for _ in "dw"])))[::18]


def agrees(house: House, sub: UUID, time: FixedClock) -> None:
    """What is paid for lies end to end from now on, until the end."""
    with house.app.app_context():
        paid, until = queries.what_was_paid(sub), db.session.get_one(Subscription, sub).period_end
        spans = [taking.span(one) for one in opening.counting(paid) if "upgrade" not in one.detail]
        rests = [end - max(begin, time.at) for begin, end in spans if end > time.at]
        assert sum(rests, timedelta()) == until - time.at


def all_of_it_comes_back(
    house: House, sub: UUID, payments: list[UUID], order: Sequence[int], time: FixedClock
) -> None:
    def state() -> tuple[object, ...]:
        found = the_subscription(house.app, sub)
        return found.state, found.tier_id, found.months, found.period_end

    whole = state()
    disputed: dict[int, UUID] = {}
    for n in order:
        if n in disputed:
            wins(house, disputed[n])
        else:
            disputed[n] = dispute(house.app, payments[n])
        if the_subscription(house.app, sub).state != "ended":
            agrees(house, sub, time)
    assert state() == whole, order


def test_whatever_order_banks_take_and_give_in_all_of_the_time_comes_back(
    house: House, time: FixedClock
) -> None:
    sub, first = first_paid(house, house.silver)
    payments = [first, renewed_early(house, sub, time), gifted(house, house.silver, months=3)]
    press(house, sub, "cancel")
    for order in in_any_order(len(payments)):
        all_of_it_comes_back(house, sub, payments, order, time)
        assert left(house, sub, time.at) == 250 + 500 + 3 * 500


def test_so_does_that_of_a_year_and_of_what_it_carries(house: House, time: FixedClock) -> None:
    for order in in_any_order(3):
        other = replace(house, fan=a_person(house.app))
        sub, month = first_paid(other, house.silver)
        gift = gifted(other, house.silver)
        time.move(HALF)
        year = upgraded(other, sub, house.gold, 12)
        all_of_it_comes_back(other, sub, [month, gift, year], order, time)
        time.move(DAY)


@pytest.mark.parametrize("meanwhile", ["another", "block"])
@pytest.mark.parametrize("bought", ["first", "gift", "upgrade"])
def test_what_was_had_stays_paid_where_the_rest_cannot_come_back(
    house: House, time: FixedClock, meanwhile: str, bought: str
) -> None:
    """Else whoever disputes a year in its last month, and subscribes anew, has had it for nothing."""
    if bought == "first":
        year = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.gold, months="12"))
        paid(house.app, year)
    elif bought == "gift":
        year = gifted(house, house.gold, months=12)
    else:
        sub, month = first_paid(house, house.silver)
        year = upgraded(house, sub, house.gold, 12)
        refund(house.app, month, 500)
    price, of_year = the_invoice(house.app, year).total, the_subscription_of(house, year)
    time.at = BEGIN + (of_year.period_end - BEGIN) * 3 / 4
    disputed = dispute(house.app, year)
    assert the_subscription(house.app, of_year.id).state == "ended"
    if meanwhile == "block":
        blocks(house.app, house.creator, house.fan)
    else:
        first_paid(house, house.silver)
    wins(house, disputed)
    invoice = the_invoice(house.app, year)
    assert (invoice.state, invoice.kept) == ("part_refunded", price - price // 4)
    assert the_subscription(house.app, of_year.id).state == "ended"
    with house.app.app_context():
        assert verifying.verify().found == []


@pytest.mark.parametrize("order", ["month year", "year month"])
@pytest.mark.parametrize("won", ["month year", "year month"])
@pytest.mark.parametrize("days", [7, 60, 340])
def test_what_was_had_of_a_year_and_of_what_it_carries_stays_paid_once(
    house: House, time: FixedClock, order: str, won: str, days: int
) -> None:
    sub, month = first_paid(house, house.silver)
    time.move(HALF)
    bought = {"month": month, "year": upgraded(house, sub, house.gold, 12)}
    term = the_subscription(house.app, sub).period_end - time.at
    time.move(timedelta(days=days))
    disputed = {name: dispute(house.app, bought[name]) for name in order.split()}
    assert the_subscription(house.app, sub).state == "ended"
    first_paid(house, house.silver)
    for name in won.split():
        wins(house, disputed[name])
    kept = [the_invoice(house.app, bought[name]).kept for name in ("month", "year")]
    had = 250 + 12_000 * (timedelta(days=days) / term)
    assert abs(sum(kept) - had) <= 2


def the_subscription_of(house: House, invoice_id: UUID) -> Subscription:
    with house.app.app_context():
        paid_with = db.select(SubscriptionEvent.subscription_id).where(
            SubscriptionEvent.detail["invoice"].as_string() == str(invoice_id)
        )
        return the_subscription(house.app, db.session.scalars(paid_with).one())
