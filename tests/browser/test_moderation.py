"""Reporting and deciding in a browser, in every shape."""

from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.moderation.operations import reports
from app.platform.transaction import transaction
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.creators import a_creator
from tests.factories.people import a_person
from tests.factories.posts import a_post, some_comments


class House:
    def __init__(self, app: Flask) -> None:
        self.app = app
        self.mara = a_creator(app, "mara", display_name="Mara Lindqvist 🌅")
        self.ben = a_person(app, "ben")
        self.moderator = a_person(app, "moira", roles=("fan", "moderator", "admin"))
        self.post = a_post(app, self.mara.id, title="Night trains", body_html="<p>Words.</p>")
        self.comment = some_comments(app, self.post, self.mara.id, ["Buy my things, now and here"])[0]

    def report(self, kind: str, subject: UUID, reason: str, note: str = "") -> None:
        with self.app.app_context(), transaction():
            reports.report(self.ben.id, kind, subject, reason, note)


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def test_every_page_fits_and_is_accessible(app: Flask, house: House, open_tab: OpenTab) -> None:
    reader, desk = open_tab(), open_tab()
    sign_in(reader, app, house.ben)
    sign_in(desk, app, house.moderator, second_factor=True)
    for tab, path in ((reader, "/reports"), (desk, "/admin/reports")):
        tab.goto(path)
        fits_in_every_shape(tab)
    house.report("post", house.post, "illegal", "The second picture.\n مرحبا 👀 " + "and more " * 30)
    house.report("comment", house.comment, "minor")
    house.report("creator", house.mara.id, "copyright")
    house.report("person", house.mara.id, "abuse")
    for path in (f"/report/post/{house.post}", f"/report/comment/{house.comment}", "/reports"):
        reader.goto(path)
        fits_in_every_shape(reader)
    for path in ("/admin/reports", "/admin/reports?kind=post", "/admin/reports?state=upheld"):
        desk.goto(path)
        fits_in_every_shape(desk)
    desk.goto("/admin/reports")
    desk.locator("td a.name").first.click()
    fits_in_every_shape(desk)


@pytest.mark.parametrize("js", [True, False])
def test_from_the_report_to_the_decision(app: Flask, house: House, open_tab: OpenTab, js: bool) -> None:
    reader, desk = open_tab(width=390, js=js), open_tab(js=js)
    sign_in(reader, app, house.ben)
    reader.goto(f"/posts/{house.post}")
    reader.locator(".post > header summary").click()
    reader.get_by_role("link", name="Report").first.click()
    reader.get_by_label("Spam, or a fraud").check()
    reader.get_by_label("What should we know?").fill("Look at the end")
    reader.get_by_role("button", name="Send the report").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Your reports")
    sign_in(desk, app, house.moderator, second_factor=True)
    desk.goto("/admin/reports")
    desk.get_by_role("link", name="Post of @mara").click()
    expect(desk.get_by_text("Look at the end")).to_be_visible()
    desk.get_by_role("button", name="Uphold").click()
    expect(desk.get_by_text("No report is waiting.")).to_be_visible()
    reader.goto(f"/posts/{house.post}")
    expect(reader.get_by_text("Night trains")).to_have_count(0)
    reader.goto("/reports")
    expect(reader.get_by_text("We agreed, and acted")).to_be_visible()
