"""Comments: who may write them, what becomes of them, in which order they are read."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from app.creators.models import Creator
from app.creators.operations import following
from app.entitlements.operations import grants
from app.entitlements.rules import Kind
from app.extensions import db
from app.platform.transaction import transaction
from app.posts.models import Comment, Post
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, some_comments
from tests.page_client import Page, PageClient

HTMX: Any = {"HX-Request": "true"}


# The letters of another typewriter.
WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "scam")


def write(reader: PageClient, post: UUID, body: str, **headers: Any) -> Page:
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/comments")
    return reader.post(form.action, {**form.fields, "body": body}, **headers)


def said(page: Page) -> list[str]:
    return [one.get_text() for one in page.soup.select("li.comment .said")]


def counted(app: Flask, post: UUID) -> int:
    with app.app_context():
        return db.session.get_one(Post, post).comments


def set_creator(app: Flask, creator: Person, **values: Any) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Creator).where(Creator.id == creator.id).values(**values))


def act(reader: PageClient, post: UUID, comment: UUID, what: str, **headers: Any) -> Page:
    form = reader.get(f"/posts/{post}").form(f"/comments/{comment}/{what}")
    return reader.post(form.action, form.fields, **headers)


def force(reader: PageClient, comment: UUID, what: str, **values: str) -> Page:
    """Without the button, with a form token of one's own."""
    fields = reader.get("/settings/profile").form("/settings/profile").fields
    return reader.post(
        f"/comments/{comment}/{what}",
        {"csrf_token": fields["csrf_token"], "idempotency_key": f"key-{what}-{comment}", **values},
    )


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_person(app, "mara")


@pytest.fixture
def post(app: Flask, mara: Person) -> UUID:
    return a_post(app, mara.id)


def test_a_comment_is_there_for_everybody(app: Flask, post: UUID, page: PageClient) -> None:
    words = "Wonderful <b>light</b> 🌅 مرحبا\nGood night"
    shown = write(signed_in(app), post, words)
    assert said(shown) == [words]
    assert "comment-" in shown.response.request.url or shown.status == 200
    assert said(page.get(f"/posts/{post}")) == [words]
    assert counted(app, post) == 1


def test_comments_are_read_from_the_oldest_on_and_go_on(app: Flask, post: UUID, page: PageClient) -> None:
    ben = a_person(app, "ben")
    some_comments(app, post, ben.id, [f"Nr {number}" for number in range(45)])
    first = page.get(f"/posts/{post}")
    second = page.get(str(first.one("#comments-more a")["href"]).partition("#")[0])
    third = page.get(str(second.one("#comments-more a")["hx-get"]), **HTMX)
    assert said(first) + said(second) + said(third) == [f"Nr {number}" for number in range(45)]
    assert third.soup.title is None
    assert "From the first one" in second.text


def test_an_open_page_reads_what_came_since(app: Flask, post: UUID, page: PageClient) -> None:
    ben = a_person(app, "ben")
    some_comments(app, post, ben.id, ["First"])
    shown = page.get(f"/posts/{post}")
    address = str(shown.one("#comments-tail")["hx-get"])
    some_comments(app, post, ben.id, ["Second"])
    news = page.get(f"{address}?after={shown.one('#comments-after')['value']}", **HTMX)
    assert said(news) == ["Second"]
    last = news.one("#comments-after")["value"]
    assert page.get(f"{address}?after={last}", **HTMX).soup.select("li.comment") == []
    some_comments(app, post, ben.id, [f"Nr {number}" for number in range(25)])
    news = page.get(f"{address}?after={last}", **HTMX)
    assert news.one("#comments-tail")["hx-swap-oob"] == "delete"
    assert "from=" in str(news.one("#comments-more a")["hx-get"])


def test_with_htmx_the_emptied_form_comes_back_and_the_list_is_told(app: Flask, post: UUID) -> None:
    reader = signed_in(app)
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/comments")
    answer = reader.post(form.action, {**form.fields, "body": "Hello", "after": ""}, **HTMX)
    assert answer.one("textarea").get_text().strip() == ""
    assert answer.response.headers["HX-Trigger"] == "commented"
    # A page that shows only the first of many goes to where the comment stands.
    answer = write(reader, post, "Hello again", **HTMX)
    assert "from=" in answer.response.headers["HX-Redirect"]


@pytest.mark.parametrize("body", ["", "   ", "\u200b\u200b", "x" * 2_001])
def test_a_comment_has_words_and_not_too_many(app: Flask, post: UUID, body: str) -> None:
    refused = write(signed_in(app), post, body)
    assert refused.status == 422
    assert refused.errors["body"]
    assert counted(app, post) == 0


