"""What an upgrade opened, and what was left open of a higher tier, when the money for either moves."""

from datetime import timedelta
from uuid import UUID

from app.kit.clock import FixedClock
from tests.factories.creators import a_tier
from tests.factories.invoices import dispute, money_in, paid, refund, the_invoice
from tests.factories.people import signed_in
from tests.factories.subscriptions import (
    asks_to_subscribe,
    go_round,
    invoices_of,
    mails_to,
    steps,
    subscribed,
    the_subscription,
)
from tests.subscriptions.conftest import House
from tests.subscriptions.test_changing import change, invoice_of
from tests.subscriptions.test_joining import can_read
from tests.subscriptions.test_late import archive
from tests.subscriptions.test_promos import a_code
from tests.subscriptions.test_renewing import press
from tests.subscriptions.test_taking import wins


def renews_early(house: House, sub: UUID) -> UUID:
    """The next period is paid while the one before it still runs."""
    go_round(house.app)
    return paid(house.app, invoices_of(house.app, sub)[-1].id)


def test_what_was_left_open_comes_back_when_that_dispute_is_won(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    change(house, sub, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=7)
    renews_early(house, sub)
    disputed = dispute(house.app, invoices_of(house.app, sub)[0].id)
    time.move(timedelta(days=3))
    wins(house, disputed)
    time.move(timedelta(days=6, hours=23))
    assert can_read(house, rank=2), "seven days of it were taken"
    time.move(timedelta(hours=2))
    assert can_read(house) and not can_read(house, rank=2)


def test_what_was_left_open_comes_back_in_any_order(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    change(house, sub, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=7)
    renewal, first = renews_early(house, sub), invoices_of(house.app, sub)[0].id
    for payments in ((renewal, first), (first, renewal)):
        disputes = [dispute(house.app, one) for one in payments]
        assert the_subscription(house.app, sub).state == "ended" and not can_read(house)
        for one in disputes:
            wins(house, one)
        assert can_read(house, rank=2)
    time.move(timedelta(days=7, seconds=1))
    assert can_read(house) and not can_read(house, rank=2)


def test_what_an_upgrade_was_paid_with_is_not_open_besides(house: House, time: FixedClock) -> None:
    dear = a_tier(house.app, house.creator, "Dear", price=5_000)
    sub = subscribed(house.app, house.fan, house.creator, dear)
    change(house, sub, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=7)
    renews_early(house, sub)
    assert can_read(house, rank=3)
    invoice_id = invoice_of(change(house, sub, house.gold, 12))
    paid(house.app, invoice_id)
    assert can_read(house, rank=2) and not can_read(house, rank=3)
    refund(house.app, invoice_id, the_invoice(house.app, invoice_id).total)
    assert can_read(house, rank=3), "its worth is not taken off any more"
    time.at = the_subscription(house.app, sub).period_start + timedelta(seconds=1)
    assert can_read(house) and not can_read(house, rank=2)


def test_an_upgrade_that_is_taken_back_is_not_left_open_where_the_next_period_is_paid(
    house: House, time: FixedClock
) -> None:
    dear = a_tier(house.app, house.creator, "Dear", price=5_000)
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    upgrade = paid(house.app, invoice_of(change(house, sub, dear)))
    change(house, sub, house.silver)
    until = the_subscription(house.app, sub).period_end
    time.at = until - timedelta(days=7)
    renews_early(house, sub)
    assert can_read(house, rank=3)
    disputed = dispute(house.app, upgrade)
    assert can_read(house, rank=2) and not can_read(house, rank=3)
    wins(house, disputed)
    assert can_read(house, rank=3) and the_invoice(house.app, upgrade).kept
    time.at = until + timedelta(seconds=1)
    assert can_read(house, rank=1) and not can_read(house, rank=2)


def test_an_upgrade_whose_tier_goes_on_is_had_and_nothing_is_said_of_another(
    house: House, time: FixedClock
) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    upgrade = paid(house.app, invoice_of(change(house, sub, house.gold)))
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=7)
    renews_early(house, sub)
    disputed = dispute(house.app, upgrade)
    assert can_read(house, rank=2), "the next period is paid, of the same tier"
    assert "upgrade_taken_back" not in steps(house.app, sub)
    wins(house, disputed)
    assert the_invoice(house.app, upgrade).kept == 700


def test_an_upgrade_that_a_year_took_the_place_of_shortens_it_when_it_goes_back(
    house: House, time: FixedClock
) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    upgrade = paid(house.app, invoice_of(change(house, sub, house.gold)))
    paid(house.app, invoice_of(change(house, sub, house.gold, 12)))
    whole = the_subscription(house.app, sub).period_end
    disputed = dispute(house.app, upgrade)
    assert the_subscription(house.app, sub).period_end == whole - (whole - time.at) * 700 / 12_000
    wins(house, disputed)
    assert the_subscription(house.app, sub).period_end == whole


def test_refunding_the_year_after_a_time_that_was_free_leaves_that(house: House, time: FixedClock) -> None:
    a_code(house, percent=100, for_months="1")
    answer = asks_to_subscribe(house.app, house.fan, house.creator, house.silver, code="SPRING")
    sub = UUID(answer.location.rpartition("/")[2])
    until = the_subscription(house.app, sub).period_end
    year = paid(house.app, invoice_of(change(house, sub, house.gold, 12)))
    refund(house.app, year, 12_000)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tier_id, found.period_end) == ("active", house.silver, until)


def test_whoever_keeps_it_as_it_is_can_pay_for_the_next_period(house: House, time: FixedClock) -> None:
    other = a_tier(house.app, house.creator, "Other", price=500)
    sub = subscribed(house.app, house.fan, house.creator, other)
    change(house, sub, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=7)
    fan = signed_in(house.app, house.fan)
    page = f"/subscriptions/{sub}"
    before = invoice_of(fan.send(fan.get(page).form(f"{page}/renew"), follow=False))
    fan.send(fan.get(page).form(f"{page}/stay"))
    after = invoice_of(fan.send(fan.get(page).form(f"{page}/renew"), follow=False))
    assert after != before
    paid(house.app, after)
    found = the_subscription(house.app, sub)
    assert (found.period, found.tier_id) == (2, other)
    go_round(house.app)
    assert the_invoice(house.app, before).state == "cancelled"


def test_an_upgrade_comes_back_although_its_tier_was_archived_meanwhile(
    house: House, time: FixedClock
) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    upgrade = paid(house.app, invoice_of(change(house, sub, house.gold)))
    disputed = dispute(house.app, upgrade)
    archive(house, house.gold)
    wins(house, disputed)
    assert (the_subscription(house.app, sub).tier_id, the_invoice(house.app, upgrade).state) == (
        house.gold,
        "paid",
    )
    assert can_read(house, rank=2)


def test_a_part_of_a_renewal_that_will_not_be_is_told(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=10)
    renewal = press(house, sub, "renew")
    money_in(house.app, UUID(renewal.removeprefix("/invoices/")), 200)
    go_round(house.app)
    press(house, sub, "cancel")
    go_round(house.app)
    assert mails_to(house.app, house.fan)[-1] == "money_waiting"


def test_a_part_that_was_paid_before_it_is_kept_going_counts(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=10)
    press(house, sub, "cancel")
    renewal = press(house, sub, "renew")
    money_in(house.app, UUID(renewal.removeprefix("/invoices/")), 200)
    press(house, sub, "resume")
    assert press(house, sub, "renew") == renewal
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "past_due"
