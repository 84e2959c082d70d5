"""What is seldom, and has an answer all the same."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.accounts.operations import roles
from app.extensions import db
from app.invoices.operations import attempts, disputing
from app.invoices.operations.attempts import Quote
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments.models import PaymentMethod, RailSwitch
from app.platform.transaction import transaction
from app.subscriptions.models import Subscription
from app.subscriptions.operations import ending, renewing
from tests.factories.creators import a_creator, a_tier, blocks
from tests.factories.invoices import RAIL, dispute, money_in, paid, refund, the_invoice
from tests.factories.people import a_person, signed_in
from tests.factories.subscriptions import (
    a_card,
    asks_to_subscribe,
    bank_says,
    go_round,
    invoice_at,
    invoices_of,
    of_invoice,
    steps,
    subscribed,
    subscribed_by_card,
    the_subscription,
    waiting_charge,
)
from tests.page_client import Page
from tests.queries import counting
from tests.subscriptions.conftest import House
from tests.subscriptions.test_changing import change, invoice_of
from tests.subscriptions.test_gifts import gives, opens, the_one
from tests.subscriptions.test_promos import a_code
from tests.subscriptions.test_renewing import press


def posts(house: House, path: str, **fields: Any) -> Page:
    """As from a page that was left open for long."""
    fan = signed_in(house.app, house.fan)
    token = fan.get("/gifts").form("/gifts").fields["csrf_token"]
    return fan.post(path, {"csrf_token": token, "idempotency_key": str(new_id()), **fields})


def test_an_invoice_that_waits_is_not_paid_any_more_once_it_cannot_be_had(house: House) -> None:
    def waits(tier: UUID) -> UUID:
        return invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, tier))

    gold = waits(house.gold)
    ada = signed_in(house.app, house.creator)
    ada.send(ada.get(f"/dashboard/tiers/{house.gold}").form(r".*/archive"))
    money_in(house.app, gold, 1200)
    assert the_invoice(house.app, gold).state == "cancelled"
    silver = waits(house.silver)
    blocks(house.app, house.creator, house.fan)
    money_in(house.app, silver, 500)
    assert the_invoice(house.app, silver).leftover == 500


def test_a_payment_that_is_on_its_way_is_waited_for(house: House) -> None:
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    with house.app.app_context(), transaction():
        attempt = attempts.begin(attempts.payable(invoice_id), Quote(RAIL, 500, "USD"))
        attempts.on_its_way(attempt.id)
    answer = asks_to_subscribe(house.app, house.fan, house.creator, house.gold)
    assert answer.status == 422 and "under way" in answer.text


def test_an_old_invoice_makes_room_by_itself(house: House, time: FixedClock) -> None:
    first = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    time.move(timedelta(days=2))
    assert invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver)) != first


def test_a_trial_that_is_not_there_or_was_had_is_refused(house: House, cards: None) -> None:
    assert posts(house, f"/@ada/subscribe/{house.silver}/trial").status == 422
    tier = a_tier(house.app, house.creator, "Try", price=700, trial_days=7)
    address = f"/@ada/subscribe/{tier}/trial"
    assert "needs a card on file" in posts(house, address).text
    a_card(house.app, house.fan)
    sub = UUID(posts(house, address).response.request.path.rpartition("/")[2])
    press(house, sub, "cancel")
    with house.app.app_context(), transaction():
        ending.end(db.session.get_one(Subscription, sub), "cancelled")
    assert "had your trial" in posts(house, address).text
    assert posts(house, f"/@nobody/subscribe/{tier}").status == 404
    assert posts(house, f"/@ada/subscribe/{new_id()}/trial").status == 404


def test_what_cannot_be_done_now_says_why(house: House, cards: None, time: FixedClock) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.gold)
    here = f"/subscriptions/{sub}"
    assert posts(house, f"{here}/pause", months="4").status == 422
    assert posts(house, f"{here}/reason", reason="x" * 301).status == 422
    assert posts(house, f"{here}/method", method="nonsense").status == 422
    assert posts(house, f"{here}/method", method=str(new_id())).status == 422
    assert posts(house, f"{here}/change", plan=f"{new_id()}:1").status == 422
    posts(house, f"{here}/stay")
    posts(house, f"{here}/pause", months="1")
    time.move(timedelta(days=20))
    assert "Take that back first" in posts(house, f"{here}/renew").text
    posts(house, f"{here}/resume")
    posts(house, f"{here}/cancel")
    posts(house, f"{here}/cancel")
    assert "while it is paid and renews" in posts(house, f"{here}/pause", months="1").text
    assert "Resume it first" in change(house, sub, house.silver).text
    time.move(timedelta(days=20))
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "ended"
    assert "nothing to take back" in posts(house, f"{here}/resume").text
    assert "ended" in posts(house, f"{here}/renew").text
    assert signed_in(house.app, house.fan).get(f"{here}/change").status == 409


def test_what_is_due_is_paid_before_anything_changes(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert "Pay what is due first" in change(house, sub, house.gold).text
    press(house, sub, "cancel")
    assert the_subscription(house.app, sub).state == "ended"


def test_a_year_whose_time_before_is_over_ends_when_it_is_disputed_and_opens_again_when_won(
    house: House, time: FixedClock
) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    time.move(timedelta(days=14))
    invoice_id = invoice_of(change(house, sub, house.gold, 12))
    paid(house.app, invoice_id)
    time.move(timedelta(days=30))
    dispute_id = dispute(house.app, invoice_id)
    assert the_subscription(house.app, sub).state == "ended"
    with house.app.app_context(), transaction():
        disputing.won(dispute_id, Account(Kind.CARD_CLEARING, "USD"))
    assert (the_subscription(house.app, sub).state, steps(house.app, sub)[-1]) == ("active", "restored")
    refund(house.app, invoice_id, 11_400)
    assert the_subscription(house.app, sub).state == "ended"


def test_a_dispute_about_a_renewal_that_is_won_opens_it_again(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    renewal = invoices_of(house.app, sub)[-1].id
    paid(house.app, renewal)
    dispute_id = dispute(house.app, renewal)
    assert the_subscription(house.app, sub).state == "ended"
    again = subscribed(house.app, house.fan, house.creator, house.silver)
    with house.app.app_context(), transaction():
        disputing.won(dispute_id, Account(Kind.CARD_CLEARING, "USD"))
    assert [the_subscription(house.app, one).state for one in (sub, again)] == ["ended", "active"]


def test_a_refund_of_a_time_that_is_over_ends_nothing(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    first, renewal = (one.id for one in invoices_of(house.app, sub))
    paid(house.app, renewal)
    refund(house.app, first, 500)
    assert the_subscription(house.app, sub).state == "active"


def test_an_upgrade_that_costs_next_to_nothing_is_free(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end - timedelta(hours=12)
    assert change(house, sub, house.gold).location == f"/subscriptions/{sub}"
    assert the_subscription(house.app, sub).tier_id == house.gold


def test_a_change_that_would_give_money_back_waits_for_the_next_period(
    house: House, time: FixedClock
) -> None:
    top = a_tier(house.app, house.creator, "Top", price=1_500)
    sub = subscribed(house.app, house.fan, house.creator, house.gold, months="12")
    change(house, sub, top)
    found = the_subscription(house.app, sub)
    assert (found.tier_id, found.next_tier_id) == (house.gold, top)


def test_a_code_that_makes_a_renewal_free_renews_by_itself(
    house: House, cards: None, time: FixedClock
) -> None:
    a_code(house, percent=100, for_months="2")
    answer = asks_to_subscribe(house.app, house.fan, house.creator, house.silver, code="SPRING")
    sub = UUID(answer.location.rpartition("/")[2])
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert the_subscription(house.app, sub).period == 2
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "past_due", "now it costs something"


def test_a_card_that_is_gone_or_a_rail_that_is_off_asks_for_another_way(
    house: House, cards: None, time: FixedClock
) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    with house.app.app_context(), transaction():
        db.session.query(PaymentMethod).update({"removed_at": time.at, "preferred": False})
    bank_says(house.app, sub, "insufficient_funds")
    time.move(timedelta(days=1))
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tries, found.next_try_at) == ("past_due", 2, None)
    a_card(house.app, house.fan)
    with house.app.app_context(), transaction():
        db.session.add(RailSwitch(seller_id=house.creator.id, rail="card"))
    shown = signed_in(house.app, house.fan).get(f"/subscriptions/{sub}")
    assert not shown.has_form(f"/subscriptions/{sub}/method")


def test_the_card_that_something_renews_by_is_not_removed_by_mistake(house: House, cards: None) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    fan, home = signed_in(house.app, house.fan), "/settings/payment-methods"
    assert "Silver of @ada" in fan.send(fan.get(home).form(rf"{home}/.*/remove")).text
    card = a_card(house.app, house.fan)
    press(house, sub, "method", method=str(card))
    assert "Silver of @ada" in fan.send(fan.get(home).form(rf"{home}/{card}/remove")).text
    press(house, sub, "cancel")
    assert "Silver of @ada" not in fan.send(fan.get(home).form(rf"{home}/{card}/remove")).text


def test_a_gift_that_does_not_fit_now_says_why(house: House, time: FixedClock) -> None:
    def a_gift() -> str:
        invoice_id, code = gives(house, a_person(house.app))
        paid(house.app, invoice_id)
        return code

    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    press(house, sub, "pause", months="1")
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert "is paused" in opens(house, house.fan, a_gift()).text
    other, code = a_person(house.app), a_gift()
    blocks(house.app, house.creator, other)
    assert "no subscriptions at the moment" in opens(house, other, code).text
    assert posts(house, f"/gifts/{'x' * 16}").status == 404
    late, _ = gives(house, house.fan)
    blocks(house.app, house.creator, house.fan)
    money_in(house.app, late, 1200)
    assert the_invoice(house.app, late).state == "cancelled"
    answer = posts(house, "/gifts", code="nothing")
    assert "No gift has this code" in answer.errors["code"]
    assert posts(house, f"/@ada/gift/{house.gold}", months="1").status == 404


def test_a_gift_that_began_it_all_and_is_refunded_ends_it(house: House) -> None:
    invoice_id, code = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    sub = the_one(opens(house, house.fan, code))
    refund(house.app, invoice_id, 1200)
    assert the_subscription(house.app, sub).state == "ended"


def test_a_gift_takes_no_seat_that_is_not_there(house: House) -> None:
    tier = a_tier(house.app, house.creator, "Table", price=900, seats=1)
    subscribed(house.app, a_person(house.app), house.creator, tier)
    invoice_id, code = gives(House(house.app, house.creator, house.fan, tier, tier), a_person(house.app))
    paid(house.app, invoice_id)
    assert "last seat" in opens(house, house.fan, code).text


def test_ending_twice_gives_back_once(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    for _ in range(2):
        with house.app.app_context(), transaction():
            ending.end_and_give_back(sub, "closed")
    assert invoices_of(house.app, sub)[0].returned == 500
    with house.app.app_context(), transaction():
        renewing.turn(sub)
    assert steps(house.app, sub) == ["paid", "ended"]


def test_a_page_left_open_offers_to_nobody(house: House) -> None:
    ada = signed_in(house.app, house.creator)
    token = ada.get("/gifts").form("/gifts").fields["csrf_token"]
    signed = {"csrf_token": token, "idempotency_key": "a"}
    here = "/dashboard/subscribers/offer"
    assert "Choose a code" in ada.post(here, signed).text
    assert ada.post(here, {**signed, "promo_id": str(new_id())}).status == 404
    assert ada.post(f"/dashboard/tiers/{new_id()}/bundles", {**signed, "months_3": "5"}).status == 404
    assert ada.post(f"/dashboard/tiers/{house.gold}/bundles", {**signed, "months_3": "x"}).status == 422


def test_somebody_who_is_suspended_is_not_charged(house: House, cards: None, time: FixedClock) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    with house.app.app_context(), transaction():
        roles.suspend(house.fan.id, actor=house.creator.id)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert (the_subscription(house.app, sub).state, waiting_charge(house.app, sub)) == ("ended", None)


@pytest.mark.parametrize("rail", ["hand", "card"])
def test_a_long_list_of_subscriptions_is_asked_for_as_a_short_one(
    house: House, cards: None, time: FixedClock, rail: str
) -> None:
    fan = signed_in(house.app, house.fan)
    asked = []
    for count in (1, 5):
        for _ in range(count):
            creator = a_creator(house.app)
            tier = a_tier(house.app, creator)
            begin = subscribed_by_card if rail == "card" else subscribed
            begin(house.app, house.fan, creator, tier)
        fan.get("/subscriptions")
        with counting(house.app) as statements:
            fan.get("/subscriptions")
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 7


def test_the_invoice_that_paid_leads_to_what_it_opened(house: House) -> None:
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    paid(house.app, invoice_id)
    shown = signed_in(house.app, house.fan).get(f"/invoices/{invoice_id}")
    assert shown.one(f'a[href="/subscriptions/{of_invoice(house.app, invoice_id)}"]')
