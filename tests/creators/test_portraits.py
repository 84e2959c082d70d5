"""Avatar and cover: sent from the page's own settings, seen by everybody when they are ready."""

from io import BytesIO

import pytest
from flask import Flask

from app.platform import work
from tests.creators.desk import a_desk
from tests.factories.media import picture_bytes
from tests.page_client import PageClient


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
