"""The front of the house."""

import pytest
from flask import Flask

from app.config import Mode
from tests.factories.creators import a_creator
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.queries import counting


def test_the_landing_page_is_the_same_for_all_and_asks_who_is_popular(app: Flask, page: PageClient) -> None:
    a_creator(app, "mara")
    stranger = page.get("/")
    reader = signed_in(app)
    with counting(app) as sent:
        known = reader.get("/")
    assert known.html == stranger.html
    assert len(sent) == 1
    assert stranger.soup.select('a.creator[href="/@mara"]')
    assert "Set-Cookie" not in known.response.headers
    assert known.response.headers["Cache-Control"].startswith("public")
    assert {"/join", "/login"} <= {a.get("href") for a in stranger.soup.find_all("a")}


def test_an_empty_house_opens_all_the_same(page: PageClient) -> None:
    assert not page.get("/").soup.select("a.creator")


def test_the_gallery_shows_every_part(page: PageClient) -> None:
    assert page.get("/gallery").status == 200


def test_a_live_house_has_no_gallery(app: Flask, page: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    live = app.extensions["fanlight.settings"].model_copy(update={"mode": Mode.LIVE})
    monkeypatch.setitem(app.extensions, "fanlight.settings", live)
    assert page.get("/gallery").status == 404


@pytest.mark.parametrize(("role", "room"), [("moderator", "/admin/reports"), ("admin", "/admin/reports")])
def test_the_bare_address_of_the_administration_leads_to_its_first_room(
    app: Flask, role: str, room: str
) -> None:
    one_of_the_staff = signed_in(app, a_person(app, roles=("fan", role)), second_factor=True)
    assert one_of_the_staff.get("/admin", follow=False).location == room
    assert one_of_the_staff.get(room).status == 200


def test_others_do_not_come_into_the_administration(app: Flask, page: PageClient) -> None:
    assert signed_in(app).get("/admin").status == 403
    assert page.get("/admin", follow=False).location.startswith("/login")
