"""Likes, bookmarks and votes: counted once, whoever presses how often and in which order."""

import random
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.creators.operations import following
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform import personal_data
from app.platform.transaction import transaction
from app.posts.models import Bookmark, Comment, Like, Poll, PollOption, PollVote, Post
from app.posts.operations import commenting, liking, voting
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_poll, a_post, some_comments, some_posts
from tests.page_client import Page, PageClient
from tests.posts.authors import an_author, stored
from tests.queries import counting
from tests.support import eventually

HTMX: Any = {"HX-Request": "true"}


def likes(app: Flask, post: UUID) -> tuple[int, int]:
    """As counted on the post, and as they stand in the table."""
    with app.app_context():
        rows = select(func.count()).select_from(Like).where(Like.post_id == post)
        return db.session.get_one(Post, post).likes, db.session.scalar(rows) or 0


def press(reader: PageClient, post: UUID, what: str, **headers: Any) -> Page:
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/{what}")
    return reader.post(form.action, form.fields, Referer=f"/posts/{post}", **headers)


def test_pressing_likes_and_pressing_again_does_not(app: Flask) -> None:
    post = a_post(app, a_person(app, "mara").id)
    reader = signed_in(app)
    shown = press(reader, post, "like")
    assert shown.one("footer button.act[aria-pressed=true]")["aria-label"] == "Like, 1"
    assert likes(app, post) == (1, 1)
    press(reader, post, "like")
    assert likes(app, post) == (0, 0)


def test_with_htmx_only_the_button_comes_back(app: Flask) -> None:
    post = a_post(app, a_person(app, "mara").id)
    answer = press(signed_in(app), post, "like", **HTMX)
    assert answer.soup.title is None
    assert answer.one("button")["aria-pressed"] == "true"
    assert answer.one("[name=on]")["value"] == ""


def test_a_stale_page_does_what_it_shows(app: Flask) -> None:
    """Two windows show a post that is not liked; pressing in both likes it, once."""
    post = a_post(app, a_person(app, "mara").id)
    reader = signed_in(app)
    one, other = (reader.get(f"/posts/{post}").form(f"/posts/{post}/like") for _ in range(2))
    reader.send(one)
    reader.send(other)
    assert likes(app, post) == (1, 1)
    reader.post(one.action, one.fields)  # a double click
    assert likes(app, post) == (1, 1)


def test_what_is_locked_can_be_kept_but_not_liked(app: Flask) -> None:
    post = a_post(app, a_person(app, "mara").id, audience="paid", price=499)
    reader = signed_in(app)
    shown = reader.get(f"/posts/{post}")
    assert not shown.has_form(f"/posts/{post}/like")
    keep = shown.form(f"/posts/{post}/bookmark")
    assert reader.post(f"/posts/{post}/like", {**keep.fields, "on": "1"}).status == 403
    assert likes(app, post) == (0, 0)
    reader.send(keep)
    assert f"post-{post}" in reader.get("/bookmarks").html


def test_blocked_people_can_do_nothing_with_a_post(app: Flask) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    post, reader = a_post(app, mara.id), signed_in(app, ben)
    options = a_poll(app, post)
    fields = reader.get(f"/posts/{post}").form(f"/posts/{post}/like").fields
    with app.app_context(), transaction():
        following.block(mara.id, ben.id)
    for path in ("like", "bookmark", "vote", "comments"):
        sent = {**fields, "idempotency_key": path, "option": str(options[0]), "body": "Hello"}
        assert reader.post(f"/posts/{post}/{path}", sent).status == 404
    assert likes(app, post) == (0, 0)


def test_bookmarks_are_listed_the_last_kept_first_page_by_page(app: Flask) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    posts = some_posts(app, mara.id, 25)
    with app.app_context(), transaction():
        for post in posts:
            liking.keep(ben.id, post, True)
    reader = signed_in(app, ben)
    reader.get("/bookmarks")
    with counting(app) as sent:
        first = reader.get("/bookmarks")
    assert len(sent) <= 2, sent
    second = reader.get(str(first.one("a[rel=next]")["href"]))
    found = [str(card["id"]) for shown in (first, second) for card in shown.soup.select("article")]
    assert found == [f"post-{post}" for post in reversed(posts)]


