"""What both sides see: lists, figures, states in words."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.kit.clock import FixedClock
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.factories.subscriptions import go_round, subscribed, the_subscription
from tests.page_client import PageClient
from tests.queries import counting
from tests.subscriptions.conftest import House
from tests.subscriptions.test_renewing import press

HERE = "/dashboard/subscribers"
HTMX: Any = {"HX-Request": "true"}


def some_fans(house: House, count: int) -> list[Person]:
    fans = [a_person(house.app) for _ in range(count)]
    for fan in fans:
        subscribed(house.app, fan, house.creator, house.silver)
    return fans


def test_empty_pages_say_what_to_do(house: House) -> None:
    fan, ada = signed_in(house.app, house.fan), signed_in(house.app, house.creator)
    new = signed_in(house.app, a_creator(house.app, "new"))
    assert "No subscriptions" in fan.get("/subscriptions").text
    assert "None yet" in fan.get("/gifts").text
    assert "Nobody yet" in ada.get(HERE).text
    assert "make the first one" in new.get(HERE).text
    assert "make a tier first" in new.get("/dashboard/promos").text
    assert "No tiers yet" in new.get("/@new/tiers").text
    assert "Nobody like that" in ada.get(f"{HERE}?state=ended").text


def test_a_creator_sees_who_how_many_and_what_a_month_brings(house: House) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold, months="12")
    some_fans(house, 2)
    press(house, sub, "cancel")
    shown = signed_in(house.app, house.creator).get(HERE)
    figures = [one.get_text() for one in shown.soup.select(".stat b")]
    assert figures == ["3", "1", "0", "$10.00"]
    assert "Gold, 1 year" in shown.text and "Ends soon" in shown.text


def test_subscribers_are_filtered(house: House, time: FixedClock) -> None:
    subscribed(house.app, house.fan, house.creator, house.gold)
    time.move(timedelta(days=3))
    (other,) = some_fans(house, 1)
    ada = signed_in(house.app, house.creator)
    for query, there, absent in (
        (f"tier={house.gold}", house.fan, other),
        (f"tier={house.silver}", other, house.fan),
        ("since=2027-02-01", other, house.fan),
    ):
        shown = ada.get(f"{HERE}?{query}")
        assert shown.one(f'main a[href="/@{there.handle}"]'), query
        assert not shown.soup.select(f'main a[href="/@{absent.handle}"]'), query


@pytest.mark.parametrize("query", ["state=x", "tier=x", "since=x", "before=x"])
def test_what_is_no_filter_is_none(house: House, query: str) -> None:
    assert signed_in(house.app, house.creator).get(f"{HERE}?{query}").status == 200


def test_many_subscribers_come_page_by_page_and_all_as_csv(house: House) -> None:
    some_fans(house, 32)
    ada = signed_in(house.app, house.creator)
    first = ada.get(HERE)
    older = ada.get(str(first.one("a[rel=next]")["href"]))
    assert [len(one.soup.select("main ul.rows > li")) for one in (first, older)] == [30, 2]
    rows = list(csv.DictReader(io.StringIO(ada.http.get(f"{HERE}.csv").get_data(as_text=True))))
    assert len(rows) == 32
    assert (rows[0]["tier"], rows[0]["price"], rows[0]["renews"]) == ("Silver", "5.00", "yes")


def test_pages_ask_as_often_for_many_as_for_few(house: House) -> None:
    some_fans(house, 2)
    ada = signed_in(house.app, house.creator)
    ada.get(HERE)
    asked = []
    for more in (0, 8):
        some_fans(house, more)
        ada.get(HERE)  # its session is remembered for some seconds only
        with counting(house.app) as statements:
            ada.get(HERE)
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 9


def test_the_tab_of_tiers_takes_two_statements_beside_its_page(house: House, page: PageClient) -> None:
    with counting(house.app) as statements:
        page.get("/@ada/tiers")
    assert len(statements) <= 4


def test_whoever_wants_no_offers_gets_none(house: House, app: Flask) -> None:
    sub = subscribed(app, house.fan, house.creator, house.silver)
    fan = signed_in(app, house.fan)
    ada = signed_in(app, house.creator)
    ada.send(ada.get("/dashboard/promos").form("/dashboard/promos"), code="SPRING", percent="20")
    wishes = fan.get("/settings/notifications").form("/settings/notifications")
    fan.send(wishes.without("on"), shown="offers.mail")
    answer = ada.send(ada.get(HERE).form(f"{HERE}/offer"), chosen=str(sub))
    assert "None of them wants offers" in answer.text


def test_what_happened_is_told_in_words(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    press(house, sub, "pause", months="1")
    press(house, sub, "resume")
    press(house, sub, "cancel")
    time.move(timedelta(days=28))
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "ended"
    shown = signed_in(house.app, house.fan).get(f"/subscriptions/{sub}")
    for words in ("Paid until 28 February 2027", "To be paused, until 31 March 2027", "Cancelled", "Ended"):
        assert words in shown.text
    assert "Subscribe again" in signed_in(house.app, house.fan).get("/subscriptions").text


def test_a_tier_says_what_its_creator_keeps(house: House) -> None:
    ada = signed_in(house.app, house.creator)
    assert "You get $4.60 of $5.00: the fee is 8 %." in ada.get(f"/dashboard/tiers/{house.silver}").text
    assert "You get 92 % of what fans pay: the fee is 8 %." in ada.get("/dashboard/tiers/new").text


@pytest.mark.parametrize("kind", ["subscription", "post"])
def test_what_a_creator_keeps_is_told_while_a_price_is_typed(house: House, kind: str) -> None:
    ada = signed_in(house.app, house.creator)
    for typed, said in (
        ("12.50", "You get $11.50 of $12.50: the fee is 8 %."),
        ("", "You get 92 % of what fans pay: the fee is 8 %."),
        ("many", "You get 92 % of what fans pay: the fee is 8 %."),
    ):
        answer = ada.get(f"/dashboard/keeps?kind={kind}&price={typed}", **HTMX)
        assert answer.text == said


def test_the_page_to_subscribe_opens_over_another_one(house: House) -> None:
    fan = signed_in(house.app, house.fan)
    address = f"/@ada/subscribe/{house.gold}"
    there = fan.get(address, **HTMX)
    assert there.one("dialog#sheet h2").get_text() == "Gold · Ada" and not there.soup.h1
    assert "This code is not known here" in fan.get(f"{address}?code=NOPE", **HTMX).text
    form = there.form(address)
    refused = fan.post(address, form.fields | {"months": "5"}, **HTMX)
    assert refused.status == 422 and refused.one("dialog#sheet [data-focus]")
    on = fan.post(address, form.fields, **HTMX)
    assert on.response.headers["HX-Redirect"].startswith("/invoices/")


def test_the_dashboard_says_how_many_subscribe_and_how_that_changed(house: House, time: FixedClock) -> None:
    ada = signed_in(house.app, house.creator)
    shown = ada.get("/dashboard").one(".stats").get_text(" ", strip=True)
    assert "Subscribers 0 Nobody new in 30 days" in shown
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    some_fans(house, 1)
    assert "Subscribers 2 2 new in 30 days" in ada.get("/dashboard").one(".stats").get_text(" ", strip=True)
    press(house, sub, "cancel")
    time.move(timedelta(days=31))
    go_round(house.app)
    ada = signed_in(house.app, house.creator)
    shown = ada.get("/dashboard").one(".stats").get_text(" ", strip=True)
    assert "1 left in 30 days" in shown
    time.move(timedelta(days=31))
    ada = signed_in(house.app, house.creator)
    assert "Nobody new in 30 days" in ada.get("/dashboard").one(".stats").get_text(" ", strip=True)


def test_a_tier_shows_all_that_was_typed(house: House, page: PageClient) -> None:
    ada = signed_in(house.app, house.creator)
    new = "/dashboard/tiers/new"
    ada.send(
        ada.get(new).form(new),
        name="Darkroom",
        price="40",
        price_year="400",
        benefits="A print\n\n  A letter ",
        about="For those who wait.",
        seats="12",
        trial_days="7",
        welcome="Hello and welcome!",
    )
    shown = page.get("/@ada/tiers").text
    for words in ("A print", "A letter", "For those who wait.", "12 seats left", "or $400.00 a year"):
        assert words in shown
    assert "7 days free" in shown


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("price_year", {"price_year": "60"}),
        ("price_year", {"price_year": "x"}),
        ("benefits", {"benefits": "\n".join("abcdefghijk")}),
        ("benefits", {"benefits": "x" * 101}),
        ("seats", {"seats": "0"}),
        ("seats", {"seats": "many"}),
        ("trial_days", {"trial_days": "91"}),
        ("welcome", {"welcome": "x" * 2_001}),
    ],
)
def test_what_a_tier_cannot_be_is_said_beside_it(house: House, field: str, fields: dict[str, Any]) -> None:
    ada = signed_in(house.app, house.creator)
    address = f"/dashboard/tiers/{house.silver}"
    answer = ada.send(ada.get(address).form(address), **fields)
    assert (answer.status, list(answer.errors)) == (422, [field])