def test_a_double_click_comments_once(app: Flask, post: UUID) -> None:
    reader = signed_in(app)
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/comments").fill(body="Hello")
    for _ in range(2):
        reader.send(form)
    assert counted(app, post) == 1


def test_only_those_may_comment_whom_the_creator_wants(app: Flask, mara: Person, post: UUID) -> None:
    ben = a_person(app, "ben")
    stranger, friend, host = signed_in(app), signed_in(app, ben), signed_in(app, mara)
    with app.app_context(), transaction():
        following.follow(ben.id, mara.id)
    set_creator(app, mara, comments_from="followers")
    assert friend.get(f"/posts/{post}").has_form(f"/posts/{post}/comments")
    shown = stranger.get(f"/posts/{post}")
    assert not shown.has_form(f"/posts/{post}/comments")
    assert "Comments are for followers" in shown.text
    fields = shown.form(f"/posts/{post}/like").fields
    assert stranger.post(f"/posts/{post}/comments", {**fields, "body": "Hello"}).status in {403, 422}
    set_creator(app, mara, comments_from="subscribers")
    assert not friend.get(f"/posts/{post}").has_form(f"/posts/{post}/comments")
    with app.app_context(), transaction():
        grants.grant(ben.id, mara.id, Kind.SUBSCRIPTION, cause="subscription:1")
    assert friend.get(f"/posts/{post}").has_form(f"/posts/{post}/comments")
    set_creator(app, mara, comments_from="nobody")
    assert "has closed comments" in friend.get(f"/posts/{post}").text
    assert host.get(f"/posts/{post}").has_form(f"/posts/{post}/comments")
    assert counted(app, post) == 0


def test_comments_of_a_locked_post_are_locked(app: Flask, mara: Person, page: PageClient) -> None:
    post = a_post(app, mara.id, audience="paid", price=499)
    comment = some_comments(app, post, mara.id, ["The secret ending"])[0]
    for reader in (page, signed_in(app)):
        assert "secret ending" not in reader.get(f"/posts/{post}").html
        assert "secret ending" not in reader.get(f"/posts/{post}/comments", **HTMX).html
        assert reader.get(f"/comments/{comment}", follow=False).status == 404


def test_ones_own_comment_can_be_changed_and_says_so(app: Flask, post: UUID) -> None:
    ben = a_person(app, "ben")
    comment, reader = some_comments(app, post, ben.id, ["Helo"])[0], signed_in(app, ben)
    edit = reader.get(f"/comments/{comment}/edit").form(f"/comments/{comment}/edit")
    assert edit.fields["body"] == "Helo"
    shown = reader.send(edit, body="Hello")
    assert said(shown) == ["Hello"]
    assert "edited" in shown.one("li.comment").get_text()
    assert reader.send(edit, body="", idempotency_key="another").status == 422


def test_nobody_changes_what_somebody_else_wrote(app: Flask, mara: Person, post: UUID) -> None:
    ben = a_person(app, "ben")
    comment = some_comments(app, post, ben.id, ["Mine"])[0]
    host, stranger = signed_in(app, mara), signed_in(app)
    for reader in (host, stranger):
        assert reader.get(f"/comments/{comment}/edit").status == 404
        assert force(reader, comment, "edit", body="Changed").status == 404
    assert stranger.get(f"/comments/{comment}/block").status == 404
    for what in ("delete", "show", "hide", "block"):
        assert force(stranger, comment, what).status == 404
    assert said(host.get(f"/posts/{post}")) == ["Mine"]


@pytest.mark.parametrize("by_its_author", [True, False])
def test_a_comment_is_deleted_by_its_author_or_its_host(
    app: Flask, mara: Person, post: UUID, by_its_author: bool
) -> None:
    ben = a_person(app, "ben")
    comment = some_comments(app, post, ben.id, ["Gone soon"])[0]
    reader = signed_in(app, ben if by_its_author else mara)
    shown = act(reader, post, comment, "delete")
    assert said(shown) == []
    assert counted(app, post) == 0
    assert force(reader, comment, "delete").status == 404
    with app.app_context():
        assert db.session.get_one(Comment, comment).body == ""


def test_the_creator_hides_a_comment_and_shows_it_again(
    app: Flask, mara: Person, post: UUID, page: PageClient
) -> None:
    ben = a_person(app, "ben")
    comment, host = some_comments(app, post, ben.id, ["Rude"])[0], signed_in(app, mara)
    shown = act(host, post, comment, "hide", **HTMX)
    assert "Hidden by the creator" in shown.text
    assert said(page.get(f"/posts/{post}")) == []
    assert "Hidden by the creator" in signed_in(app, ben).get(f"/posts/{post}").text
    assert counted(app, post) == 0
    act(host, post, comment, "show")
    assert said(page.get(f"/posts/{post}")) == ["Rude"]
    assert counted(app, post) == 1


