"""A creator writes to many in a real browser, and a fan sees it come."""

import re
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Page, expect

from app.accounts.operations import sessions
from app.kit import clock
from app.platform.transaction import transaction
from tests.broadcasts.telling import HOME, all_told, counted, sent
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, at, sign_in
from tests.chat.talking import begin
from tests.factories.creators import a_creator, a_tier, follows, some_followers
from tests.factories.people import a_person, signed_in


def test_many_are_told_and_an_open_page_shows_it(app: Flask, open_tab: OpenTab) -> None:
    mara, ben = a_creator(app, "mara", display_name="Mara Ellison"), a_person(app, "ben")
    a_tier(app, mara)
    some_followers(app, mara, 2)
    talk = begin(signed_in(app, ben), "mara", "Hello")
    host = at(app, open_tab(), mara, f"{HOME}/new")
    fits_in_every_shape(host)
    host.get_by_label("Your message").fill("The prints are dry")
    expect(host.get_by_role("status").filter(has_text="2 people")).to_be_visible()
    # Counted again as soon as it is somebody else.
    host.get_by_text("Those who subscribed").click()
    expect(host.get_by_role("status").filter(has_text="0 people")).to_be_visible()
    host.get_by_text("Everybody who follows").click()
    follows(app, ben, mara)
    host.get_by_role("button", name="Look at it").click()
    expect(host.get_by_role("button", name="Send it to 3 people")).to_be_visible()
    fits_in_every_shape(host)
    fan = at(app, open_tab(width=390), ben, talk)
    host.get_by_role("button", name="Send it to 3 people").click()
    expect(host.locator("#progress")).to_contain_text("being listed")
    all_told(app)
    expect(fan.locator("[data-thread] p.said").last).to_have_text("The prints are dry")
    expect(host.locator("#progress")).to_contain_text(re.compile(r"Sent to\s*3"))
    expect(host.locator("header.spread .chip")).to_have_text("Sent")
    expect(host.get_by_role("button", name="Stop it")).to_have_count(0)
    counted(app)
    host.goto(HOME)
    expect(host.get_by_text("sent to 3")).to_be_visible()
    fits_in_every_shape(host)
    # Taken back, it vanishes where it is looked at.
    host.get_by_role("link", name="The prints are dry").click()
    host.get_by_role("link", name="Take it back").click()
    host.get_by_role("dialog").get_by_role("button", name="Take it back").click()
    expect(host.locator("#progress")).to_contain_text("Being taken back")
    all_told(app)
    expect(fan.get_by_text("The prints are dry")).to_have_count(0)
    expect(fan.locator("[data-thread]")).to_contain_text("Taken back")
    expect(host.locator("header.spread .chip")).to_have_text("Taken back")
    fits_in_every_shape(host)


def test_a_saved_answer_goes_to_where_one_types(app: Flask, open_tab: OpenTab) -> None:
    mara, ben = a_creator(app, "mara", display_name="Mara Ellison"), a_person(app, "ben")
    talk = begin(signed_in(app, ben), "mara", "Which sizes are there?")
    host = at(app, open_tab(width=390), mara, f"{HOME}/saved")
    host.get_by_label("Name").fill("Sizes")
    host.get_by_label("The answer").fill("A3 and A2")
    host.get_by_role("button", name="Keep it").click()
    expect(host.get_by_role("link", name="Sizes")).to_be_visible()
    fits_in_every_shape(host)
    host.goto(f"{HOME}/welcome")
    fits_in_every_shape(host)
    host.goto(talk)
    say = host.get_by_role("textbox", name="Write to")
    say.fill("Hi! ")
    host.get_by_role("link", name="Saved answers").click()
    host.get_by_role("dialog").get_by_role("link", name="Sizes").click()
    expect(say).to_have_value("Hi! A3 and A2")
    expect(host.locator("#sheets > dialog")).to_have_count(0)
    host.keyboard.type(", and A1")
    expect(say).to_have_value("Hi! A3 and A2, and A1")


def test_without_scripts_all_of_it_works_by_forms(app: Flask, open_tab: OpenTab) -> None:
    mara = a_creator(app, "mara", display_name="Mara Ellison")
    some_followers(app, mara, 2)
    host = open_tab(width=390, js=False)
    sign_in(host, app, mara)
    host.goto(f"{HOME}/new")
    host.get_by_role("button", name="Look at it").click()
    expect(host.get_by_text("Write something")).to_be_visible()
    address = sent(signed_in(app, mara), "By hand")
    host.goto(address)
    host.get_by_role("button", name="Stop it").click()
    expect(host.get_by_text("Not sent to")).to_be_visible()


