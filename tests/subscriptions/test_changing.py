"""Another tier, another length: now with what is not used taken off, or with the next period."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.invoices.operations import disputing
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform.transaction import transaction
from tests.factories.creators import a_tier
from tests.factories.invoices import dispute, paid, refund, the_invoice
from tests.factories.people import a_person, signed_in
from tests.factories.subscriptions import (
    bank_says,
    go_round,
    invoices_of,
    steps,
    subscribed,
    subscribed_by_card,
    the_subscription,
)
from tests.page_client import Page
from tests.subscriptions.conftest import House
from tests.subscriptions.test_joining import can_read

HALF = timedelta(days=14)


def change(house: House, sub: UUID, tier: UUID, months: int = 1) -> Page:
    fan = signed_in(house.app, house.fan)
    address = f"/subscriptions/{sub}/change"
    return fan.send(fan.get(address).form(address), follow=False, plan=f"{tier}:{months}")


def invoice_of(page: Page) -> UUID:
    assert page.location.startswith("/invoices/"), (page.status, page.location, page.text[:300])
    return UUID(page.location.removeprefix("/invoices/"))


def test_an_upgrade_costs_the_difference_for_the_rest(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.move(HALF)
    shown = signed_in(house.app, house.fan).get(f"/subscriptions/{sub}/change")
    assert "$3.50 now until 28 February 2027, then $12.00 a month" in shown.text
    invoice_id = invoice_of(change(house, sub, house.gold))
    assert the_invoice(house.app, invoice_id).total == 350
    assert not can_read(house, rank=2)
    paid(house.app, invoice_id)
    found = the_subscription(house.app, sub)
    assert (found.tier_id, found.price, found.period) == (house.gold, 1200, 1)
    assert found.period_end == datetime(2027, 2, 28, 12, 30, tzinfo=UTC)
    assert can_read(house, rank=2)


def test_a_year_begins_at_once_less_what_is_not_used(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    time.move(HALF)
    invoice_id = invoice_of(change(house, sub, house.gold, 12))
    assert the_invoice(house.app, invoice_id).total == 12_000 - 600
    paid(house.app, invoice_id)
    found = the_subscription(house.app, sub)
    assert (found.months, found.price, found.period) == (12, 12_000, 2)
    assert (found.period_start, found.period_end) == (time.at, datetime(2028, 2, 14, 12, 30, tzinfo=UTC))


def test_a_lower_tier_begins_with_the_next_period(house: House, cards: None, time: FixedClock) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.gold)
    change(house, sub, house.silver)
    shown = signed_in(house.app, house.fan).get(f"/subscriptions/{sub}")
    assert "changes to Silver" in shown.text and "Renews on 28 February 2027 for $5.00" in shown.text
    assert can_read(house, rank=2)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    bank_says(house.app, sub)
    found = the_subscription(house.app, sub)
    assert (found.tier_id, found.price, found.next_tier_id) == (house.silver, 500, None)
    assert can_read(house) and not can_read(house, rank=2)


def test_paying_early_for_a_lower_tier_leaves_the_higher_one_open_as_long_as_it_is_paid(
    house: House, time: FixedClock
) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    change(house, sub, house.silver)
    until = the_subscription(house.app, sub).period_end
    time.at = until - timedelta(days=7)
    go_round(house.app)
    renewal = invoices_of(house.app, sub)[-1]
    assert renewal.total == 500
    paid(house.app, renewal.id)
    assert can_read(house, rank=2)
    stays = "Gold stays open until 28 February 2027."
    assert stays in signed_in(house.app, house.fan).get(f"/subscriptions/{sub}").text
    time.at = until + timedelta(seconds=1)
    assert can_read(house) and not can_read(house, rank=2)
    assert "Gold stays open" not in signed_in(house.app, house.fan).get(f"/subscriptions/{sub}").text


def test_what_was_left_open_closes_when_its_own_payment_is_disputed(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    change(house, sub, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=7)
    go_round(house.app)
    first, renewal = invoices_of(house.app, sub)
    paid(house.app, renewal.id)
    dispute(house.app, first.id)
    assert can_read(house) and not can_read(house, rank=2)


def test_a_change_to_come_is_taken_back(house: House) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    change(house, sub, house.silver)
    fan = signed_in(house.app, house.fan)
    fan.send(fan.get(f"/subscriptions/{sub}").form(f"/subscriptions/{sub}/stay"))
    assert the_subscription(house.app, sub).next_tier_id is None


def test_a_renewal_that_waits_is_not_for_the_tier_of_before(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=3)
    go_round(house.app)
    paid(house.app, invoice_of(change(house, sub, house.gold)))
    go_round(house.app)
    stale = invoices_of(house.app, sub)[1]
    assert (stale.total, stale.state) == (500, "cancelled")
    fan = signed_in(house.app, house.fan)
    answer = fan.send(fan.get(f"/subscriptions/{sub}").form(f"/subscriptions/{sub}/renew"), follow=False)
    assert the_invoice(house.app, invoice_of(answer)).total == 1200


def test_an_upgrade_that_is_refunded_goes_back_to_what_it_was(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.move(HALF)
    invoice_id = invoice_of(change(house, sub, house.gold))
    paid(house.app, invoice_id)
    refund(house.app, invoice_id, 350)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tier_id, found.price) == ("active", house.silver, 500)
    assert can_read(house) and not can_read(house, rank=2)


def test_two_upgrades_that_were_asked_for_do_not_both_come_true(house: House, time: FixedClock) -> None:
    top = a_tier(house.app, house.creator, "Top", price=3_000)
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.move(HALF)
    first, second = (invoice_of(change(house, sub, tier)) for tier in (house.gold, top))
    paid(house.app, first)
    paid(house.app, second)
    assert the_subscription(house.app, sub).tier_id == house.gold
    late = the_invoice(house.app, second)
    assert (late.state, late.leftover) == ("cancelled", late.total)


def test_a_full_tier_takes_nobody_from_below(house: House, time: FixedClock) -> None:
    tier = a_tier(house.app, house.creator, "Table", price=900, seats=1)
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    subscribed(house.app, a_person(house.app), house.creator, tier)
    answer = change(house, sub, tier)
    assert answer.status == 422 and "All seats of this tier are taken" in answer.text


def test_a_disputed_payment_closes_until_it_is_won(house: House) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    invoice_id = invoices_of(house.app, sub)[0].id
    dispute_id = dispute(house.app, invoice_id)
    assert the_subscription(house.app, sub).state == "ended" and not can_read(house)
    with house.app.app_context(), transaction():
        disputing.won(dispute_id, Account(Kind.CARD_CLEARING, "USD"))
    found = the_subscription(house.app, sub)
    assert (found.state, found.renews) == ("active", False)
    assert can_read(house)
    assert steps(house.app, sub) == ["paid", "ended", "restored"]
