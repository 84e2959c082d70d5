"""Following: what the page shows is what pressing does."""

from typing import Any

from flask import Flask

from app.creators.models import Creator
from app.entitlements.queries import held
from app.extensions import db
from tests.factories.creators import a_creator, blocks, follows
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient

HTMX: dict[str, Any] = {"HX-Request": "true"}


def followers(app: Flask, creator: Person) -> int:
    with app.app_context():
        return db.session.get_one(Creator, creator.id).followers


def test_a_person_follows_and_leaves_again(app: Flask) -> None:
    creator, person = a_creator(app, "mara"), a_person(app)
    visitor = signed_in(app, person)
    after = visitor.send(visitor.get("/@mara").form("/@mara/follow"))
    assert "1 follower" in after.text
    with app.app_context():
        assert [holding.scope_id for holding in held(person.id, [creator.id])] == [creator.id]
    after = visitor.send(after.form("/@mara/unfollow"))
    assert "0 followers" in after.text
    with app.app_context():
        assert held(person.id, [creator.id]) == []


def test_a_page_of_yesterday_does_what_it_shows(app: Flask) -> None:
    creator, person = a_creator(app, "mara"), a_person(app)
    visitor = signed_in(app, person)
    stale = visitor.get("/@mara")
    follows(app, person, creator)
    assert visitor.send(stale.form("/@mara/follow")).has_form("/@mara/unfollow")
    assert followers(app, creator) == 1


def test_pressing_twice_counts_once(app: Flask) -> None:
    creator, visitor = a_creator(app, "mara"), signed_in(app)
    form = visitor.get("/@mara").form("/@mara/follow")
    for _ in range(2):
        assert visitor.send(form).status == 200
    assert followers(app, creator) == 1


def test_with_htmx_the_button_and_the_number_change(app: Flask) -> None:
    a_creator(app, "mara")
    visitor = signed_in(app)
    form = visitor.get("/@mara").form("/@mara/follow")
    answer = visitor.post("/@mara/follow", form.fields, **HTMX)
    assert answer.has_form("/@mara/unfollow")
    assert "1 follower" in answer.one("#followers[hx-swap-oob]").get_text()
    assert "<html" not in answer.html


def test_one_comes_back_to_where_one_pressed(app: Flask) -> None:
    a_creator(app, "mara")
    visitor = signed_in(app)
    form = visitor.get("/@mara").form("/@mara/follow")
    for referrer, place in (
        ("http://localhost/@mara/about", "/@mara/about"),
        ("https://elsewhere.test/x", None),
    ):
        answer = visitor.post("/@mara/follow", form.fields, follow=False, Referer=referrer)
        assert answer.status == 303
        assert answer.location.startswith("/")
        assert place is None or answer.location == place


def test_nobody_follows_who_may_not_know_of_the_page(app: Flask) -> None:
    creator, person = a_creator(app, "mara"), a_person(app)
    a_creator(app, "closed", state="closed")
    visitor = signed_in(app, person)
    form = visitor.get("/@mara").form("/@mara/follow")
    blocks(app, creator, person)
    assert visitor.send(form).status == 404
    for handle in ("closed", "nobody", a_person(app).handle):
        assert visitor.post(f"/@{handle}/follow", form.fields | {"idempotency_key": handle}).status == 404
    assert followers(app, creator) == 0


def test_nobody_follows_themselves(app: Flask) -> None:
    creator = a_creator(app, "mara")
    visitor = signed_in(app, creator)
    a_creator(app, "other")
    fields = visitor.get("/@other").form("/@other/follow").fields
    assert visitor.post("/@mara/follow", fields).status == 422
    assert followers(app, creator) == 0


def test_signed_out_one_is_led_to_the_door(app: Flask, page: PageClient) -> None:
    a_creator(app, "mara")
    assert page.get("/@mara").one("a[href='/login?next=/@mara']").get_text() == "Follow"
