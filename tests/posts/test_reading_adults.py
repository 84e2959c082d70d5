"""Posts that are marked 18+: shut in lists, and asked about once."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.accounts.ages import BIRTH_DATE
from app.accounts.models import User
from app.creators.models import Creator
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.settings import vault
from app.platform.transaction import transaction
from app.posts.models import Comment, PollVote
from app.posts.operations import liking, private_feeds
from tests.factories.creators import follows
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_poll, a_post, pretended, some_comments
from tests.page_client import Page, PageClient

HTMX: Any = {"HX-Request": "true"}
SECRET = "Not for the young"


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_person(app, "mara")


@pytest.fixture
def post(app: Flask, mara: Person) -> UUID:
    return a_post(app, mara.id, adult=True, body_html=f"<p>{SECRET}</p>", media=[pretended(public=True)])


def born(app: Flask, person: Person, years_ago: int) -> None:
    today = clock.now().date()
    day = date(today.year - years_ago, today.month, min(today.day, 28))
    with app.app_context(), transaction():
        sealed = vault().seal(day.isoformat(), BIRTH_DATE)
        db.session.execute(update(User).where(User.id == person.id).values(sealed_birth_date=sealed))


def confirm(reader: PageClient, post: UUID) -> Page:
    return reader.send(reader.get(f"/posts/{post}").form(f"/posts/{post}/adult"))


@pytest.mark.parametrize("member", [True, False])
def test_it_asks_once_and_remembers(app: Flask, mara: Person, post: UUID, member: bool) -> None:
    some_comments(app, post, mara.id, ["Said below"])
    reader = signed_in(app) if member else PageClient(app)
    asked = reader.get(f"/posts/{post}")
    assert "18 or older?" in asked.text
    assert not any(word in asked.html for word in (SECRET, "Said below", "w800"))
    assert "Said below" not in reader.get(f"/posts/{post}/comments", **HTMX).html
    assert SECRET in confirm(reader, post).text
    assert SECRET in reader.get(f"/posts/{post}").text
    another = a_post(app, mara.id, adult=True, body_html=f"<p>{SECRET}</p>")
    assert SECRET in reader.get(f"/posts/{another}").text
    assert "18 or older?" in PageClient(app).get(f"/posts/{post}").text


def test_its_author_is_not_asked(app: Flask, mara: Person, post: UUID) -> None:
    assert SECRET in signed_in(app, mara).get(f"/posts/{post}").text


@pytest.mark.parametrize(("years", "opens"), [(16, False), (19, True)])
def test_whoever_told_their_birthday_is_held_to_it(app: Flask, post: UUID, years: int, opens: bool) -> None:
    ben = a_person(app, "ben")
    born(app, ben, years)
    reader = signed_in(app, ben)
    answer = confirm(reader, post)
    assert answer.status == (200 if opens else 403)
    assert (SECRET in answer.text) is opens
    assert (SECRET in reader.get(f"/posts/{post}").text) is opens


def test_what_is_refused_below_it_does_not_show_it(app: Flask, post: UUID) -> None:
    """An empty comment, a vote for nothing: the post comes again, and asks again."""
    a_poll(app, post, (SECRET, "No"))
    ben = a_person(app, "ben")
    born(app, ben, 16)
    reader = signed_in(app, ben)
    fields = reader.get(f"/posts/{post}").form(f"/posts/{post}/adult").fields
    for path in ("comments", "vote"):
        for headers in (dict[str, str](), HTMX):
            answer = reader.post(f"/posts/{post}/{path}", {**fields, "idempotency_key": path}, **headers)
            assert SECRET not in answer.html


def sent(reader: PageClient, path: str, **fields: str) -> Page:
    """Without its form, with a token from elsewhere."""
    token = reader.get("/settings/profile").form("/settings/profile").fields["csrf_token"]
    return reader.post(path, {"csrf_token": token, "idempotency_key": str(new_id()), **fields}, **HTMX)


def test_nothing_below_it_is_shown_or_taken_before_it_asked(app: Flask, mara: Person, post: UUID) -> None:
    said, options = some_comments(app, post, mara.id, [SECRET])[0], a_poll(app, post, (SECRET, "No"))
    reader = signed_in(app)
    for answer in (
        reader.get(f"/comments/{said}", **HTMX),
        reader.get(f"/report/comment/{said}"),
        sent(reader, f"/posts/{post}/vote", option=str(options[0])),
        sent(reader, f"/posts/{post}/comments", body="Hello", after=""),
    ):
        assert SECRET not in answer.html
    assert taken(app) == (0, 1)
    confirm(reader, post)
    assert SECRET in reader.get(f"/comments/{said}", **HTMX).html
    assert SECRET in sent(reader, f"/posts/{post}/vote", option=str(options[0])).html


def test_whoever_told_to_be_too_young_takes_no_part(app: Flask, post: UUID) -> None:
    """Also when they said otherwise before they told."""
    options, ben = a_poll(app, post), a_person(app, "ben")
    said = some_comments(app, post, ben.id, ["Hello"])[0]
    reader = signed_in(app, ben)
    confirm(reader, post)
    born(app, ben, 16)
    for path, fields in (
        (f"/posts/{post}/vote", {"option": str(options[0])}),
        (f"/posts/{post}/comments", {"body": "Hello again"}),
        (f"/posts/{post}/like", {"on": "1"}),
        (f"/comments/{said}/edit", {"body": "Hello again"}),
    ):
        assert sent(reader, path, **fields).status in {403, 422}
    assert taken(app) == (0, 1)
    assert sent(reader, f"/comments/{said}/delete").status == 200


def taken(app: Flask) -> tuple[int, int]:
    """Votes and comments."""
    with app.app_context():
        votes, comments = (select(func.count()).select_from(table) for table in (PollVote, Comment))
        return db.session.scalar(votes) or 0, db.session.scalar(comments) or 0


@pytest.mark.parametrize(("years", "opens"), [(16, False), (19, True), (None, True)])
def test_a_private_feed_holds_its_reader_to_their_birthday(
    app: Flask, mara: Person, post: UUID, years: int | None, opens: bool
) -> None:
    ben = a_person(app, "ben")
    follows(app, ben, mara)
    if years:
        born(app, ben, years)
    with app.app_context(), transaction():
        address = f"/feeds/{private_feeds.open_feed(ben.id, mara.id)}.xml"
    assert (SECRET in PageClient(app).http.get(address).text) is opens


def test_a_page_for_adults_marks_all_that_is_posted_there(app: Flask, mara: Person, page: PageClient) -> None:
    post = a_post(app, mara.id, body_html=f"<p>{SECRET}</p>")
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).adult = True
    assert SECRET not in page.get(f"/posts/{post}").html


def test_lists_and_shared_links_keep_it_shut_before(app: Flask, post: UUID, page: PageClient) -> None:
    ben = a_person(app, "ben")
    with app.app_context(), transaction():
        liking.keep(ben.id, post, True)
    reader = signed_in(app, ben)
    shown = reader.get("/bookmarks")
    assert "Marked 18+" in shown.text
    assert SECRET not in shown.html
    assert "w800" not in shown.html
    confirm(reader, post)
    assert SECRET in reader.get("/bookmarks").html
    head = str(page.get(f"/posts/{post}").soup.head)
    assert SECRET not in head
    assert "/media/" not in head
    assert "noindex" in head


def test_what_is_locked_says_what_opens_it_and_does_not_ask(
    app: Flask, mara: Person, page: PageClient
) -> None:
    post = a_post(app, mara.id, adult=True, audience="paid", price=499, body_html=f"<p>{SECRET}</p>")
    shown = page.get(f"/posts/{post}")
    assert "$4.99" in shown.text
    assert not shown.has_form(f"/posts/{post}/adult")


def test_nobody_confirms_for_what_is_not_there(app: Flask, mara: Person, post: UUID) -> None:
    draft = a_post(app, mara.id, adult=True, state="draft")
    reader = signed_in(app)
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/adult")
    assert reader.post(f"/posts/{draft}/adult", form.fields).status == 404