def test_bookmarks_leave_out_what_has_gone(app: Flask) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    gone, there = some_posts(app, mara.id, 2)
    with app.app_context(), transaction():
        liking.keep(ben.id, gone, True)
        liking.keep(ben.id, there, True)
        db.session.get_one(Post, gone).state = "unpublished"
    reader = signed_in(app, ben)
    assert len(reader.get("/bookmarks").soup.select("article")) == 1
    with app.app_context(), transaction():
        following.block(mara.id, ben.id)
    assert "Nothing kept yet" in reader.get("/bookmarks").text


def test_bookmarks_go_on_past_those_of_whom_one_is_hidden_from(app: Flask) -> None:
    mara, zoe, ben = a_person(app, "mara"), a_person(app, "zoe"), a_person(app, "ben")
    there, *gone = *some_posts(app, zoe.id, 1), *some_posts(app, mara.id, 25)
    with app.app_context(), transaction():
        for post in (there, *gone):
            liking.keep(ben.id, post, True)
        following.block(mara.id, ben.id)
    shown = signed_in(app, ben).get("/bookmarks")
    assert "Nothing kept yet" not in shown.text
    assert [card["id"] for card in shown.soup.select("article")] == [f"post-{there}"]


def at_once(app: Flask, *actions: Callable[[], object]) -> None:
    """Each in a transaction and a thread of its own."""
    ready = threading.Barrier(len(actions))
    failed: list[BaseException] = []

    def run(action: Callable[[], object]) -> None:
        ready.wait()
        try:
            with app.app_context(), transaction():
                action()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []


def test_counts_never_drift(app: Flask) -> None:
    """Eight at a time like, take back, comment, delete and vote as chance will have it."""
    chance = random.Random(77)
    post = a_post(app, a_person(app, "mara").id)
    options = a_poll(app, post, ("One", "Two", "Three"), several=True)
    people = [a_person(app) for _ in range(4)]
    said = {one.id: some_comments(app, post, one.id, ["a", "b", "c"]) for one in people}

    def one_of(person: Person) -> Callable[[], object]:
        wanted, chosen = chance.random() < 0.6, chance.sample(options, chance.randint(1, 3))
        return chance.choice(
            [
                lambda: liking.like(person.id, post, wanted),
                lambda: commenting.write(person.id, post, "Hello"),
                lambda: voting.vote(person.id, post, chosen),
                lambda: commenting.delete(person.id, said[person.id].pop()) if said[person.id] else None,
            ]
        )

    for _ in range(12):
        at_once(app, *(one_of(person) for person in people for _ in range(2)))
    with app.app_context():
        shown = select(func.count()).where(Comment.post_id == post)
        shown = shown.where(Comment.state == "shown")
        assert db.session.get_one(Post, post).comments == db.session.scalar(shown)
    counted, rows = likes(app, post)
    assert counted == rows
    assert_votes_are_right(app, post)


def assert_votes_are_right(app: Flask, post: UUID) -> None:
    with app.app_context():
        real = select(func.count()).where(PollVote.option_id == PollOption.id).scalar_subquery()
        rows = db.session.execute(select(PollOption.votes, real).where(PollOption.post_id == post))
        assert all(counted == found for counted, found in rows)


def test_counts_are_right_after_somebody_left(app: Flask) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    post = a_post(app, mara.id)
    options = a_poll(app, post)
    with app.app_context(), transaction():
        for person in (mara, ben):
            liking.like(person.id, post, True)
            voting.vote(person.id, post, options[:1])
            commenting.write(person.id, post, "Hello")
        liking.keep(ben.id, post, True)
    with app.app_context(), transaction():
        for name in ("likes", "poll_votes", "comments", "bookmarks"):
            erase = personal_data.registry(app).tables[name].erase
            assert callable(erase)
            erase(ben.id)
    assert likes(app, post) == (1, 1)
    assert_votes_are_right(app, post)
    with app.app_context():
        assert db.session.get_one(Post, post).comments == 1
        assert db.session.scalar(select(func.count()).select_from(Bookmark)) == 0


