"""Joining, confirming and signing in, as a person in front of a real browser does it."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.accounts.python_wallet import PythonWallet
from tests.accounts.wallet_walks import link
from tests.browser.pages import fits_and_is_accessible
from tests.browser.tabs import OpenTab
from tests.factories.people import PASSWORD, a_person, signed_in
from tests.factories.post import last_letter

NEW_PASSWORD = "three wet lanterns"
EMPTY_FEED = "Your feed is waiting"


def fill_in(tab: Page) -> None:
    tab.goto("/join")
    tab.get_by_label("E-mail").fill("nora@example.test")
    tab.get_by_label("Handle").fill("nora_b")
    tab.get_by_label("Display name").fill("Nora Bell")
    tab.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    tab.get_by_label("Date of birth").fill("1990-05-17")


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_from_the_landing_page_to_a_profile(app: Flask, open_tab: OpenTab, js: bool) -> None:
    tab = open_tab(width=390, js=js)
    fill_in(tab)
    tab.get_by_role("main").get_by_role("button", name="Join").click()
    expect(tab.get_by_role("heading", name="Look into your mail")).to_be_visible()
    tab.goto(last_letter(app, "nora@example.test", "verify_email").path("/verify/"))
    tab.get_by_role("button", name="Yes, confirm").click()
    expect(tab.get_by_role("heading", name=EMPTY_FEED)).to_be_visible()
    tab.goto("/settings/profile")
    tab.get_by_label("About you").fill("Lanterns")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_label("About you")).to_have_value("Lanterns")


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_who_forgot_the_mail_is_told_and_gets_it_again(app: Flask, open_tab: OpenTab, js: bool) -> None:
    tab = open_tab(width=390, js=js)
    fill_in(tab)
    tab.get_by_role("main").get_by_role("button", name="Join").click()
    expect(tab.get_by_role("heading", name="Look into your mail")).to_be_visible()
    tab.goto("/login")
    tab.get_by_label("E-mail or handle").fill("nora_b")
    tab.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("open the link in our mail first")
    if js:
        fits_and_is_accessible(tab)
    tab.get_by_role("link", name="Have it sent again").click()
    tab.get_by_label("E-mail").fill("nora@example.test")
    tab.get_by_role("button", name="Send the link again").click()
    expect(tab.get_by_role("heading", name="Look into your mail")).to_be_visible()
    tab.goto(last_letter(app, "nora@example.test", "verify_email").path("/verify/"))
    tab.get_by_role("button", name="Yes, confirm").click()
    expect(tab.get_by_role("heading", name=EMPTY_FEED)).to_be_visible()


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_the_form_of_a_second_tab_leads_on_once_one_is_in(app: Flask, open_tab: OpenTab, js: bool) -> None:
    a_person(app, "mira")
    first = open_tab(js=js)
    second = first.context.new_page()
    second.goto("/settings/sessions")
    for tab, heading in ((first, EMPTY_FEED), (second, "Sessions")):
        if tab is first:
            tab.goto("/login")
        tab.get_by_label("E-mail or handle").fill("mira")
        tab.get_by_label("Password", exact=True).fill(PASSWORD)
        tab.get_by_role("button", name="Sign in", exact=True).click()
        expect(tab.get_by_role("heading", name=heading, exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_an_undone_change_says_what_was_removed(app: Flask, open_tab: OpenTab, width: int) -> None:
    person, wallet = a_person(app, "mira"), PythonWallet.new()
    thief = signed_in(app, person)
    security = thief.get("/settings/security")
    thief.send(security.form("/settings/security/email"), email="new@example.test")
    link(thief, wallet)
    confirming = last_letter(app, "new@example.test", "email_change_confirm").path("/email/confirm/")
    thief.send(thief.get(confirming).form(confirming))
    tab = open_tab(width=width)
    tab.goto(last_letter(app, person.email, "email_change_notice").path("/email/undo/"))
    fits_and_is_accessible(tab)
    tab.get_by_role("button", name="Undo the change").click()
    expect(tab.get_by_role("listitem").filter(has_text=wallet.address)).to_be_visible()
    fits_and_is_accessible(tab)
    tab.get_by_role("link", name="Choose a new password").click()
    expect(tab.get_by_role("heading", name="new password")).to_be_visible()


def test_a_handle_is_judged_while_it_is_typed(app: Flask, tab: Page) -> None:
    a_person(app, "nora_b")
    fill_in(tab)
    tab.get_by_label("Handle").press("End")
    tab.get_by_label("Handle").press_sequentially("x")
    expect(tab.get_by_text("@nora_bx is free.")).to_be_visible()
    tab.get_by_label("Handle").press("Backspace")
    expect(tab.get_by_text("That handle is taken.")).to_be_visible()


def test_what_is_wrong_stands_beside_its_field_and_typed_words_stay(app: Flask, tab: Page) -> None:
    a_person(app, "nora_b")
    fill_in(tab)
    tab.get_by_role("main").get_by_role("button", name="Join").click()
    handle = tab.get_by_label("Handle")
    expect(handle).to_have_attribute("aria-invalid", "true")
    expect(handle).to_have_value("nora_b")
    expect(tab.get_by_label("Password", exact=True)).to_have_value("")


def test_a_password_can_be_looked_at(tab: Page) -> None:
    tab.goto("/login")
    password = tab.get_by_label("Password", exact=True)
    password.fill("secret")
    tab.get_by_role("button", name="Show password").click()
    expect(password).to_have_attribute("type", "text")


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_signing_in_looking_around_and_out(app: Flask, open_tab: OpenTab, js: bool) -> None:
    a_person(app, "mira")
    tab = open_tab(js=js)
    tab.goto("/settings/sessions")
    tab.get_by_label("E-mail or handle").fill("mira")
    tab.get_by_label("Password", exact=True).fill("not it")
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_text("do not go together")).to_be_visible()
    expect(tab.get_by_label("E-mail or handle")).to_have_value("mira")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_role("heading", name="Sessions")).to_be_visible()
    expect(tab.get_by_text("This one")).to_be_visible()
    tab.get_by_role("button", name="Sign out everywhere", exact=True).click()
    expect(tab.get_by_role("heading", name="Welcome back")).to_be_visible()
