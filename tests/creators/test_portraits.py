"""Avatar and cover: sent from the page's own settings, seen by everybody when they are ready."""

from io import BytesIO

import pytest
from flask import Flask

from app.creators.operations import pages
from app.platform import work
from app.platform.transaction import transaction
from tests.creators.desk import a_desk
from tests.factories.media import a_picture, picture_bytes
from tests.factories.people import signed_in
from tests.page_client import PageClient
from tests.queries import counting


@pytest.mark.parametrize(("purpose", "where"), [("avatar", ".profile .avatar img"), ("cover", "img.cover")])
def test_a_picture_is_sent_and_shown(app: Flask, page: PageClient, purpose: str, where: str) -> None:
    desk = a_desk(app, "mara")
    fields = desk.page.get("/dashboard/page").form("/uploads").fields | {"purpose": purpose}
    file = (BytesIO(picture_bytes(1200, 500)), "me.jpg")
    sent = desk.page.post("/uploads", fields | {"file": file})
    assert "Your picture is being made ready" in sent.text
    with app.app_context():
        work.drain(["media"])
    address = str(page.get("/@mara").one(where)["src"])
    assert page.http.get(address).status_code == 200
    assert desk.page.get("/dashboard/page").has_form(f"/dashboard/page/{purpose}/remove")


def test_what_is_no_picture_is_refused_with_a_way_back(app: Flask) -> None:
    desk = a_desk(app)
    fields = desk.page.get("/dashboard/page").form("/uploads").fields
    answer = desk.page.post("/uploads", fields | {"file": (BytesIO(b"<svg></svg>"), "me.svg")})
    assert answer.status >= 400
    assert answer.one("a[href='/dashboard/page']")


def test_their_picture_stands_beside_their_own_name_on_every_page(app: Flask) -> None:
    desk = a_desk(app, "mara")
    above, menu = "header .avatar-button img", "header .menu-head img"
    assert desk.page.get("/settings/profile").soup.select_one(above) is None
    shown = a_picture(app, desk.person, public=True, purpose="avatar")
    with app.app_context(), transaction():
        pages.show_avatar(desk.person.id, shown)
    seen = desk.page.get("/settings/profile")
    address = str(seen.one(above)["src"])
    assert address == str(seen.one(menu)["src"])
    assert desk.page.http.get(address).status_code == 200
    with counting(app) as sent:
        desk.page.get("/settings/data")
    with counting(app) as sent_by_somebody:
        signed_in(app).get("/settings/data")
    assert len(sent) <= len(sent_by_somebody)
    desk.page.send(desk.page.get("/dashboard/page").form("/dashboard/page/avatar/remove"))
    assert desk.page.get("/settings/profile").soup.select_one(above) is None
