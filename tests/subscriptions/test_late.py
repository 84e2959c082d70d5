"""Renewals that come late, or for somebody who is away; gifts and offers that time went past."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.accounts.operations import roles
from app.creators.models import Tier
from app.creators.operations import tiers
from app.extensions import db
from app.invoices.operations import limits
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.factories.creators import a_tier
from tests.factories.invoices import bought, paid, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.factories.subscriptions import (
    asks_to_subscribe,
    bank_says,
    go_round,
    invoice_at,
    mails_to,
    steps,
    subscribed,
    subscribed_by_card,
    the_subscription,
    waiting_charge,
)
from tests.subscriptions.conftest import House
from tests.subscriptions.test_gifts import gives, opens, the_one
from tests.subscriptions.test_joining import can_read
from tests.subscriptions.test_renewing import press

WEEK = timedelta(days=7)


def suspend(house: House, person: Person) -> None:
    with house.app.app_context(), transaction():
        roles.suspend(person.id, actor=house.fan.id if person is house.creator else house.creator.id)


def archive(house: House, tier: UUID) -> None:
    with house.app.app_context(), transaction():
        tiers.archive(house.creator.id, tier)


def a_few_rounds(house: House, time: FixedClock) -> None:
    for _ in range(5):
        time.move(timedelta(minutes=2))
        go_round(house.app)


@pytest.mark.parametrize("who", ["creator", "fan"])
def test_nobody_is_charged_after_a_pause_or_a_refusal_while_one_of_the_two_is_away(
    house: House, cards: None, time: FixedClock, who: str
) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    other = a_person(house.app)
    asked = subscribed_by_card(house.app, other, house.creator, house.silver)
    press(house, sub, "pause", months="1")
    time.at = the_subscription(house.app, sub).period_end + timedelta(minutes=1)
    go_round(house.app)
    bank_says(house.app, asked, "insufficient_funds")
    suspend(house, house.creator if who == "creator" else house.fan)
    time.move(timedelta(days=40))
    go_round(house.app)
    assert (the_subscription(house.app, sub).state, waiting_charge(house.app, sub)) == ("ended", None)
    if who == "creator":
        assert (the_subscription(house.app, asked).state, waiting_charge(house.app, asked)) == ("ended", None)


def test_a_house_that_was_off_for_days_asks_once_and_leaves_the_whole_grace(
    house: House, cards: None, time: FixedClock
) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end + timedelta(days=8)
    go_round(house.app)
    bank_says(house.app, sub, "insufficient_funds")
    a_few_rounds(house, time)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tries) == ("past_due", 1)
    assert found.grace_until is not None and timedelta(days=6) < found.grace_until - time.at <= WEEK
    assert mails_to(house.app, house.fan).count("subscription_unpaid") == 1
    assert can_read(house)


def test_tries_that_an_outage_left_out_are_not_made_all_at_once(
    house: House, cards: None, time: FixedClock
) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end + timedelta(minutes=1)
    go_round(house.app)
    bank_says(house.app, sub, "insufficient_funds")
    time.move(timedelta(days=6))
    go_round(house.app)
    bank_says(house.app, sub, "insufficient_funds")
    a_few_rounds(house, time)
    assert the_subscription(house.app, sub).tries == 2


def test_a_limit_of_last_month_does_not_end_what_this_month_may_pay(
    house: House, cards: None, time: FixedClock
) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(days=1)
    with house.app.app_context(), transaction():
        limits.set_limit(house.fan.id, 600)
    bought(house.app, house.fan, None, 400)
    time.move(timedelta(days=1, minutes=1))
    go_round(house.app)
    assert (the_subscription(house.app, sub).state, waiting_charge(house.app, sub)) == ("past_due", None)
    time.move(timedelta(days=1))
    go_round(house.app)
    assert waiting_charge(house.app, sub) is not None, "the first of March"
    bank_says(house.app, sub, "")
    assert the_subscription(house.app, sub).state == "active"


def test_asking_for_the_next_period_takes_back_a_cancellation_only_when_it_is_paid(
    house: House, time: FixedClock
) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.move(timedelta(days=20))
    fan = signed_in(house.app, house.fan)
    before = fan.get(f"/subscriptions/{sub}").form(f"/subscriptions/{sub}/renew")
    press(house, sub, "cancel")
    invoice_id = invoice_at(fan.send(before, follow=False))
    assert not the_subscription(house.app, sub).renews
    paid(house.app, invoice_id)
    found = the_subscription(house.app, sub)
    assert (found.renews, found.period) == (True, 2)


def test_a_gift_of_a_tier_that_was_archived_is_opened_all_the_same(house: House) -> None:
    invoice_id, code = gives(house, a_person(house.app))
    late, _ = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    archive(house, house.gold)
    sub = the_one(opens(house, house.fan, code))
    assert the_subscription(house.app, sub).state == "active" and can_read(house, rank=2)
    paid(house.app, late)
    invoice = the_invoice(house.app, late)
    assert (invoice.state, invoice.leftover) == ("cancelled", 1200), "not paid for in time"


def test_who_asks_again_after_the_price_fell_pays_the_new_one(house: House) -> None:
    first = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    with house.app.app_context(), transaction():
        db.session.get_one(Tier, house.silver).price = 300
    second = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    assert (the_invoice(house.app, first).state, the_invoice(house.app, second).total) == ("cancelled", 300)


def test_a_wish_to_try_is_not_the_invoice_that_waits_to_be_paid(house: House) -> None:
    tier = a_tier(house.app, house.creator, "Try", price=700, trial_days=7)
    waiting = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, tier))
    fan = signed_in(house.app, house.fan)
    shown = fan.get(f"/@ada/subscribe/{tier}")
    tried = fan.send(shown.form(f"/@ada/subscribe/{tier}/trial"), follow=False)
    assert tried.location.startswith("/subscriptions/"), (tried.status, tried.location)
    sub = the_one(tried)
    assert the_subscription(house.app, sub).state == "trialing"
    assert the_invoice(house.app, waiting).state == "cancelled"
    assert steps(house.app, sub) == ["paid"]
