"""Becoming a creator."""

from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.creators.models import Creator
from app.extensions import db
from app.platform.models import AuditRecord
from tests.factories.people import Person, a_person, signed_in


def page_of(app: Flask, person: Person) -> Creator | None:
    with app.app_context():
        return db.session.get(Creator, person.id)


def test_anybody_can_open_a_page(app: Flask) -> None:
    person = a_person(app, "mara")
    visitor = signed_in(app, person)
    form = visitor.get("/creators/start").form("/creators/start")
    desk = visitor.send(
        form, headline="Night trains", about="# Hello\n\n<script>x</script>", categories=["music", "art"]
    )
    assert desk.one("h1").get_text() == "Dashboard"
    creator = page_of(app, person)
    assert creator is not None
    assert (creator.headline, creator.categories) == ("Night trains", ["music", "art"])
    assert "<script" not in creator.about_html
    with app.app_context():
        assert "creator" in db.session.get_one(User, person.id).roles
    assert "Night trains" in visitor.get("/@mara").text


def test_all_of_it_can_wait(app: Flask) -> None:
    visitor = signed_in(app, a_person(app, "mara"))
    visitor.send(visitor.get("/creators/start").form("/creators/start"))
    assert visitor.get("/@mara").one("h1").get_text() == "Mara"


def test_opening_twice_opens_one(app: Flask) -> None:
    person = a_person(app)
    visitor = signed_in(app, person)
    forms = [visitor.get("/creators/start").form("/creators/start") for _ in range(2)]
    for form, headline in zip(forms, ("First", "Second"), strict=True):
        assert visitor.send(form, headline=headline).status == 200
    creator = page_of(app, person)
    assert creator is not None
    assert creator.headline == "First"


@pytest.mark.parametrize(
    ("field", "value"),
    [("headline", "x" * 101), ("about", "x" * 5001), ("categories", ["art", "music", "film", "games"])],
)
def test_what_is_too_much_is_said_beside_it(app: Flask, field: str, value: Any) -> None:
    person = a_person(app)
    visitor = signed_in(app, person)
    answer = visitor.send(visitor.get("/creators/start").form("/creators/start"), **{field: value})
    assert (answer.status, list(answer.errors)) == (422, [field])
    assert page_of(app, person) is None


def test_who_has_the_role_and_no_page_is_led_there(app: Flask) -> None:
    visitor = signed_in(app, a_person(app, roles=("fan", "creator")))
    for path in (
        "/dashboard",
        "/dashboard/page",
        "/dashboard/tiers",
        "/dashboard/tiers/new",
        "/dashboard/people",
        "/posts/new",
    ):
        assert visitor.get(path).response.request.path == "/creators/start"


def test_who_has_a_page_is_led_to_it(app: Flask) -> None:
    visitor = signed_in(app, a_person(app))
    visitor.send(visitor.get("/creators/start").form("/creators/start"))
    assert visitor.get("/creators/start").response.request.path == "/dashboard/page"


def test_it_is_on_record(app: Flask) -> None:
    person = a_person(app)
    visitor = signed_in(app, person)
    visitor.send(visitor.get("/creators/start").form("/creators/start"))
    with app.app_context():
        noted = set(db.session.scalars(db.select(AuditRecord.action).filter_by(actor_id=person.id)))
    assert {"creator.opened", "account.roles_changed"} <= noted


def test_the_way_there_and_back_is_in_the_navigation(app: Flask) -> None:
    visitor = signed_in(app, a_person(app))
    settings = visitor.get("/settings/profile")
    assert settings.one("nav[aria-label=Settings] a[href='/creators/start']")
    assert settings.soup.select("a[href='/dashboard']") == []
    visitor.send(visitor.get("/creators/start").form("/creators/start"))
    rooms = [
        str(door["href"]) for door in visitor.get("/dashboard").soup.select("nav[aria-label=Dashboard] a")
    ]
    assert {"/dashboard", "/dashboard/posts", "/dashboard/media", "/dashboard/page"} <= set(rooms)
    for room in rooms:
        shown = visitor.get(room)
        assert shown.one("nav[aria-label=Dashboard] [aria-current]")["href"] == room
