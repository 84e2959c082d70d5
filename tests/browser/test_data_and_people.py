"""A person's data, leaving, preferences and the people page, as they are used with and without scripts."""

import zipfile
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.platform import work
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.invoices import give_credit
from tests.factories.people import a_person


def drain(app: Flask) -> None:
    with app.app_context():
        work.drain()


def take_copy(tab: Page, folder: Path) -> list[str]:
    with tab.expect_download() as waited:
        tab.get_by_role("link", name="Download").click()
    target = folder / "copy.zip"
    waited.value.save_as(target)
    return zipfile.ZipFile(target).namelist()


def test_a_copy_becomes_ready_before_ones_eyes(app: Flask, tab: Page, tmp_path: Path) -> None:
    sign_in(tab, app, a_person(app))
    tab.goto("/settings/data")
    tab.get_by_role("button", name="Get everything we hold").click()
    expect(tab.get_by_text("Your copy is being made")).to_be_visible()
    drain(app)
    expect(tab.get_by_text("Ready:")).to_be_visible()
    assert "README.txt" in take_copy(tab, tmp_path)


def test_a_copy_without_javascript(app: Flask, open_tab: OpenTab, tmp_path: Path) -> None:
    tab = open_tab(width=390, js=False)
    sign_in(tab, app, a_person(app))
    tab.goto("/settings/data")
    tab.get_by_role("button", name="Get everything we hold").click()
    expect(tab.get_by_text("reload the page if it does not")).to_be_visible()
    drain(app)
    tab.reload()
    assert "README.txt" in take_copy(tab, tmp_path)


@pytest.mark.parametrize("js", [True, False])
def test_leaving_and_second_thoughts(app: Flask, open_tab: OpenTab, js: bool) -> None:
    tab = open_tab(js=js)
    person = a_person(app)
    sign_in(tab, app, person)
    tab.goto("/settings/data")
    tab.get_by_role("link", name="Delete my account").click()
    tab.get_by_label("Your handle").fill("somebody_else")
    tab.get_by_label("I understand").check()
    tab.get_by_role("button", name="Delete my account").click()
    expect(tab.get_by_text(f"Type {person.handle}, your own handle")).to_be_visible()
    tab.get_by_label("Your handle").fill(person.handle)
    tab.get_by_role("button", name="Delete my account").click()
    expect(tab.get_by_role("heading", name="Your data")).to_be_visible()
    tab.goto("/settings/notifications")
    tab.get_by_role("button", name="Keep my account").click()
    expect(tab.get_by_role("link", name="Delete my account")).to_be_visible()


@pytest.mark.parametrize("js", [True, False])
def test_switching_news_on(app: Flask, open_tab: OpenTab, js: bool) -> None:
    tab = open_tab(width=390, js=js)
    sign_in(tab, app, a_person(app))
    tab.goto("/settings/notifications")
    tab.get_by_label("News from the house").check()
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_label("News from the house")).to_be_checked()
    expect(tab.get_by_label("Sign-ins and changes to your account, by mail")).to_be_disabled()


@pytest.mark.parametrize("js", [True, False])
def test_an_admin_finds_somebody_and_makes_them_moderator(app: Flask, open_tab: OpenTab, js: bool) -> None:
    tab = open_tab(js=js)
    sign_in(tab, app, a_person(app, "warden", roles=("fan", "admin")), second_factor=True)
    a_person(app, "maple")
    tab.goto("/admin/people")
    tab.get_by_label("Handle, e-mail or id").fill("map")
    tab.get_by_role("button", name="Find").click()
    tab.get_by_role("link", name="@maple").click()
    tab.get_by_role("button", name="Make moderator").click()
    expect(tab.get_by_role("button", name="No longer moderator")).to_be_visible()


def test_every_page_fits_and_is_accessible(app: Flask, tab: Page) -> None:
    warden = a_person(app, "warden", roles=("fan", "admin"))
    a_person(app, "warden_two", roles=("fan", "admin", "moderator", "creator"))
    maple = a_person(app, "a_very_long_handle_of_30_signs")
    sign_in(tab, app, warden, second_factor=True)
    tab.goto("/settings/data")
    fits_in_every_shape(tab)
    tab.get_by_role("button", name="Get everything we hold").click()
    expect(tab.get_by_text("Your copy is being made")).to_be_visible()
    fits_in_every_shape(tab)
    drain(app)
    expect(tab.get_by_text("Ready:")).to_be_visible()
    give_credit(app, warden, 40_000)
    paths = ("/settings/data", "/settings/data/delete", "/settings/notifications", "/admin/people")
    for path in (*paths, "/admin/people?q=nobody", f"/admin/people/{maple.id}"):
        tab.goto(path)
        fits_in_every_shape(tab)
    tab.goto("/settings/data/delete")
    tab.get_by_label("Your handle").fill("warden")
    tab.get_by_label("I understand").check()
    tab.get_by_role("button", name="Delete my account").click()
    expect(tab.get_by_text("Tick this box to go on.")).to_be_visible()
    fits_in_every_shape(tab)
    tab.get_by_label("I give up my credit").check()
    tab.get_by_role("button", name="Delete my account").click()
    expect(tab.get_by_role("button", name="Keep my account").first).to_be_visible()
    fits_in_every_shape(tab)
