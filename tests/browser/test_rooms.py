"""Two people in a live room, in two real browsers: what comes, what is kept in order, what ends."""

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from app.accounts.operations import sessions
from app.platform.transaction import transaction
from app.rooms.operations import keeping, speaking
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, at, sign_in
from tests.factories.creators import a_creator, a_tier
from tests.factories.people import Person, a_person, signed_in
from tests.rooms.rooms import a_room, all_said, came_long_ago, cancels, id_of, says, subscribes


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", display_name="Mara Ellison")


@pytest.fixture
def ben(app: Flask, mara: Person) -> Person:
    ben = a_person(app, "ben")
    came_long_ago(app, ben)
    a_tier(app, mara, "Gold")
    subscribes(app, ben, mara)
    return ben


@pytest.fixture
def room(app: Flask, mara: Person, ben: Person) -> str:
    room = a_room(app, mara, name="Evenings in the darkroom", rank=1)
    says(app, mara, room, "Good evening, all. The first strip is in the tray.")
    return room


def write(tab: Page, words: str) -> None:
    tab.get_by_role("textbox", name="Say something").fill(words)
    tab.get_by_role("button", name="Send").click()


def lines(tab: Page) -> Locator:
    return tab.locator("[data-room] p.said")


def test_two_people_talk_and_one_is_shown_the_door(
    app: Flask, open_tab: OpenTab, mara: Person, ben: Person, room: str
) -> None:
    host, fan = at(app, open_tab(), mara, room), at(app, open_tab(width=390), ben, room)
    first = "Good evening, all. The first strip is in the tray."
    write(fan, "Which paper is it?")
    expect(lines(host)).to_have_text([first, "Which paper is it?"])
    expect(host.locator("[data-count]")).to_have_text("2")
    # What was said while a connection was away comes with it.
    host.context.set_offline(True)
    write(fan, "And how long in the fix?")
    expect(lines(fan)).to_have_count(3)
    host.context.set_offline(False)
    expect(lines(host)).to_have_text([first, "Which paper is it?", "And how long in the fix?"])
    expect(fan.locator("[data-waits]")).to_have_count(0)
    host.locator("#m-1").get_by_role("link", name="About this message").click()
    host.get_by_role("dialog").get_by_role("button", name="Keep it on top").click()
    expect(fan.locator(".pinned")).to_contain_text("The first strip is in the tray.")
    host.locator("#m-3").get_by_role("link", name="About this message").click()
    host.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    expect(lines(fan)).to_have_text([first, "Which paper is it?", "Removed."])
    cancels(app, ben, mara)
    expect(fan.get_by_role("heading", name="From Gold on")).to_be_visible()
    write(host, "They heard nothing of this")
    expect(lines(host)).to_have_count(4)
    expect(host.locator("[data-waits]")).to_have_count(0)
    expect(lines(fan)).to_have_count(0)
    assert [words for _, words in all_said(app)][1:] == [
        "Which paper is it?",
        "",
        "They heard nothing of this",
    ]


def test_a_room_fits_every_shape(app: Flask, open_tab: OpenTab, mara: Person, ben: Person, room: str) -> None:
    for number, words in enumerate(
        [
            "Which paper is it?",
            "Baryta, by the smell",
            "It is all at https://example.com/paper and there alone",
        ]
        * 5
    ):
        says(app, (ben, mara)[number % 2], room, words)
    tab = at(app, open_tab(), mara, room)
    for path in (room, f"{room}/2", "/dashboard/room"):
        tab.goto(path)
        fits_in_every_shape(tab)
    guest = at(app, open_tab(width=390), a_person(app), room)
    fits_in_every_shape(guest)


def test_without_scripts_a_room_is_a_page_with_a_form(
    app: Flask, open_tab: OpenTab, ben: Person, room: str
) -> None:
    tab = open_tab(width=390, js=False)
    sign_in(tab, app, ben)
    tab.goto(room)
    write(tab, "By form and reload")
    expect(lines(tab).last).to_have_text("By form and reload")
    assert signed_in(app, ben).get(room).has_form(room)


def test_what_is_typed_as_the_session_ends_is_there_again(
    app: Flask, tab: Page, ben: Person, room: str
) -> None:
    at(app, tab, ben, room)
    tab.get_by_role("textbox", name="Say something").fill("Which paper is it?")
    with app.app_context(), transaction():
        sessions.end_all(ben.id, because="signed out elsewhere")
    tab.wait_for_url("**/login?ended=1**")
    at(app, tab, ben, room)
    expect(tab.get_by_role("textbox", name="Say something")).to_have_value("Which paper is it?")


def test_a_pinned_line_that_is_removed_while_a_page_is_away_leaves_its_top(
    app: Flask, tab: Page, mara: Person, ben: Person, room: str
) -> None:
    with app.app_context(), transaction():
        keeping.pin(mara.id, id_of(room), 1)
    fan = at(app, tab, ben, room)
    expect(fan.locator(".pinned")).to_contain_text("The first strip is in the tray.")
    fan.context.set_offline(True)
    with app.app_context(), transaction():
        speaking.remove(mara.id, id_of(room), 1)
    fan.context.set_offline(False)
    expect(lines(fan)).to_have_text(["Removed."])
    expect(fan.locator(".pinned")).to_have_count(0)


def test_a_room_that_is_read_anew_has_the_line_that_is_being_typed(
    app: Flask, tab: Page, ben: Person, room: str
) -> None:
    """It missed more than is caught up with."""
    fan = at(app, tab, ben, room)
    line = fan.get_by_role("textbox", name="Say something")
    line.fill("Which paper is it?")
    fan.route("**/changes?**", lambda route: route.fulfill(status=205))
    fan.context.set_offline(True)
    with fan.expect_navigation():
        fan.context.set_offline(False)
    expect(line).to_have_value("Which paper is it?")
