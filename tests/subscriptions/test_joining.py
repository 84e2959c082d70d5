"""Somebody subscribes: what it says beforehand, what it opens, what it costs."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from app.invoices.jobs import expire
from app.kit.clock import FixedClock
from tests.factories.creators import a_tier, blocks
from tests.factories.invoices import give_credit, money_in, paid, refund, the_invoice
from tests.factories.people import a_person, signed_in
from tests.factories.posts import a_post
from tests.factories.subscriptions import (
    a_card,
    asks_to_subscribe,
    go_round,
    invoice_at,
    mails_to,
    of_invoice,
    steps,
    subscribed,
    the_subscription,
)
from tests.page_client import Page, PageClient
from tests.subscriptions.conftest import House


def can_read(house: House, rank: int = 1) -> bool:
    post = a_post(house.app, house.creator.id, audience="subscribers", rank=rank)
    return signed_in(house.app, house.fan).get(f"/posts/{post}").soup.select_one("#gate") is None


def test_the_tiers_say_what_they_cost_and_lead_on(house: House, page: PageClient) -> None:
    shown = signed_in(house.app, house.fan).get("/@ada/tiers")
    assert "$12.00" in shown.text and "or $120.00 a year" in shown.text
    assert shown.one(f'a[href="/@ada/subscribe/{house.gold}"]')
    assert page.get("/@ada/tiers").one(f'a[href="/login?next=/@ada/subscribe/{house.gold}"]')


def test_one_click_to_the_invoice_and_what_is_paid_is_open(house: House) -> None:
    assert not can_read(house)
    give_credit(house.app, house.fan, 1_200)
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.gold))
    fan = signed_in(house.app, house.fan)
    pay = f"/invoices/{invoice_id}/pay/credit"
    fan.send(fan.get(f"/invoices/{invoice_id}").form(pay))
    found = the_subscription(house.app, of_invoice(house.app, invoice_id))
    assert (found.state, found.price, found.months) == ("active", 1200, 1)
    assert found.period_end == datetime(2027, 2, 28, 12, 30, tzinfo=UTC)
    assert can_read(house) and can_read(house, rank=2)
    go_round(house.app)
    assert "subscription_begun" in mails_to(house.app, house.fan)
    shown = fan.get("/@ada/tiers")
    assert "Your tier" in shown.text
    assert shown.one("#followers").get_text(strip=True).startswith("1")


def test_a_lower_tier_opens_no_more_than_it_says(house: House) -> None:
    subscribed(house.app, house.fan, house.creator, house.silver)
    assert can_read(house) and not can_read(house, rank=2)


def test_the_same_wish_again_is_the_same_invoice_and_another_takes_its_place(house: House) -> None:
    first = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    again = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    other = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.gold))
    assert first == again != other
    assert the_invoice(house.app, first).state == "cancelled"
    paid(house.app, other)
    assert asks_again(house).status == 422


def asks_again(house: House) -> Page:
    fan = signed_in(house.app, house.fan)
    address = f"/@ada/subscribe/{house.silver}"
    token = fan.get("/gifts").form("/gifts").fields["csrf_token"]
    return fan.post(address, {"csrf_token": token, "idempotency_key": "k", "months": "1"})


def test_tiers_of_equal_price_are_not_taken_for_each_other(house: House) -> None:
    twin = a_tier(house.app, house.creator, "Twin", price=500)
    first = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    other = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, twin))
    assert first != other
    paid(house.app, other)
    assert the_subscription(house.app, of_invoice(house.app, other)).tier_id == twin


def test_a_year_is_paid_at_once(house: House) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold, months="12")
    found = the_subscription(house.app, sub)
    assert (found.months, found.price) == (12, 12_000)
    assert found.period_end == datetime(2028, 1, 31, 12, 30, tzinfo=UTC)


def test_a_length_that_is_not_offered_is_refused_beside_the_field(house: House) -> None:
    answer = asks_to_subscribe(house.app, house.fan, house.creator, house.silver, months="12")
    assert answer.status == 422 and "choice" in answer.text


def test_ones_own_tiers_are_not_for_oneself(house: House) -> None:
    answer = asks_to_subscribe(house.app, house.creator, house.creator, house.silver)
    assert answer.status == 422 and "own page" in answer.text


def test_whoever_is_blocked_finds_nothing(house: House) -> None:
    blocks(house.app, house.creator, house.fan)
    assert signed_in(house.app, house.fan).get(f"/@ada/subscribe/{house.silver}").status == 404


def test_the_last_seat_is_somebodys_while_they_pay(house: House, time: FixedClock) -> None:
    tier = a_tier(house.app, house.creator, "Table", price=900, seats=1)
    other = a_person(house.app)
    first = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, tier))
    assert "All seats are taken" in signed_in(house.app, other).get("/@ada/tiers").text
    assert asks_to_subscribe(house.app, other, house.creator, tier).status == 422
    assert "All seats are taken" not in signed_in(house.app, house.fan).get("/@ada/tiers").text
    assert invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, tier)) == first
    time.move(timedelta(minutes=31))
    with house.app.app_context():
        expire()
    second = invoice_at(asks_to_subscribe(house.app, other, house.creator, tier))
    paid(house.app, second)
    money_in(house.app, first, 900)
    late = the_invoice(house.app, first)
    assert (late.state, late.leftover) == ("expired", 900)
    assert "$9.00 is left over" in signed_in(house.app, house.fan).get(f"/invoices/{first}").text


def test_late_money_finds_its_seat_when_it_is_free(house: House, time: FixedClock) -> None:
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    time.move(timedelta(hours=25))
    with house.app.app_context():
        expire()
    sub = of_invoice(house.app, invoice_id)
    assert the_subscription(house.app, sub).state == "ended"
    money_in(house.app, invoice_id, 500)
    found = the_subscription(house.app, sub)
    assert (found.state, found.ended_at) == ("active", None)


def test_new_prices_are_for_those_who_come(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    ada = signed_in(house.app, house.creator)
    address = f"/dashboard/tiers/{house.silver}"
    ada.send(ada.get(address).form(address), price="9")
    assert the_subscription(house.app, sub).price == 500
    time.move(timedelta(days=21))
    fan = signed_in(house.app, house.fan)
    renewed = fan.send(fan.get(f"/subscriptions/{sub}").form(f"/subscriptions/{sub}/renew"), follow=False)
    assert the_invoice(house.app, invoice_at(renewed)).total == 500


def test_a_trial_is_free_once_and_ends_by_itself_where_no_cards_are_taken(
    house: House, time: FixedClock
) -> None:
    tier = a_tier(house.app, house.creator, "Try", price=700, trial_days=7)
    fan = signed_in(house.app, house.fan)
    address = f"/@ada/subscribe/{tier}"
    begun = fan.send(fan.get(address).form(f"{address}/trial"), follow=False)
    sub = begun.location.rpartition("/")[2]
    shown = fan.get(begun.location)
    assert "Nothing is charged" in shown.text and can_read(house)
    found = the_subscription(house.app, UUID(sub))
    assert (found.state, found.renews) == ("trialing", False)
    time.move(timedelta(days=7))
    go_round(house.app)
    assert the_subscription(house.app, UUID(sub)).state == "ended"
    assert not can_read(house)
    assert not fan.get(address).has_form(f"{address}/trial")


def test_a_trial_asks_for_a_card_where_cards_are_taken(house: House, cards: None) -> None:
    tier = a_tier(house.app, house.creator, "Try", price=700, trial_days=7)
    fan = signed_in(house.app, house.fan)
    address = f"/@ada/subscribe/{tier}"
    shown = fan.get(address)
    assert not shown.has_form(f"{address}/trial")
    assert shown.one(f'a[href="/settings/payment-methods?{urlencode({"next": address})}"]')
    a_card(house.app, house.fan)
    begun = fan.send(fan.get(address).form(f"{address}/trial"), follow=False)
    assert "Renews on 7 February 2027 for $7.00" in fan.get(begun.location).text


def test_a_refund_closes_what_it_had_opened(house: House) -> None:
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    paid(house.app, invoice_id)
    refund(house.app, invoice_id, 500)
    sub = of_invoice(house.app, invoice_id)
    assert the_subscription(house.app, sub).state == "ended"
    assert not can_read(house)
    assert steps(house.app, sub) == ["paid", "ended"]


def test_who_comes_back_gets_a_new_one(house: House) -> None:
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    paid(house.app, invoice_id)
    refund(house.app, invoice_id, 500)
    again = subscribed(house.app, house.fan, house.creator, house.silver)
    assert the_subscription(house.app, again).state == "active"