def test_what_is_written_to_many_is_there_again_once_one_has_signed_in(app: Flask, tab: Page) -> None:
    mara = a_creator(app, "mara", display_name="Mara Ellison")
    some_followers(app, mara, 2)
    host = at(app, tab, mara, f"{HOME}/new")
    words, price = host.get_by_label("Your message"), host.get_by_label("Price to open it")
    subscribed = host.get_by_role("radio", name="Those who subscribed")

    def session_ends() -> None:
        with app.app_context(), transaction():
            sessions.end_all(mara.id, because="signed out elsewhere")

    words.fill("The prints are dry")
    host.get_by_text("A price to open it").click()
    price.fill("4.99")
    host.get_by_label("Words behind the price").fill("All twelve of them")
    host.get_by_text("Those who subscribed").click()
    session_ends()
    host.wait_for_url("**/login?ended=1**")
    at(app, host, mara, f"{HOME}/new")
    expect(words).to_have_value("The prints are dry")
    expect(price).to_have_value("4.99")
    expect(price).to_be_visible()
    expect(subscribed).to_be_checked()
    expect(host.get_by_role("status").filter(has_text="0 people")).to_be_visible()
    # Sent before the page knew of it.
    host.route("**/login?ended=1**", lambda route: route.fulfill(status=204))
    with host.expect_request("**/login?ended=1**"):
        session_ends()
    host.get_by_role("button", name="Look at it").click()
    host.wait_for_url("**/login?next=**")
    at(app, host, mara, f"{HOME}/new")
    expect(words).to_have_value("The prints are dry")
    expect(subscribed).to_be_checked()
    host.get_by_role("button", name="Look at it").click()
    expect(host.get_by_role("heading", name="A broadcast")).to_be_visible()
    # It arrived.
    edit = f"{host.url}/edit"
    host.goto(f"{HOME}/new")
    expect(words).to_have_value("")
    # What is saved meanwhile is not written over unseen.
    host.unroute("**/login?ended=1**")
    at(app, host, mara, edit)
    words.fill("The prints are dry, all of them")
    session_ends()
    host.wait_for_url("**/login?ended=1**")
    elsewhere = signed_in(app, mara)
    path = urlsplit(edit).path
    elsewhere.send(elsewhere.get(path).form(path), body="The prints are wet", intent="draft")
    at(app, host, mara, edit)
    expect(words).to_have_value("The prints are dry, all of them")
    host.get_by_role("button", name="Look at it").click()
    expect(host.get_by_label("The other text")).to_have_value("The prints are wet")
    expect(words).to_have_value("The prints are dry, all of them")


def test_the_moment_that_was_chosen_is_there_again_once_one_has_signed_in(app: Flask, tab: Page) -> None:
    """Without it the broadcast would go out at once."""
    mara = a_creator(app, "mara", display_name="Mara Ellison")
    tab.context.new_cdp_session(tab).send("Emulation.setTimezoneOverride", {"timezoneId": "Europe/Berlin"})
    host = at(app, tab, mara, f"{HOME}/new")
    words, year = host.get_by_label("Your message"), clock.now().year + 1
    send_at, offset = host.locator("[type=datetime-local]"), host.locator("[name=utc_offset]")

    def session_ends() -> None:
        with app.app_context(), transaction():
            sessions.end_all(mara.id, because="signed out elsewhere")
        host.wait_for_url("**/login?ended=1**")

    words.fill("The prints are dry")
    send_at.fill(f"{year}-07-01T18:30")
    session_ends()
    at(app, host, mara, f"{HOME}/new")
    expect(words).to_have_value("The prints are dry")
    expect(send_at).to_have_value(f"{year}-07-01T18:30")
    expect(offset).to_have_value("120")
    host.get_by_role("button", name="Look at it").click()
    expect(host.get_by_role("button", name="Schedule it")).to_be_visible()
    # What nobody touched is not what was typed.
    edit = f"{host.url}/edit"
    at(app, host, mara, edit)
    words.fill("The prints are dry, all of them")
    session_ends()
    elsewhere, path = signed_in(app, mara), urlsplit(edit).path
    elsewhere.send(elsewhere.get(path).form(path), send_at=f"{year}-07-02T10:00", intent="draft")
    at(app, host, mara, edit)
    expect(words).to_have_value("The prints are dry, all of them")
    expect(send_at).to_have_value(f"{year}-07-02T12:00")
