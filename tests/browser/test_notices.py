"""What happens shows itself on open pages, at once and without getting in the way."""

import re

import pytest
from flask import Flask
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.creators import a_creator, follows
from tests.factories.people import Person, a_person
from tests.notifications.happenings import HOME, SETTINGS, comments, deliver, likes
from tests.support import eventually

ON = "html[data-live=on]"


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", display_name="Mara Ellison")


def at(app: Flask, tab: Page, person: Person, path: str) -> Page:
    sign_in(tab, app, person)
    tab.goto(path)
    expect(tab.locator(ON)).to_be_attached()
    return tab


def test_an_open_page_counts_and_says_what_happens_one_word_at_a_time(
    app: Flask, open_tab: OpenTab, mara: Person
) -> None:
    ben, zoe = a_person(app, "ben"), a_person(app, "zoe")
    tab = at(app, open_tab(), mara, "/creators")
    search = tab.get_by_role("searchbox").first
    search.focus()
    likes(app, ben, mara)
    door = tab.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Notifications")
    expect(door).to_have_accessible_name("Notifications 1 new")
    said = tab.get_by_role("status").locator(".toast")
    expect(said).to_contain_text("Ben liked “Fog”")
    expect(search).to_be_focused()
    comments(app, zoe, mara)
    expect(said).to_have_count(1)
    expect(said).to_contain_text("Zoe commented on “Fog”")
    # Looked at elsewhere, nothing is new.
    phone = at(app, open_tab(width=390), mara, HOME)
    expect(door).to_have_accessible_name("Notifications")
    # Who looks at the list sees it grow, and is not told beside it.
    comments(app, ben, mara, "post:2")
    expect(phone.locator(".notice-words")).to_have_count(3)
    expect(phone.locator(".toast")).to_have_count(0)
    expect(said).to_contain_text("Ben commented on “Fog”")
    said.get_by_role("link").click()
    expect(tab).to_have_url(re.compile("/feed$"))


def test_what_happens_while_the_list_is_being_fetched_is_in_it(app: Flask, tab: Page, mara: Person) -> None:
    ben = a_person(app, "ben")
    likes(app, ben, mara)
    at(app, tab, mara, HOME)
    tab.evaluate("document.addEventListener('live:notice', () => (window.heard = (window.heard ?? 0) + 1))")
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        route.continue_() if held else held.append((route, route.fetch()))

    tab.route(f"**{HOME}*", hold_the_first)
    with tab.expect_request(f"**{HOME}*"):
        comments(app, ben, mara)
    eventually(lambda: tab.title() and held)
    comments(app, ben, mara, "post:2")
    tab.wait_for_function("() => window.heard === 2")
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(tab.locator(".notice-words")).to_have_count(3)


def test_the_bell_stands_above_on_phones(app: Flask, open_tab: OpenTab, mara: Person) -> None:
    tab = at(app, open_tab(width=390), mara, "/feed")
    likes(app, a_person(app, "ben"), mara)
    bell = tab.get_by_role("banner").get_by_role("link", name="Notifications")
    expect(bell).to_have_accessible_name("Notifications 1 new")
    bell.click()
    expect(tab.locator(".notice.unread")).to_have_count(1)


def test_the_pages_fit_every_screen_and_work_without_scripts(
    app: Flask, open_tab: OpenTab, mara: Person
) -> None:
    for number in range(3):
        likes(app, a_person(app), mara, f"post:{number}", f"“{'Endless' * 15}”")
    follows(app, a_person(app, "zoe"), mara)
    comments(app, a_person(app, "ben"), mara)
    deliver(app)
    tab = open_tab(width=390)
    sign_in(tab, app, mara)
    for path in (HOME, SETTINGS, f"{SETTINGS}/sent"):
        tab.goto(path)
        fits_in_every_shape(tab)
    plain = open_tab(js=False)
    sign_in(plain, app, mara)
    plain.goto(HOME)
    plain.get_by_role("button", name="Mark all read").click()
    expect(plain.get_by_text("All of it is marked as read.")).to_be_visible()
    expect(plain.locator(".unread")).to_have_count(0)
