"""The live page in a real browser: what it is told, and how it comes back."""

from flask import Flask
from playwright.sync_api import Page, expect

from app.accounts.operations import sessions
from app.platform import realtime
from app.platform.transaction import transaction
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.people import Person, a_person

SOON_MS = 5_000
ON = "html[data-live=on]"


def test_a_page_of_a_session_ended_elsewhere_leaves_at_once(app: Flask, tab: Page) -> None:
    person = _at(app, tab, "/settings/sessions")
    with app.app_context(), transaction():
        sessions.end_all(person.id, because="signed out elsewhere")
    tab.wait_for_url("**/login?ended=1&next=%2Fsettings%2Fsessions", timeout=SOON_MS)
    expect(tab.get_by_text("You were signed out.")).to_be_visible()


def test_signing_out_everywhere_else_reaches_the_other_browser(app: Flask, open_tab: OpenTab) -> None:
    here, there = open_tab(), open_tab(width=390)
    person = _at(app, here, "/settings/sessions")
    _at(app, there, "/settings/profile", person)
    here.reload()
    here.get_by_role("button", name="Sign out everywhere else").click()
    there.wait_for_url("**/login?ended=1**", timeout=SOON_MS)
    expect(here.locator(ON)).to_be_attached()


def test_who_signs_out_is_not_told_that_somebody_else_did(app: Flask, tab: Page) -> None:
    _at(app, tab, "/settings/sessions")
    tab.evaluate("localStorage.setItem('post:1:new', 'For my eyes')")
    tab.get_by_role("button", name="Sign out everywhere", exact=True).click()
    tab.wait_for_url("**/login")
    assert tab.evaluate("localStorage.length") == 0


def test_what_is_said_to_a_person_reaches_the_page(app: Flask, tab: Page) -> None:
    person = _at(app, tab, "/settings/profile")
    tab.evaluate("document.addEventListener('live:greeting', (event) => (window.heard = event.detail))")
    said = '<div hx-swap-oob="beforebegin:h1"><p>Said live</p></div>'
    with app.app_context():
        realtime.push_user(person.id, "greeting", {"html": said, "n": 7})
    expect(tab.get_by_text("Said live")).to_be_visible()
    assert tab.evaluate("window.heard.n") == 7


def test_a_lost_socket_comes_back_and_says_so(app: Flask, tab: Page) -> None:
    person = _at(app, tab, "/settings/profile")
    tab.evaluate(
        "document.addEventListener('live:reconnected', () => document.body.setAttribute('data-again', ''))"
    )
    tab.context.set_offline(True)
    tab.context.set_offline(False)
    expect(tab.locator("body[data-again]")).to_be_attached()
    with app.app_context():
        realtime.push_user(
            person.id, "greeting", {"html": '<div hx-swap-oob="beforebegin:h1"><p>Back again</p></div>'}
        )
    expect(tab.get_by_text("Back again")).to_be_visible()


def test_a_page_follows_the_topics_that_it_shows(app: Flask, tab: Page) -> None:
    _at(app, tab, "/settings/profile")
    tab.evaluate("document.addEventListener('live:note', (event) => (window.heard = event.detail))")
    with tab.expect_response("**/live/ticket?topic=nothing%3A1") as asked:
        tab.evaluate(
            """document.body.insertAdjacentHTML("beforeend", '<i data-live-topic="nothing:1"></i>');
            document.body.dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true }))"""
        )
    assert asked.value.json()["topics"] == []
    expect(tab.locator(ON)).to_be_attached()


def test_coming_back_signed_out_leads_to_the_door(app: Flask, tab: Page) -> None:
    _at(app, tab, "/settings/profile")
    tab.context.clear_cookies()
    tab.context.set_offline(True)
    tab.context.set_offline(False)
    tab.wait_for_url("**/login?ended=1**")


def _at(app: Flask, tab: Page, path: str, person: Person | None = None) -> Person:
    """A signed-in person with a live page open."""
    who = person or a_person(app)
    sign_in(tab, app, who)
    tab.goto(path)
    expect(tab.locator(ON)).to_be_attached()
    return who
