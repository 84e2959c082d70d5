"""What a browser still holds of a person while they are in, and after they left."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.accounts.operations import sessions
from app.platform.transaction import transaction
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.creators import a_creator
from tests.factories.people import a_person
from tests.support import eventually

VISITED = ("/settings/profile", "/settings/security", "/settings/sessions", "/settings/data", "/@mara")
STORED = """async () => [
    ...Object.keys(localStorage), ...Object.keys(sessionStorage),
    ...(await indexedDB.databases()).map((one) => one.name), ...(await caches.keys()),
    ...(await navigator.serviceWorker.getRegistrations()).map((one) => one.scope), document.cookie]
    .filter(Boolean)"""
# The tab's own address, which htmx notes.
ADDRESS = "htmx-current-path-for-history"


def stored(tab: Page) -> set[str]:
    return set(tab.evaluate(STORED)) - {ADDRESS}


def test_no_script_finds_anything_of_the_person(app: Flask, tab: Page) -> None:
    sign_in(tab, app, a_person(app, "mara"))
    for path in VISITED:
        tab.goto(path)
        assert stored(tab) == set()


def test_the_theme_is_all_that_a_page_keeps(app: Flask, tab: Page) -> None:
    sign_in(tab, app, a_person(app, "mara"))
    tab.goto("/settings/profile")
    tab.get_by_label("Your account, Mara").click()
    tab.get_by_role("button", name="Dark").click()
    assert stored(tab) == {"theme"}


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_after_signing_out_the_back_button_shows_nothing_of_them(
    app: Flask, open_tab: OpenTab, js: bool
) -> None:
    tab = open_tab(js=js)
    sign_in(tab, app, a_person(app, "mara"))
    tab.goto("/settings/profile")
    tab.goto("/settings/sessions")
    tab.get_by_label("Your account, Mara").click()
    tab.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(tab.get_by_role("heading", name="Welcome back")).to_be_visible()
    tab.go_back()
    expect(tab.get_by_role("heading", name="Welcome back")).to_be_visible()
    expect(tab.get_by_text("Mara")).to_have_count(0)


def test_after_signing_out_no_other_tab_holds_what_was_typed_as_a_session_ended(
    app: Flask, tab: Page
) -> None:
    a_creator(app, "mara")
    ben = a_person(app, "ben")
    sign_in(tab, app, ben)
    tab.goto("/messages/to/mara")
    expect(tab.locator("html[data-live=on]")).to_be_attached()
    tab.get_by_role("textbox", name="Write to").fill("Dear Mara")
    with app.app_context(), transaction():
        sessions.end_all(ben.id, because="signed out elsewhere")
    tab.wait_for_url("**/login?ended=1**")
    sign_in(tab, app, ben)
    other = tab.context.new_page()
    other.goto("/settings/sessions")
    assert any(key.startswith("message:") for key in stored(tab))
    other.get_by_label("Your account, Ben").click()
    other.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(other.get_by_role("heading", name="Welcome back")).to_be_visible()
    eventually(lambda: not stored(tab))