def vote(reader: PageClient, post: UUID, chosen: Collection[UUID], **headers: Any) -> Page:
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/vote")
    return reader.post(form.action, {**form.fields, "option": [str(one) for one in chosen]}, **headers)


def test_a_vote_shows_the_result_and_can_be_changed(app: Flask) -> None:
    post = a_post(app, a_person(app, "mara").id)
    sea, hills = a_poll(app, post)
    reader = signed_in(app)
    assert not reader.get(f"/posts/{post}").soup.select("progress"), "first one's own opinion"
    shown = vote(reader, post, [sea])
    assert [bar["value"] for bar in shown.soup.select("#poll progress")] == ["1", "0"]
    shown = vote(reader, post, [hills], **HTMX)
    assert [bar["value"] for bar in shown.soup.select("#poll progress")] == ["0", "1"]
    assert shown.soup.title is None


def test_a_vote_is_one_unless_the_poll_says_several(app: Flask) -> None:
    mara = a_person(app, "mara")
    one, several = some_posts(app, mara.id, 2)
    single, many = a_poll(app, one), a_poll(app, several, several=True)
    reader = signed_in(app)
    refused = vote(reader, one, single)
    assert refused.status == 422
    assert "Choose one option" in refused.text
    assert vote(reader, one, []).status == 422
    assert vote(reader, one, many[:1]).status == 422, "an option of another poll"
    assert "2 votes" in vote(reader, several, many).text


def test_nobody_votes_once_a_poll_has_closed(app: Flask, fixed_clock: FixedClock) -> None:
    post = a_post(app, a_person(app, "mara").id)
    options = a_poll(app, post, closes_at=clock.now() + timedelta(hours=1))
    reader = signed_in(app)
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/vote")
    fixed_clock.move(timedelta(hours=2))
    late = reader.post(form.action, {**form.fields, "option": str(options[0])})
    assert "This poll has closed" in late.text
    assert not reader.get(f"/posts/{post}").has_form(f"/posts/{post}/vote")


def test_an_author_changes_a_poll_while_somebody_votes(app: Flask) -> None:
    author = an_author(app)
    post = author.write(title="Where to?", poll_question="Sea or hills?", poll_options="Sea\nHills")
    reader = signed_in(app)
    ballot, editor = reader.get(f"/posts/{post}").form(f"/posts/{post}/vote"), author.editor(post)
    with app.app_context():
        sea = db.session.scalars(select(PollOption.id).where(PollOption.label == "Sea")).one()

    def waiting(count: int) -> bool:
        found = text("select count(*) from pg_locks where not granted")
        return bool(db.session.scalar(found) == count)

    with ThreadPoolExecutor(2) as people:
        with app.app_context(), transaction():
            db.session.execute(select(Poll).where(Poll.post_id == post).with_for_update())
            vote = people.submit(reader.send, ballot, option=str(sea))
            eventually(lambda: waiting(1))
            save = people.submit(
                author.page.send, editor, intent="publish", poll_closes_at="2999-01-01T00:00"
            )
            eventually(lambda: waiting(2))
        assert (vote.result().status, save.result().status) == (200, 200)
    assert_votes_are_right(app, post)
    assert stored(app, post).edited_at is not None


@pytest.mark.parametrize("path", ["like", "bookmark", "vote", "comments"])
def test_what_is_no_post_takes_nothing(app: Flask, path: str) -> None:
    post = a_post(app, a_person(app, "mara").id)
    reader = signed_in(app)
    fields = reader.get(f"/posts/{post}").form(f"/posts/{post}/like").fields
    nowhere = "00000000-0000-7000-8000-000000000000"
    assert reader.post(f"/posts/{nowhere}/{path}", {**fields, "body": "Hello"}).status == 404
