"""Finding creators: the directory and the search, in every shape."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.creators.categories import CATEGORIES
from app.creators.models import Creator
from app.creators.queries_directory import PAGE
from app.extensions import db
from app.platform.transaction import transaction
from app.posts.content import Content
from tests.browser.pages import fits, fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.creators.test_directory import many_creators
from tests.creators.test_search import a_findable_post, findable
from tests.factories.media import a_picture
from tests.factories.people import a_person

PAGES = [
    "/",
    "/creators",
    "/creators?category=music&sort=new",
    "/creators?category=food",
    "/search",
    "/search?q=mara",
    "/search?q=zzyzx",
]


def a_lively_house(app: Flask) -> None:
    mara = findable(
        app, "mara", display_name="Mara Ellison", headline="Night trains, contact sheets and fixer",
        categories=["photography", "travel", "writing"], followers=12_400, popularity=9.0,
    )  # fmt: skip
    cover, avatar = a_picture(app, mara, public=True), a_picture(app, mara, public=True, purpose="avatar")
    with app.app_context(), transaction():
        creator = db.session.get_one(Creator, mara.id)
        creator.cover, creator.avatar = cover, avatar
    findable(
        app, "layla", display_name="ليلى حسن", headline="رسامة من بيروت", categories=["art"], avatar_hue=5
    )
    findable(
        app, "a_very_long_handle_of_thirty_c", display_name="Somebody With A Rather Long Name Indeed, Yes",
        headline="W" * 100, categories=["music", "podcasts", "science"], adult=True, avatar_hue=9,
    )  # fmt: skip
    for number, category in enumerate(CATEGORIES):
        if category.slug != "food":
            said = {"display_name": f"{category.label} One", "avatar_hue": number % 12}
            findable(app, f"one{number}", categories=[category.slug], headline="New every Friday", **said)
    a_findable_post(app, mara, Content("Mara's harbour at five", "Everybody was **asleep** but the gulls."))


def test_finding_fits_and_is_accessible(app: Flask, tab: Page) -> None:
    a_lively_house(app)
    for path in PAGES:
        tab.goto(path)
        fits_in_every_shape(tab)
    sign_in(tab, app, a_person(app))
    for path in PAGES[1:]:
        tab.goto(path)
        fits(tab)


@pytest.mark.parametrize("js", [True, False])
def test_more_creators_come_below_or_on_the_next_page(app: Flask, open_tab: OpenTab, js: bool) -> None:
    many_creators(app, PAGE + 4)
    tab = open_tab(js=js)
    tab.goto("/creators")
    expect(tab.locator(".creator")).to_have_count(PAGE)
    tab.get_by_role("link", name="More creators").click()
    expect(tab.locator(".creator")).to_have_count(PAGE + 4 if js else 4)
    expect(tab.get_by_role("link", name="More creators")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("js", [True, False])
def test_from_the_front_to_somebodys_page(app: Flask, open_tab: OpenTab, js: bool, width: int) -> None:
    findable(app, "mara", display_name="Mara Ellison", categories=["photography"])
    tab = open_tab(js=js, width=width)
    tab.goto("/")
    tab.get_by_role("link", name="See everybody").click()
    tab.get_by_role("link", name="Photography", exact=True).click()
    expect(tab.locator(".creator")).to_have_count(1)
    box = tab.locator("input[name=q]:visible").first
    box.fill("mara elison")
    box.press("Enter")
    tab.get_by_role("link", name="Mara Ellison").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Mara Ellison")
