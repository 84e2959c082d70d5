"""Passkeys in Chromium, with its virtual authenticator."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.tabs import OpenTab, sign_in
from tests.browser.virtual_authenticator import VirtualAuthenticator
from tests.factories.people import PASSWORD, Person, a_person

HOME = re.compile(r":\d+/feed$")


def add_passkey(tab: Page, app: Flask, person: Person) -> VirtualAuthenticator:
    authenticator = VirtualAuthenticator(tab)
    sign_in(tab, app, person)
    tab.goto("/settings/security")
    tab.get_by_label("Name of the new passkey").fill("My phone")
    tab.get_by_role("button", name="Add a passkey").click()
    expect(tab.get_by_role("heading", name="Recovery codes", exact=True)).to_be_visible()
    return authenticator


def hand_over(tab: Page, owner: VirtualAuthenticator) -> None:
    """From here on the passkeys of another device are at hand in this tab too."""
    authenticator = VirtualAuthenticator(tab)
    for credential in owner.credentials:
        authenticator.hold(credential)


def another_browser(open_tab: OpenTab, owner: VirtualAuthenticator) -> Page:
    """Signed out, with the same passkeys at hand."""
    tab = open_tab(width=390)
    hand_over(tab, owner)
    return tab


def test_adding_one_and_keeping_the_codes(app: Flask, tab: Page) -> None:
    add_passkey(tab, app, a_person(app))
    tab.get_by_role("button", name="Make ten codes").click()
    codes = tab.get_by_label("Your recovery codes").inner_text().split()
    assert len(codes) == 10
    tab.get_by_role("link", name="I have kept them").click()
    row = tab.get_by_role("listitem").filter(has_text="My phone")
    expect(row).to_contain_text("not used yet")
    expect(tab.get_by_text("10 of 10 left")).to_be_visible()


def test_coming_in_without_a_password(app: Flask, tab: Page, open_tab: OpenTab) -> None:
    owner = add_passkey(tab, app, a_person(app))
    other = another_browser(open_tab, owner)
    other.goto("/login?next=/settings/sessions")
    other.get_by_role("button", name="Use a passkey").click()
    expect(other).to_have_url(re.compile(r":\d+/settings/sessions$"))
    expect(other.get_by_text("Passkey").first).to_be_visible()


def test_as_the_second_step_after_a_password(app: Flask, tab: Page, open_tab: OpenTab) -> None:
    person, other = a_person(app), open_tab()
    owner = add_passkey(tab, app, person)
    other.goto("/login")
    other.get_by_label("E-mail or handle").fill(person.handle)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", name="One more step")).to_be_visible()
    hand_over(other, owner)
    other.get_by_role("button", name="Use a passkey").click()
    expect(other).to_have_url(HOME)


def test_confirming_who_one_is(app: Flask, tab: Page) -> None:
    add_passkey(tab, app, a_person(app))
    tab.goto("/login/confirm?next=/settings/security/totp")
    tab.get_by_role("button", name="Use a passkey").click()
    expect(tab.get_by_role("heading", name="Authenticator app")).to_be_visible()


def test_offered_in_the_field_of_the_name(app: Flask, tab: Page, open_tab: OpenTab) -> None:
    other = another_browser(open_tab, add_passkey(tab, app, a_person(app)))
    other.goto("/login")
    other.get_by_label("E-mail or handle").focus()
    expect(other).to_have_url(HOME)


def test_a_device_does_not_add_a_second_one(app: Flask, tab: Page) -> None:
    add_passkey(tab, app, a_person(app))
    tab.goto("/settings/security")
    tab.get_by_role("button", name="Add a passkey").click()
    expect(tab.get_by_role("alert")).to_contain_text("already holds a passkey")


def test_a_device_without_one_says_so(app: Flask, tab: Page) -> None:
    VirtualAuthenticator(tab)
    tab.goto("/login")
    tab.get_by_role("button", name="Use a passkey").click()
    expect(tab.get_by_role("alert")).to_contain_text("no passkey for this site")
    expect(tab.get_by_role("button", name="Use a passkey")).to_be_enabled()


def test_an_unverified_user_does_not_come_in(app: Flask, tab: Page, open_tab: OpenTab) -> None:
    owner = add_passkey(tab, app, a_person(app))
    owner.verifies(False)
    tab.goto("/login/confirm")
    tab.get_by_role("button", name="Use a passkey").click()
    expect(tab.get_by_role("alert")).to_contain_text("cancelled")


def test_renaming_and_removing(app: Flask, tab: Page) -> None:
    add_passkey(tab, app, a_person(app))
    tab.goto("/settings/security")
    tab.get_by_role("link", name="Change My phone").click()
    tab.get_by_label("Name").fill("Old phone")
    tab.get_by_role("button", name="Save the name").click()
    tab.get_by_role("link", name="Change Old phone").click()
    tab.get_by_role("button", name="Remove this passkey").click()
    expect(tab.get_by_text("The passkey is removed here.")).to_be_visible()
    expect(tab.get_by_role("listitem").filter(has_text="Old phone")).to_have_count(0)


def test_a_browser_that_knows_none_says_so(tab: Page) -> None:
    tab.add_init_script("delete window.PublicKeyCredential")
    tab.goto("/login")
    expect(tab.get_by_text("This browser does not know passkeys.")).to_be_visible()
    expect(tab.get_by_role("button", name="Use a passkey")).to_be_hidden()


@pytest.mark.parametrize("tab", [{"js": False}], indirect=True)
def test_without_scripts_the_page_says_so(tab: Page) -> None:
    tab.goto("/login")
    expect(tab.get_by_text("Passkeys need JavaScript.")).to_be_visible()