@pytest.mark.parametrize("what", ["delete", "hide"])
def test_an_open_page_counts_what_is_left(app: Flask, mara: Person, post: UUID, what: str) -> None:
    comments = some_comments(app, post, a_person(app, "ben").id, ["Rude", "Kind"])
    shown = act(signed_in(app, mara), post, comments[0], what, **HTMX)
    count = shown.one("#comment-count[hx-swap-oob]")
    assert count.get_text() == "1"


@pytest.mark.parametrize("body", ["What a SCAM!", "scam", WIDE, "so, Scam: yes", "Free  Money here"])
def test_words_that_the_creator_does_not_want_hold_a_comment(
    app: Flask, mara: Person, post: UUID, page: PageClient, body: str
) -> None:
    set_creator(app, mara, blocked_words=["scam", "free money"])
    ben = a_person(app, "ben")
    shown = write(signed_in(app, ben), post, body)
    assert "Waits for the creator" in shown.text
    assert said(page.get(f"/posts/{post}")) == []
    assert counted(app, post) == 0
    host = signed_in(app, mara)
    comment = UUID(str(host.get(f"/posts/{post}").one("li.comment")["id"]).removeprefix("comment-"))
    act(host, post, comment, "show")
    assert len(said(page.get(f"/posts/{post}"))) == 1


@pytest.mark.parametrize(
    ("word", "body"),
    [
        ("spam", "buy sp\u200dam"),
        ("spam", "buy sp\u200cam"),
        ("spam", "buy s\ufe0fpam"),
        ("spam", "buy _spam_"),
        ("spam", "buy sp\u0430m"),
        ("spam", "buy s\u0336p\u0336a\u0336m\u0336"),
        ("垃圾", "这是垃圾邮件"),
        ("โง่", "คุณเป็นคนโง่มาก"),
        ("バカ", "なんてバカな人だ"),
    ],
)
def test_dressing_a_word_up_does_not_get_around(
    app: Flask, mara: Person, post: UUID, word: str, body: str
) -> None:
    set_creator(app, mara, blocked_words=[word])
    assert "Waits for the creator" in write(signed_in(app), post, body).text


@pytest.mark.parametrize(
    ("word", "body"),
    [("cunt", "Greetings from Scunthorpe"), ("垃", "好"), ("spam", "a spammer"), ("_", "Lovely")],
)
def test_innocent_words_are_shown(app: Flask, mara: Person, post: UUID, word: str, body: str) -> None:
    set_creator(app, mara, blocked_words=[word])
    assert "Waits" not in write(signed_in(app), post, body).text


def test_parts_of_words_hold_nothing_and_editing_does_not_get_around(
    app: Flask, mara: Person, post: UUID
) -> None:
    set_creator(app, mara, blocked_words=["ass"])
    ben = a_person(app, "ben")
    reader = signed_in(app, ben)
    shown = write(reader, post, "First class")
    assert "Waits" not in shown.text
    comment = str(shown.one("li.comment")["id"]).removeprefix("comment-")
    changed = reader.send(
        reader.get(f"/comments/{comment}/edit").form(f"/comments/{comment}/edit"), body="Ass"
    )
    assert "Waits for the creator" in changed.text
    assert counted(app, post) == 0


def test_blocking_somebody_from_their_comment_keeps_them_away(app: Flask, mara: Person, post: UUID) -> None:
    ben = a_person(app, "ben")
    comment, reader = some_comments(app, post, ben.id, ["Rude"])[0], signed_in(app, ben)
    host = signed_in(app, mara)
    assert f'"/comments/{comment}/block"' in host.get(f"/posts/{post}").html
    asked = host.get(f"/comments/{comment}/block")
    assert reader.get(f"/posts/{post}").status == 200, "nothing is done before it was asked"
    shown = host.send(asked.form(f"/comments/{comment}/block"))
    assert "Blocked" in shown.text
    assert reader.get(f"/posts/{post}").status == 404
    assert counted(app, post) == 0


def test_people_who_are_there_are_linked_where_they_are_named(
    app: Flask, post: UUID, page: PageClient
) -> None:
    a_person(app, "Oskar_Bly")
    write(signed_in(app), post, "Ask @oskar_bly, not @nobody_here or me@oskar_bly <@oskar_bly>")
    shown = page.get(f"/posts/{post}")
    assert [str(link["href"]) for link in shown.soup.select(".said a")] == ["/@oskar_bly"] * 2
    assert "@nobody_here" in said(shown)[0]
