"""Notices on this device: asked for by a click, and plain words where a browser cannot or may not. And the
dot beside somebody who is here, as it comes and stays.
"""

import json

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.chat.talking import begin
from tests.factories.creators import a_creator
from tests.factories.people import a_person, signed_in
from tests.notifications.push_service import Browser
from tests.support import eventually

HOME = "/settings/devices"
# A browser without windows has no push service, and is allowed nothing: here it gets both.
ALLOWED = """
    (() => {
        let allowed = localStorage.allowed ?? "default";
        Object.defineProperty(Notification, "permission", { get: () => allowed });
        Notification.requestPermission = async () => (allowed = localStorage.allowed = "granted");
        const made = (key) => ({
            options: { applicationServerKey: key },
            toJSON: () => (TOLD),
            unsubscribe: async () => delete localStorage.told,
        });
        const known = async () => (localStorage.told ? made(new ArrayBuffer(65)) : null);
        PushManager.prototype.getSubscription = known;
        PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
            if (key.length !== 65) throw new TypeError("no key of a push service");
            localStorage.told = "yes";
            return made(key);
        };
    })();
"""
LOOK = "() => void document.dispatchEvent(new Event('visibilitychange'))"
SCOPES = "async () => (await navigator.serviceWorker.getRegistrations()).map((one) => one.scope)"


@pytest.fixture
def tab(app: Flask, open_tab: OpenTab) -> Page:
    tab = open_tab()
    sign_in(tab, app, a_person(app, "mia"))
    return tab


def test_a_device_is_switched_on_by_a_click_and_forgotten_by_another(tab: Page) -> None:
    tab.add_init_script(ALLOWED.replace("TOLD", json.dumps(Browser("https://push.example/1").told())))
    tab.goto(HOME)
    assert tab.evaluate(SCOPES) == [], "nothing is installed before somebody asks for it"
    tab.get_by_role("button", name="Show notices on this device").click()
    expect(tab.get_by_text("It shows notices.")).to_be_visible()
    expect(tab.get_by_role("listitem").filter(has_text="This one")).to_have_count(1)
    scopes = tab.evaluate(SCOPES)
    assert [scope.count("/") for scope in scopes] == [3], "it may open pages of the whole house"
    fits_in_every_shape(tab)
    tab.get_by_role("button", name="Forget").click()
    expect(tab.get_by_text("No device shows notices yet")).to_be_visible()
    expect(tab.get_by_role("button", name="Show notices on this device")).to_be_visible()
    assert tab.evaluate("localStorage.told") is None


def test_a_browser_that_may_not_or_cannot_says_so(app: Flask, open_tab: OpenTab, tab: Page) -> None:
    tab.goto(HOME)
    expect(tab.get_by_role("alert")).to_contain_text("was told to show nothing from here")
    fits_in_every_shape(tab)
    tab.add_init_script("delete window.PushManager")
    tab.reload()
    expect(tab.get_by_role("alert")).to_contain_text("This browser cannot show notices")
    plain = open_tab(js=False)
    sign_in(plain, app, a_person(app, "leo"))
    plain.goto(HOME)
    expect(plain.get_by_text("a browser has to run JavaScript")).to_be_visible()
    expect(plain.get_by_role("button", name="Show notices")).to_be_hidden()


def test_who_opens_a_page_is_shown_online_to_who_looks(app: Flask, open_tab: OpenTab) -> None:
    mara, ben = a_creator(app, "mara", display_name="Mara Ellison"), a_person(app, "ben")
    talk = begin(signed_in(app, ben), "mara")
    fan, host = open_tab(), open_tab(width=390)
    sign_in(fan, app, ben)
    fan.goto(talk)
    expect(fan.get_by_text("@mara")).to_be_visible()
    expect(fan.get_by_text("· online")).to_be_hidden()
    sign_in(host, app, mara)
    host.goto("/messages")
    # What the page does by itself twice a minute.
    eventually(lambda: fan.evaluate(LOOK) or fan.get_by_text("· online").is_visible())
    expect(fan.locator(".talk-head .avatar-on")).to_be_visible()
    fan.goto("/messages")
    expect(fan.locator("[data-talks] .avatar-on")).to_be_visible()
    fits_in_every_shape(fan)
