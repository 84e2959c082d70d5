"""Tiers, subscribing, and what both sides look after, in every shape."""

import io

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.creators import a_creator, a_tier
from tests.factories.invoices import give_credit, paid, shop
from tests.factories.people import a_person
from tests.factories.subscriptions import subscribed
from tests.subscriptions.conftest import House
from tests.subscriptions.test_gifts import gives
from tests.subscriptions.test_promos import a_code


def a_house(app: Flask) -> House:
    shop(app)
    ada = a_creator(app, "ada", display_name="Ada, with a name as long as it gets")
    silver = a_tier(app, ada, "Silver", price=500, benefits=["All posts", "Comments"], trial_days=7)
    gold = a_tier(app, ada, "Gold and everything else", price=1200, price_year=12_000, seats=3)
    return House(app, ada, a_person(app, "mira"), silver, gold)


def visit(tab: Page, *paths: str) -> None:
    for path in paths:
        tab.goto(path)
        fits_in_every_shape(tab)


def test_every_page_fits_and_is_accessible(app: Flask, tab: Page) -> None:
    house = a_house(app)
    a_code(house, for_months="3", at_most="100")
    desk = ("/dashboard/subscribers", "/dashboard/promos", f"/dashboard/tiers/{house.gold}/bundles")
    sign_in(tab, app, house.creator)
    visit(tab, "/@ada/tiers", *desk, f"/dashboard/tiers/{house.gold}")
    sign_in(tab, app, house.fan)
    visit(tab, "/subscriptions", "/gifts", f"/@ada/gift/{house.gold}")
    visit(tab, f"/@ada/subscribe/{house.silver}", f"/@ada/subscribe/{house.gold}?code=spring")
    sub = subscribed(app, house.fan, house.creator, house.gold)
    invoice_id, code = gives(house, house.fan, note="For you", months="3")
    paid(app, invoice_id)
    visit(tab, "/@ada/tiers", "/subscriptions", f"/subscriptions/{sub}", f"/subscriptions/{sub}/change")
    visit(tab, "/gifts", f"/gifts/{code}")
    tab.goto("/gifts")
    tab.get_by_role("link", name="Gold and everything else, 3 months").click()
    fits_in_every_shape(tab)
    tab.goto(f"/subscriptions/{sub}")
    tab.get_by_role("link", name="Cancel", exact=True).click()
    fits_in_every_shape(tab)
    sign_in(tab, app, house.creator)
    visit(tab, *desk)


@pytest.mark.parametrize("js", [True, False])
def test_a_fan_subscribes_changes_and_cancels_in_two_clicks(app: Flask, open_tab: OpenTab, js: bool) -> None:
    house = a_house(app)
    give_credit(app, house.fan, 2_000)
    tab = open_tab(width=390, js=js)
    sign_in(tab, app, house.fan)
    tab.goto("/@ada/tiers")
    tab.get_by_role("link", name="Subscribe to Gold").click()
    tab.get_by_role("button", name="Go on to pay").click()
    expect(tab.get_by_role("heading", name="Gold and everything else, 1 month")).to_be_visible()
    tab.get_by_role("button", name="Pay by Credit").click()
    tab.get_by_role("link", name="Gold and everything else, 1 month").first.click()
    expect(tab.get_by_role("heading", name="Gold and everything else")).to_be_visible()
    tab.get_by_role("link", name="Cancel", exact=True).click()
    tab.get_by_role("button", name="Cancel it").click()
    expect(tab.get_by_text("Nothing is charged.").first).to_be_visible()
    tab.get_by_role("button", name="Keep it going").click()
    expect(tab.get_by_text("Paid until").first).to_be_visible()


def test_the_card_of_a_gift_is_printed_alone_on_one_page(app: Flask, tab: Page) -> None:
    house = a_house(app)
    invoice_id, code = gives(house, house.fan, note="For you. " * 30, months="3")
    paid(app, invoice_id)
    sign_in(tab, app, house.fan)
    tab.goto("/gifts")
    tab.get_by_role("link", name="Gold and everything else, 3 months").click()
    expect(tab.get_by_role("button", name="Print it")).to_be_visible()
    fits_in_every_shape(tab)
    tab.emulate_media(media="print", color_scheme="dark")
    expect(tab.get_by_text(code, exact=True)).to_be_visible()
    for gone in ("header.top", "h1", ".dock", ".gift .btn"):
        expect(tab.locator(gone).first).to_be_hidden()
    colour, behind = tab.locator(".gift").evaluate(
        "card => [getComputedStyle(card).color, getComputedStyle(card).backgroundImage]"
    )
    assert (colour, behind) == ("rgb(0, 0, 0)", "none")
    assert len(PdfReader(io.BytesIO(tab.pdf(format="A4"))).pages) == 1
