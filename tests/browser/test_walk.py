"""Through all the pages of coming in and of the account, in every shape."""

from flask import Flask
from playwright.sync_api import Page

from tests.browser.pages import fits_in_every_shape, shapes_for
from tests.browser.tabs import OpenTab, sign_in, take_shape
from tests.factories.people import a_person

OUTSIDE = [
    "/",
    "/join",
    "/join/sent",
    "/login",
    "/login?ended=1",
    "/login/wallet",
    "/reset",
    "/reset?sent=1",
    "/reset/not-a-link",
    "/verify",
    "/verify?sent=1",
    "/verify/not-a-link",
    "/gallery",
    "/mailbox",
    "/@mara",
    "/nowhere",
]
INSIDE = [
    "/feed",
    "/settings/feeds",
    "/settings/profile",
    "/settings/security",
    "/settings/security/totp",
    "/settings/sessions",
    "/settings/wallets",
    "/settings/notifications",
    "/settings/data",
    "/settings/data/delete",
    "/login/confirm",
    "/bookmarks",
    "/reports",
    "/@mara",
    "/nowhere",
]


def test_every_page_fits_and_is_accessible(app: Flask, tab: Page) -> None:
    mara = a_person(app, "mara")
    for path in OUTSIDE:
        tab.goto(path)
        fits_in_every_shape(tab)
    sign_in(tab, app, mara)
    for path in INSIDE:
        tab.goto(path)
        fits_in_every_shape(tab)


def test_every_page_says_the_same_without_javascript(app: Flask, open_tab: OpenTab) -> None:
    with_scripts, without = open_tab(), open_tab(js=False)
    mara = a_person(app, "mara")
    for tab in (with_scripts, without):
        sign_in(tab, app, mara)
    for path in INSIDE:
        with_scripts.goto(path)
        without.goto(path)
        for width, theme in shapes_for(with_scripts):
            take_shape(with_scripts, width, theme)
            take_shape(without, width, theme)
            assert without.locator("h1").inner_text() == with_scripts.locator("h1").inner_text()
            hidden = without.locator("main form:not([hidden]) :is(button, .btn):visible")
            submits = with_scripts.locator("main form:not([hidden]) [type=submit]:visible")
            assert hidden.count() >= submits.count(), (path, width)
