"""Through all the pages of coming in and of the account, in every shape."""

import pytest
from flask import Flask

from tests.browser.pages import SHAPES, fits_and_is_accessible
from tests.browser.tabs import OpenTab, sign_in
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


@pytest.mark.parametrize(("width", "theme"), SHAPES)
def test_every_page_fits_and_is_accessible(app: Flask, open_tab: OpenTab, width: int, theme: str) -> None:
    tab = open_tab(width=width, theme=theme)
    mara = a_person(app, "mara")
    for path in OUTSIDE:
        tab.goto(path)
        fits_and_is_accessible(tab)
    sign_in(tab, app, mara)
    for path in INSIDE:
        tab.goto(path)
        fits_and_is_accessible(tab)


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_says_the_same_without_javascript(app: Flask, open_tab: OpenTab, width: int) -> None:
    with_scripts, without = open_tab(width=width), open_tab(width=width, js=False)
    mara = a_person(app, "mara")
    for tab in (with_scripts, without):
        sign_in(tab, app, mara)
    for path in INSIDE:
        with_scripts.goto(path)
        without.goto(path)
        assert without.locator("h1").inner_text() == with_scripts.locator("h1").inner_text()
        hidden = without.locator("main form:not([hidden]) :is(button, .btn):visible")
        assert hidden.count() >= with_scripts.locator("main form:not([hidden]) [type=submit]:visible").count()
