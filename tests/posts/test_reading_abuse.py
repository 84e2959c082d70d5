"""Readers who are hasty, late, many, unwelcome or up to no good."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import insert

from app.creators.operations import following
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.transaction import transaction
from app.posts.models import Comment, Post
from app.posts.operations import liking
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_poll, a_post, some_comments
from tests.page_client import PageClient
from tests.queries import counting

HTMX: Any = {"HX-Request": "true"}


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_person(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


def press_all(app: Flask, reader: PageClient, post: UUID, options: list[UUID]) -> list[int]:
    """Every button of a page that was opened before."""
    fields = reader.get("/settings/profile").form("/settings/profile").fields
    statuses = []
    for path in ("like", "vote", "comments"):
        sent = {"csrf_token": fields["csrf_token"], "idempotency_key": f"{path}-{post}"}
        sent |= {"on": "1", "option": str(options[0]), "body": "Hello"}
        statuses.append(reader.post(f"/posts/{post}/{path}", sent).status)
    return statuses


@pytest.mark.parametrize(
    ("closing", "statuses"),
    [
        ({"audience": "paid", "price": 499}, [403, 403, 422]),
        ({"state": "unpublished"}, [404, 404, 404]),
        ({"state": "removed"}, [404, 404, 404]),
    ],
)
def test_a_post_that_closed_meanwhile_takes_nothing(
    app: Flask, mara: Person, ben: Person, closing: dict[str, Any], statuses: list[int]
) -> None:
    post = a_post(app, mara.id)
    options, reader = a_poll(app, post), signed_in(app, ben)
    with app.app_context(), transaction():
        found = db.session.get_one(Post, post)
        for name, value in closing.items():
            setattr(found, name, value)
    assert press_all(app, reader, post, options) == statuses
    with app.app_context():
        found = db.session.get_one(Post, post)
        assert (found.likes, found.comments) == (0, 0)


def test_a_like_can_be_taken_back_from_what_closed_meanwhile(app: Flask, mara: Person, ben: Person) -> None:
    post = a_post(app, mara.id)
    with app.app_context(), transaction():
        liking.like(ben.id, post, True)
        found = db.session.get_one(Post, post)
        found.audience, found.price = "paid", 499
    with app.app_context(), transaction():
        liking.like(ben.id, post, False)
        assert db.session.get_one(Post, post, populate_existing=True).likes == 0


def test_whoever_was_blocked_is_kept_from_their_own_comments_too(
    app: Flask, mara: Person, ben: Person
) -> None:
    post = a_post(app, mara.id)
    comment, reader = some_comments(app, post, ben.id, ["Hello"])[0], signed_in(app, ben)
    edit = reader.get(f"/comments/{comment}/edit").form(f"/comments/{comment}/edit")
    with app.app_context(), transaction():
        following.block(mara.id, ben.id)
    assert reader.send(edit, body="Changed").status == 404
    for address in (f"/comments/{comment}", f"/comments/{comment}/edit", f"/report/comment/{comment}"):
        assert reader.get(address, follow=False).status == 404
    with app.app_context():
        assert db.session.get_one(Comment, comment).body == "Hello"


@pytest.mark.parametrize("by_whom", ["the person named", "the host"])
def test_between_people_who_are_apart_a_name_is_only_a_word(
    app: Flask, mara: Person, ben: Person, page: PageClient, by_whom: str
) -> None:
    zoe, post = a_person(app, "zoe"), a_post(app, mara.id)
    a_post(app, zoe.id)
    with app.app_context(), transaction():
        if by_whom == "the host":
            following.block(mara.id, zoe.id)
        else:
            following.block(zoe.id, ben.id)
    reader = signed_in(app, ben)
    reader.send(reader.get(f"/posts/{post}").form(f"/posts/{post}/comments"), body="Hello @zoe and @mara")
    shown = page.get(f"/posts/{post}")
    assert [str(link["href"]) for link in shown.soup.select(".said a")] == ["/@mara"]


def test_a_flood_of_comments_is_stopped(app: Flask, mara: Person) -> None:
    post, reader = a_post(app, mara.id), signed_in(app)
    statuses = []
    for number in range(11):
        form = reader.get(f"/posts/{post}").form(f"/posts/{post}/comments")
        statuses.append(reader.send(form, body=f"Nr {number}").status)
    assert statuses == [200] * 10 + [429]
    with app.app_context():
        assert db.session.get_one(Post, post).comments == 10


def test_ten_thousand_comments_cost_a_page_no_more(app: Flask, mara: Person, ben: Person) -> None:
    post = a_post(app, mara.id)
    ids = [new_id() for _ in range(10_000)]
    said = {"post_id": post, "user_id": ben.id, "mentions": [], "state": "shown", "created_at": clock.now()}
    with app.app_context(), transaction():
        db.session.execute(
            insert(Comment), [{"id": one, "body": f"Nr {nr}", **said} for nr, one in enumerate(ids)]
        )
    reader = signed_in(app, ben)
    reader.get(f"/posts/{post}")
    for address in (f"/posts/{post}", f"/posts/{post}?from={ids[9_000]}"):
        with counting(app) as sent:
            shown = reader.get(address)
        assert len(shown.soup.select("li.comment")) == 20
        assert len(sent) <= 4, sent
    with counting(app) as sent:
        reader.get(f"/posts/{post}/comments?from={ids[5_000]}", **HTMX)
    assert len(sent) <= 4, sent


@pytest.mark.parametrize("place", ["nothing", "00000000-0000-7000-8000-000000000000", "' or 1=1"])
def test_a_place_that_is_none_begins_somewhere(
    app: Flask, mara: Person, page: PageClient, place: str
) -> None:
    post = a_post(app, mara.id)
    some_comments(app, post, mara.id, ["Hello"])
    for name in ("from", "after"):
        assert page.get(f"/posts/{post}/comments?{name}={place}", **HTMX).status == 200
        assert page.get(f"/posts/{post}?{name}={place}").status == 200


def test_a_comment_of_another_post_is_no_place_in_this_one(
    app: Flask, mara: Person, ben: Person, page: PageClient
) -> None:
    secret = a_post(app, mara.id, audience="paid", price=499)
    hidden = some_comments(app, secret, ben.id, ["The secret ending"])[0]
    post = a_post(app, mara.id)
    some_comments(app, post, ben.id, ["Hello"])
    shown = page.get(f"/posts/{post}?from={hidden}")
    assert shown.status == 200
    assert "secret ending" not in shown.html
