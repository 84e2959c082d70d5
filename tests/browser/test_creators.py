"""Creators' pages and the desk behind them, in every shape; and what people do there."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.accounts.operations import sessions
from app.platform.transaction import transaction
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, at, sign_in
from tests.factories.creators import a_creator, a_tier, blocks, some_followers
from tests.factories.people import Person, a_person
from tests.factories.posts import some_posts

PUBLIC = ["/@mara", "/@mara/about", "/@mara/tiers"]
EMPTY = ["/@new", "/@new/about", "/@new/tiers"]
DESK = [
    "/dashboard",
    "/dashboard/page",
    "/dashboard/tiers",
    "/dashboard/tiers/new",
    "/dashboard/people",
    "/dashboard/people?q=nobody",
    "/dashboard/people/blocked",
]
LINK = {"label": "A shop with a name that is rather long", "url": "https://shop.example.org/prints"}


def mara(app: Flask) -> Person:
    creator = a_creator(
        app,
        "mara",
        display_name="Mara Ellison",
        headline="Night trains and motel light. A roll a week, printed on Sundays.",
        about="I **print** on Sundays.",
        about_html="<h2>Hello</h2><p>I <strong>print</strong>.</p><ul><li>one</li><li>two</li></ul>",
        links=[LINK] * 3,
        categories=["photography", "travel"],
    )
    for name, price, about in (
        ("Platform", 500, "All posts\nComments"),
        ("Gold", 1200, "Full-size scans\nThe live room on Sundays"),
        ("Darkroom, with a name as long as it gets", 4000, "One print a year"),
    ):
        a_tier(app, creator, name, price=price, about=about)
    some_posts(app, creator.id, 3)
    some_followers(app, creator, 7)
    blocks(app, creator, a_person(app, "noisy"))
    return creator


def test_every_page_fits_and_is_accessible(app: Flask, tab: Page) -> None:
    creator, new, fan = mara(app), a_creator(app, "new"), a_person(app)
    visit(tab, PUBLIC + EMPTY)
    sign_in(tab, app, fan)
    visit(tab, ["/@mara", "/@mara/tiers", "/creators/start"])
    sign_in(tab, app, creator)
    visit(tab, ["/@mara", *DESK])
    tab.goto("/dashboard/tiers")
    tab.get_by_role("link", name="Edit", exact=True).first.click()
    fits_in_every_shape(tab)
    sign_in(tab, app, new)
    visit(tab, ["/@new", "/@new/tiers", "/dashboard", "/dashboard/tiers", "/dashboard/people"])


def visit(tab: Page, paths: list[str]) -> None:
    for path in paths:
        tab.goto(path)
        fits_in_every_shape(tab)


@pytest.mark.parametrize("js", [True, False])
def test_somebody_becomes_a_creator(app: Flask, open_tab: OpenTab, js: bool) -> None:
    tab = open_tab(width=390, js=js)
    sign_in(tab, app, a_person(app, "lea"))
    tab.goto("/creators/start")
    tab.get_by_label("Headline").fill("Lanterns 🏮")
    tab.get_by_label("Music").check()
    tab.get_by_role("button", name="Open my page").click()
    expect(tab.get_by_role("heading", name="Dashboard")).to_be_visible()
    tab.goto("/dashboard/tiers/new")
    tab.get_by_label("Name").fill("ذهب")
    tab.get_by_label("Price a month").fill("5")
    tab.get_by_role("button", name="Open this tier").click()
    expect(tab.get_by_role("link", name="ذهب")).to_be_visible()
    tab.goto("/@lea")
    expect(tab.get_by_text("Lanterns 🏮")).to_be_visible()


@pytest.mark.parametrize("js", [True, False])
def test_somebody_follows_and_leaves(app: Flask, open_tab: OpenTab, js: bool) -> None:
    a_creator(app, "mara")
    tab = open_tab(js=js)
    sign_in(tab, app, a_person(app))
    tab.goto("/@mara")
    tab.get_by_role("button", name="Follow Mara", exact=True).click()
    expect(tab.get_by_text("1 follower", exact=True)).to_be_visible()
    tab.get_by_role("button", name="Following").click()
    expect(tab.get_by_text("0 followers", exact=True)).to_be_visible()
    expect(tab.get_by_role("button", name="Follow Mara", exact=True)).to_be_visible()


@pytest.mark.parametrize("js", [True, False])
def test_the_text_is_previewed_before_it_is_saved(app: Flask, open_tab: OpenTab, js: bool) -> None:
    creator = a_creator(app, "mara")
    tab = open_tab(js=js)
    sign_in(tab, app, creator)
    tab.goto("/dashboard/page")
    tab.get_by_label("About").fill("I **print**")
    tab.get_by_role("button", name="Preview").click()
    expect(tab.locator("#preview strong")).to_have_text("print")
    expect(tab.get_by_label("About")).to_have_value("I **print**")


def test_words_for_subscribers_are_there_again_once_one_has_signed_in(app: Flask, tab: Page) -> None:
    creator = a_creator(app, "mara", display_name="Mara Ellison")
    tier = f"/dashboard/tiers/{a_tier(app, creator, 'Gold')}"

    def session_ends() -> None:
        with app.app_context(), transaction():
            sessions.end_all(creator.id, because="signed out elsewhere")

    at(app, tab, creator, "/dashboard/messages/saved")
    tab.locator("#name").fill("Prints")
    tab.locator("#body").fill("Thank you, the prints leave on Monday")
    tab.get_by_role("button", name="Keep it").click()
    saved = tab.get_by_role("link", name="Prints").get_attribute("href")
    assert saved
    for path, field in (
        ("/dashboard/messages/welcome", "#body"),
        ("/dashboard/messages/saved", "#body"),
        (saved, "#body"),
        (tier, "#welcome"),
        ("/dashboard/tiers/new", "#benefits"),
    ):
        at(app, tab, creator, path)
        tab.locator(field).fill("A long thought")
        session_ends()
        tab.wait_for_url("**/login?ended=1**")
        at(app, tab, creator, path)
        expect(tab.locator(field), path).to_have_value("A long thought")
    # What arrives is not there again.
    at(app, tab, creator, tier).locator("#welcome").fill("Hello")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("heading", name="Tiers")).to_be_visible()
    assert "tier:" not in tab.evaluate("Object.keys(sessionStorage).join()")
