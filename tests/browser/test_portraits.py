"""A creator's own picture: sent while a bar tells how far it is, and refused beside the form that sent it."""

from flask import Flask
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.tabs import OpenTab, sign_in
from tests.factories.creators import a_creator
from tests.factories.media import picture_bytes

PAGE = "/dashboard/page"
# Bytes a second.
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}


def choose(tab: Page, name: str, content: bytes) -> None:
    chosen: FilePayload = {"name": name, "mimeType": "image/jpeg", "buffer": content}
    tab.get_by_label("Your picture", exact=True).set_input_files(chosen)
    tab.locator("form", has=tab.locator("#avatar-file")).get_by_role("button", name="Send").click()


def test_a_bar_tells_how_much_is_sent(app: Flask, tab: Page) -> None:
    sign_in(tab, app, a_creator(app, "mara"))
    tab.goto(PAGE)
    line = tab.context.new_cdp_session(tab)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    choose(tab, "me.jpg", picture_bytes(900, 900) + bytes(600_000))
    bar = tab.get_by_role("progressbar", name="Sending")
    expect(bar).to_be_visible()
    assert 0 < bar.evaluate("bar => bar.value / bar.max") < 1
    line.send("Network.emulateNetworkConditions", SLOW | {"uploadThroughput": -1})
    expect(tab.locator("#pictures").get_by_text("Being made ready")).to_be_visible()


def test_what_is_not_taken_is_said_beside_the_form(app: Flask, tab: Page) -> None:
    sign_in(tab, app, a_creator(app, "mara"))
    tab.goto(PAGE)
    choose(tab, "me.jpg", b"<svg></svg>")
    expect(tab.locator("form", has=tab.locator("#avatar-file")).get_by_role("alert")).to_contain_text(
        "This kind of file is not taken here"
    )
    expect(tab.get_by_role("progressbar", name="Sending")).to_have_count(0)


def test_without_javascript_the_form_sends_it(app: Flask, open_tab: OpenTab) -> None:
    tab = open_tab(js=False)
    sign_in(tab, app, a_creator(app, "mara"))
    tab.goto(PAGE)
    choose(tab, "me.jpg", picture_bytes(900, 900))
    expect(tab.get_by_text("Your picture is being made ready")).to_be_visible()
