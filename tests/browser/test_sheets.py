"""Forms that open over the page on which one is: tipping and subscribing."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.browser.test_subscriptions import a_house
from tests.factories.invoices import give_credit
from tests.factories.posts import a_post
from tests.subscriptions.conftest import House
from tests.subscriptions.test_promos import a_code


@pytest.fixture
def house(app: Flask) -> House:
    return a_house(app)


def open_tip(tab: Page) -> None:
    tab.get_by_role("link", name="Tip").first.click()
    expect(tab.get_by_role("dialog")).to_be_visible()


def test_a_tip_is_given_without_leaving_the_page(app: Flask, tab: Page, house: House) -> None:
    give_credit(app, house.fan, 2_000)
    post = a_post(app, house.creator.id, title="Night trains")
    sign_in(tab, app, house.fan)
    tab.goto(f"/posts/{post}")
    open_tip(tab)
    assert tab.url.endswith(f"/posts/{post}")
    fits_in_every_shape(tab)
    tab.fill("[name=amount]", "nothing")
    tab.get_by_role("button", name="Send the tip").click()
    expect(tab.locator("#amount-error")).to_be_visible()
    expect(tab.locator("dialog [data-focus]")).to_be_focused()
    fits_in_every_shape(tab)
    tab.get_by_role("link", name="$5.00").click()
    tab.get_by_role("button", name="Send the tip").click()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()


@pytest.mark.parametrize(
    "way",
    [
        "escape",
        "back",
        "close",
        *(pytest.param(way, marks=pytest.mark.fault_long) for way in ("not now", "beside")),
    ],
)
def test_it_closes_and_the_focus_is_where_it_was(app: Flask, tab: Page, house: House, way: str) -> None:
    post = a_post(app, house.creator.id, title="Night trains")
    sign_in(tab, app, house.fan)
    tab.goto(f"/posts/{post}")
    before = tab.evaluate("history.length")
    for _ in range(2):
        open_tip(tab)
        if way == "escape":
            tab.keyboard.press("Escape")
        elif way == "back":
            tab.go_back()
        elif way == "beside":
            tab.mouse.click(5, 5)
        else:
            tab.get_by_role("link", name="Close" if way == "close" else "Not now").click()
        expect(tab.locator("dialog")).to_have_count(0)
        expect(tab.get_by_role("link", name="Tip").first).to_be_focused()
        tab.wait_for_function("!history.state?.sheet")
    assert tab.url.endswith(f"/posts/{post}")
    assert tab.evaluate("history.length") == before + 1


def test_what_goes_wrong_is_said_in_the_dialog_and_nothing_is_lost(
    app: Flask, tab: Page, house: House
) -> None:
    give_credit(app, house.fan, 2_000)
    sign_in(tab, app, house.fan)
    tab.goto("/@ada")
    open_tip(tab)
    tab.fill("[name=amount]", "5")
    tab.context.set_offline(True)
    tab.get_by_role("button", name="Send the tip").click()
    expect(tab.get_by_role("dialog").get_by_role("alert")).to_contain_text("Nothing was lost")
    fits_in_every_shape(tab)
    tab.context.set_offline(False)
    tab.get_by_role("button", name="Send the tip").click()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()


def test_a_fan_subscribes_over_the_page(app: Flask, tab: Page, house: House) -> None:
    a_code(house)
    sign_in(tab, app, house.fan)
    tab.goto("/@ada/tiers")
    tab.get_by_role("link", name="Subscribe to Gold").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Gold and everything else")).to_be_visible()
    fits_in_every_shape(tab)
    tab.fill("[name=code]", "nope")
    tab.get_by_role("button", name="Use this code").click()
    expect(tab.locator("#code-error")).to_be_visible()
    expect(tab.locator("#use-code")).to_be_focused()
    tab.fill("[name=code]", "spring")
    tab.keyboard.press("Enter")
    expect(dialog.get_by_text("with SPRING").first).to_be_visible()
    expect(tab.locator("#code")).to_be_focused()
    dialog.get_by_role("button", name="Go on to pay").click()
    tab.wait_for_url("**/invoices/*")
    tab.go_back()
    expect(tab.get_by_role("link", name="Subscribe to Gold")).to_be_visible()


@pytest.mark.parametrize("address", ["/@ada/tip", "/@ada/subscribe/{gold}"])
def test_without_javascript_it_is_a_page(app: Flask, open_tab: OpenTab, house: House, address: str) -> None:
    tab = open_tab(width=390, js=False)
    sign_in(tab, app, house.fan)
    tab.goto("/@ada/tiers")
    here = address.format(gold=house.gold)
    tab.locator(f"main a[href='{here}']").click()
    assert tab.url.endswith(here)
    expect(tab.locator("dialog")).to_have_count(0)
    expect(tab.locator("h1")).to_be_visible()
