"""Codes and bundles: made by creators, used once each, as often as there are."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.invoices.jobs import expire
from app.kit.clock import FixedClock
from app.platform.limits.quotas import CODES_AN_HOUR
from app.subscriptions.models import PromoCode
from tests.factories.creators import a_creator
from tests.factories.invoices import money_in, paid, the_invoice
from tests.factories.people import a_person, signed_in
from tests.factories.subscriptions import (
    asks_to_subscribe,
    bank_says,
    go_round,
    invoice_at,
    invoices_of,
    mails_to,
    subscribed,
    subscribed_by_card,
    the_subscription,
)
from tests.page_client import Page
from tests.queries import counting
from tests.subscriptions.conftest import House
from tests.subscriptions.test_changing import change, invoice_of

PROMOS = "/dashboard/promos"


def a_code(house: House, code: str = "SPRING", percent: int = 50, **fields: Any) -> Page:
    ada = signed_in(house.app, house.creator)
    return ada.send(ada.get(PROMOS).form(PROMOS), code=code, percent=str(percent), **fields)


def used(house: House, code: str = "SPRING") -> int:
    with house.app.app_context():
        found: int = db.session.scalars(db.select(PromoCode.used).filter_by(code=code)).one()
        return found


def test_a_code_is_made_shown_and_closed(house: House) -> None:
    shown = a_code(house, "spring", 20, for_months="3", at_most="100")
    assert "SPRING" in shown.text and "20 % off for 3 months" in shown.text and "0 of 100 used" in shown.text
    ada = signed_in(house.app, house.creator)
    closed = ada.send(ada.get(PROMOS).form(rf"{PROMOS}/.*/close"))
    assert "Closed" in closed.text
    assert a_code(house, "SPRING", 30).status == 200, "its name is free again"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("code", {"code": "a b"}),
        ("code", {"code": ""}),
        ("percent", {"percent": "101"}),
        ("percent", {"percent": "x"}),
        ("at_most", {"at_most": "0"}),
        ("for_months", {"for_months": "-1"}),
        ("ends", {"ends": "2020-01-01"}),
    ],
)
def test_what_is_refused_says_why_beside_it(house: House, field: str, fields: dict[str, Any]) -> None:
    ada = signed_in(house.app, house.creator)
    answer = ada.send(ada.get(PROMOS).form(PROMOS), **{"code": "SPRING", "percent": "5", **fields})
    assert (answer.status, list(answer.errors)) == (422, [field])


def test_the_same_name_twice_is_refused(house: House) -> None:
    a_code(house)
    assert "open code of this name" in a_code(house, "Spring").text


def test_it_is_cheaper_for_its_months_and_then_as_it_was(house: House, cards: None, time: FixedClock) -> None:
    a_code(house, for_months="2")
    fan = signed_in(house.app, house.fan)
    shown = fan.get(f"/@ada/subscribe/{house.silver}?code=spring")
    assert "$2.50 a month with SPRING, so for 2 months, then $5.00 a month" in shown.text
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver, code="spring")
    for _ in range(2):
        time.at = the_subscription(house.app, sub).period_end
        go_round(house.app)
        bank_says(house.app, sub)
    assert [one.total for one in invoices_of(house.app, sub)] == [250, 250, 500]
    assert used(house) == 1


def test_a_code_for_one_tier_takes_nothing_off_another(house: House, time: FixedClock) -> None:
    a_code(house, tier_id=str(house.silver))
    sub = subscribed(house.app, house.fan, house.creator, house.silver, code="spring")
    paid(house.app, invoice_of(change(house, sub, house.gold)))
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert invoices_of(house.app, sub)[-1].total == 1200
    assert "$12.00" in signed_in(house.app, house.creator).get("/dashboard/subscribers").text


def test_a_code_for_everything_is_free_without_an_invoice_to_pay(house: House) -> None:
    a_code(house, percent=100, for_months="1")
    answer = asks_to_subscribe(house.app, house.fan, house.creator, house.silver, code="SPRING")
    assert answer.location.startswith("/subscriptions/")
    assert the_subscription(house.app, UUID(answer.location.rpartition("/")[2])).state == "active"


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"ends": "2027-01-31"}, "This code ended."),
        ({"at_most": "1"}, "used as often as it can be"),
        ({"tier": "gold"}, "not known here"),
        ({"only_new": "y"}, "never subscribed here"),
    ],
)
def test_why_a_code_does_not_help_stands_beside_it(
    house: House, time: FixedClock, made: dict[str, Any], why: str
) -> None:
    fields: dict[str, Any] = {name: value for name, value in made.items() if name != "tier"}
    if "tier" in made:
        fields["tier_id"] = str(house.gold)
    a_code(house, **fields)
    if "at_most" in made:
        subscribed(house.app, a_person(house.app), house.creator, house.silver, code="SPRING")
    if "only_new" in made:
        sub = subscribed(house.app, house.fan, house.creator, house.silver)
        fan = signed_in(house.app, house.fan)
        fan.send(fan.get(f"/subscriptions/{sub}").form(f"/subscriptions/{sub}/cancel"))
        time.move(timedelta(days=29))
        go_round(house.app)
    time.move(timedelta(days=1))
    shown = signed_in(house.app, house.fan).get(f"/@ada/subscribe/{house.silver}?code=SPRING")
    assert why in shown.errors["code"]
    answer = asks_to_subscribe(house.app, house.fan, house.creator, house.silver)
    assert the_invoice(house.app, invoice_at(answer)).total == 500


def test_a_code_comes_back_when_nobody_pays(house: House, time: FixedClock) -> None:
    a_code(house, at_most="1")
    invoice_id = invoice_at(
        asks_to_subscribe(house.app, house.fan, house.creator, house.silver, code="SPRING")
    )
    assert used(house) == 1
    time.move(timedelta(hours=25))
    with house.app.app_context():
        expire()
    assert used(house) == 0
    subscribed(house.app, a_person(house.app), house.creator, house.silver, code="SPRING")
    money_in(house.app, invoice_id, 250)
    assert (used(house), the_invoice(house.app, invoice_id).leftover) == (1, 250)


def test_a_code_helps_the_same_person_once(house: House, time: FixedClock) -> None:
    ada = signed_in(house.app, house.creator)
    ada.send(ada.get(PROMOS).form(PROMOS).without("only_new"), code="SPRING", percent="50")
    sub = subscribed(house.app, house.fan, house.creator, house.silver, code="SPRING")
    fan = signed_in(house.app, house.fan)
    fan.send(fan.get(f"/subscriptions/{sub}").form(f"/subscriptions/{sub}/cancel"))
    time.move(timedelta(days=29))
    go_round(house.app)
    shown = fan.get(f"/@ada/subscribe/{house.silver}?code=SPRING")
    assert "used this code already" in shown.errors["code"]


def test_bundles_are_cheaper_by_what_they_say(house: House) -> None:
    ada = signed_in(house.app, house.creator)
    address = f"/dashboard/tiers/{house.silver}/bundles"
    ada.send(ada.get(address).form(address), months_3="10", months_12="25")
    assert "$13.50" in ada.get(address).text
    shown = signed_in(house.app, house.fan).get(f"/@ada/subscribe/{house.silver}")
    assert "$13.50 for 3 months" in shown.text and "$45.00 a year" in shown.text
    sub = subscribed(house.app, house.fan, house.creator, house.silver, months="3")
    found = the_subscription(house.app, sub)
    assert (found.price, found.period_end) == (1350, datetime(2027, 4, 30, 12, 30, tzinfo=UTC))


def test_others_close_no_codes_and_make_no_bundles(house: House, app: Flask) -> None:
    a_code(house)
    ada, rival = signed_in(app, house.creator), signed_in(app, a_creator(app, "rival"))
    form = ada.get(PROMOS).form(rf"{PROMOS}/.*/close")
    token = rival.get(PROMOS)
    csrf = rival.get("/gifts").form("/gifts").fields["csrf_token"]
    assert rival.post(form.action, {"csrf_token": csrf, "idempotency_key": "a"}).status == 404
    assert "SPRING" not in token.text
    assert rival.get(f"/dashboard/tiers/{house.silver}/bundles").status == 404


def test_a_code_is_offered_by_mail_to_those_who_were_chosen(house: House) -> None:
    a_code(house)
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    ada = signed_in(house.app, house.creator)
    form = ada.get("/dashboard/subscribers").form("/dashboard/subscribers/offer")
    assert "Choose at least one person" in ada.send(form).text
    form = ada.get("/dashboard/subscribers").form("/dashboard/subscribers/offer")
    assert "Sent to 1 of them" in ada.send(form, chosen=str(sub)).text
    assert "promo_offered" in mails_to(house.app, house.fan)


def test_nobody_is_offered_anything_more_than_once_a_week(house: House, time: FixedClock) -> None:
    a_code(house)
    sub = subscribed(house.app, house.fan, house.creator, house.silver)

    def offered() -> str:
        ada = signed_in(house.app, house.creator)
        form = ada.get("/dashboard/subscribers").form("/dashboard/subscribers/offer")
        return ada.send(form, chosen=str(sub)).text

    assert "Sent to 1 of them" in offered()
    assert "all had one this week" in offered()
    time.move(timedelta(days=8))
    assert "Sent to 1 of them" in offered()
    assert mails_to(house.app, house.fan).count("promo_offered") == 2


def test_codes_are_not_found_by_trying_many(house: House) -> None:
    """Neither those of gifts nor those that make it cheaper, and also not the right one at the end."""
    a_code(house)
    guesser, address = signed_in(house.app, house.fan), f"/@ada/subscribe/{house.silver}"
    tried = [guesser.http.get(f"/gifts/GUESS-{n}").status_code for n in range(CODES_AN_HOUR)]
    assert set(tried) == {404}
    assert guesser.get("/gifts/THE-RIGHT-ONE").status == 429
    assert "Too many tries" in guesser.get(f"{address}?code=SPRING").text
    asked = guesser.send(guesser.get(address).form(address), code="SPRING")
    assert asked.status == 422 and "Too many tries" in asked.text and used(house) == 0
    other = signed_in(house.app, a_person(house.app))
    assert "$2.50" in other.get(f"{address}?code=SPRING").text


def test_what_a_month_brings_counts_what_codes_take_off(house: House) -> None:
    a_code(house, "GOOD", 10)
    a_code(house, "FIRST", 50, for_months="1")
    a_code(house, "LATER", 50, for_months="15")
    ada = signed_in(house.app, house.creator)

    def joined(tier: UUID, months: str, code: str) -> None:
        subscribed(house.app, a_person(house.app), house.creator, tier, months=months, code=code)

    def sent(said: str) -> int:
        with counting(house.app) as statements:
            assert said in ada.get("/dashboard/subscribers").one("main").get_text()
        return len(statements)

    joined(house.silver, "1", "")
    sent("$5.00")
    few = sent("$5.00")
    joined(house.silver, "1", "GOOD")
    joined(house.silver, "1", "FIRST")
    joined(house.gold, "12", "LATER")
    assert sent("$23.25") == few
