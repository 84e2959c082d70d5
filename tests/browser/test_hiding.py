"""Not wanting to read somebody, and reading on in the search, in a real browser."""

import re
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.posts.content import Content
from tests.browser.pages import fits, fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.creators.test_search import a_findable_post, findable
from tests.factories.creators import a_creator
from tests.factories.people import a_person
from tests.factories.posts import a_post, some_comments


def a_loud_place(app: Flask) -> UUID:
    post = a_post(app, a_creator(app, "mara").id)
    some_comments(app, post, a_person(app, "leila").id, ["صور جميلة 👀"])
    some_comments(app, post, a_person(app, "a_loud_one_with_a_long_handle").id, ["Buy my things"])
    return post


@pytest.mark.parametrize(("width", "js"), [(1280, True), (390, True), (390, False)])
def test_somebody_is_hidden_where_they_spoke_and_shown_again_in_the_settings(
    app: Flask, open_tab: OpenTab, width: int, js: bool
) -> None:
    post, tab = a_loud_place(app), open_tab(width=width, js=js)
    sign_in(tab, app, a_person(app))
    tab.goto(f"/posts/{post}")
    tab.locator("li.comment summary").last.click()
    tab.get_by_role("button", name="Hide A_loud_one").click()
    expect(tab.get_by_text("They are not told")).to_be_visible()
    expect(tab).to_have_url(re.compile(str(post)))
    expect(tab.locator("li.comment")).to_have_count(1)
    tab.goto("/settings/hidden")
    tab.get_by_role("button", name="Show again").click()
    expect(tab.get_by_text("You have hidden nobody")).to_be_visible()
    tab.goto(f"/posts/{post}")
    expect(tab.locator("li.comment")).to_have_count(2)


def test_hidden_people_fit_and_are_accessible(app: Flask, tab: Page) -> None:
    post = a_loud_place(app)
    sign_in(tab, app, a_person(app))
    tab.goto("/settings/hidden")
    fits_in_every_shape(tab)
    tab.goto(f"/posts/{post}")
    tab.locator("li.comment summary").last.click()
    fits_in_every_shape(tab)
    tab.get_by_role("button", name="Hide A_loud_one").click()
    tab.goto("/settings/hidden")
    fits_in_every_shape(tab)


@pytest.mark.parametrize("js", [True, False])
def test_the_search_goes_on_below_or_on_the_next_page(app: Flask, open_tab: OpenTab, js: bool) -> None:
    mara = findable(app, "mara")
    for number in range(24):
        a_findable_post(app, mara, Content(f"Lantern {number}"))
    tab = open_tab(js=js)
    tab.goto("/search?q=lantern")
    results = tab.locator("[aria-labelledby=found-posts] h3")
    expect(results).to_have_count(20)
    tab.get_by_role("link", name="More posts").click()
    expect(results).to_have_count(24 if js else 4)
    expect(tab.get_by_role("link", name="More posts")).to_have_count(0)
    fits(tab)
