"""Moderators decide about what they saw, and see what those who reported it saw."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.creators.models import Creator
from app.creators.operations import pages
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.media import doors, jobs
from app.moderation.models import Report
from app.platform import cleanup, work
from app.platform.storage import storage
from app.platform.transaction import transaction
from app.posts.models import Post
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in, suspends
from tests.page_client import PageClient
from tests.posts.authors import Author, an_author

LIBRARY = "/dashboard/media"
# And what whoever reported it is told of each.
DECISIONS = {"dismiss": "It stays", "uphold": "We agreed, and acted"}


@pytest.fixture
def author(app: Flask) -> Author:
    return an_author(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def desk(app: Flask) -> PageClient:
    """Of a moderator."""
    return signed_in(app, a_person(app, "moira", roles=("fan", "moderator")), second_factor=True)


def complain(app: Flask, reader: PageClient, kind: str, subject: UUID, **said: str) -> str:
    """Through the front door; where moderators find it."""
    path = f"/report/{kind}/{subject}"
    form = reader.get(path).form(path).fill(reason="spam").fill(**said)
    assert reader.send(form).status == 200
    with app.app_context():
        newest = select(Report.id).where(Report.subject_id == subject).order_by(Report.id.desc())
        return f"/admin/reports/{db.session.scalars(newest).first()}"


@pytest.mark.parametrize("what", DECISIONS)
@pytest.mark.parametrize("more", [{"note": "She is twelve"}, {"reason": "minor"}])
def test_no_words_are_decided_about_that_were_added_after_the_look(
    app: Flask, desk: PageClient, author: Author, ben: Person, more: dict[str, str], what: str
) -> None:
    post, reader = author.write(title="Night trains"), signed_in(app, ben)
    report = complain(app, reader, "post", post)
    stale = desk.get(report).form(f"{report}/{what}")
    complain(app, reader, "post", post, **more)
    again = desk.send(stale)
    assert again.status == 422
    assert "More was said about it meanwhile" in again.text
    assert "Somebody will look" in reader.get("/reports").text
    assert reader.get(f"/posts/{post}").status == 200
    desk.send(again.form(f"{report}/{what}"))
    assert DECISIONS[what] in reader.get("/reports").text


@pytest.mark.parametrize("what", DECISIONS)
def test_the_same_words_again_are_nothing_new_to_look_at(
    app: Flask, desk: PageClient, author: Author, ben: Person, what: str
) -> None:
    post, reader = author.write(title="Night trains"), signed_in(app, ben)
    report = complain(app, reader, "post", post)
    form = desk.get(report).form(f"{report}/{what}")
    complain(app, reader, "post", post)
    desk.send(form)
    assert DECISIONS[what] in reader.get("/reports").text


@pytest.mark.parametrize("what", DECISIONS)
def test_what_is_said_while_a_page_is_put_together_was_not_looked_at(
    app: Flask, desk: PageClient, author: Author, ben: Person, what: str
) -> None:
    post, zoe = author.write(title="Night trains"), signed_in(app, a_person(app, "zoe"))
    report = complain(app, signed_in(app, ben), "post", post)
    with once(app, "after", "reports.id !=", lambda: complain(app, zoe, "post", post, reason="minor")):
        shown = desk.get(report)
    assert "under age" not in shown.text
    again = desk.send(shown.form(f"{report}/{what}"))
    assert again.status == 422
    assert "under age" in again.text
    assert "Somebody will look" in zoe.get("/reports").text


@pytest.mark.parametrize("what", DECISIONS)
def test_what_is_said_while_somebody_decides_waits_for_another_decision(
    app: Flask, desk: PageClient, author: Author, ben: Person, what: str
) -> None:
    post, reader, zoe = author.write(title="Fog"), signed_in(app, ben), signed_in(app, a_person(app, "zoe"))
    report = complain(app, reader, "post", post)
    form = desk.get(report).form(f"{report}/{what}")
    with once(app, "before", "UPDATE reports", lambda: complain(app, zoe, "post", post, reason="minor")):
        assert desk.send(form).status == 200
    assert DECISIONS[what] in reader.get("/reports").text
    assert "Somebody will look" in zoe.get("/reports").text


def test_what_its_author_removed_altogether_is_there_until_it_is_decided_about(
    app: Flask, desk: PageClient, author: Author, ben: Person
) -> None:
    shown = str(a_picture(app, author.person)["id"])
    post = author.write(title="Night trains", media=[shown])
    report = complain(app, signed_in(app, ben), "post", post)
    author.page.send(author.editor(post).fill(media=[]), intent="publish")
    own = str(author.page.get(LIBRARY).one("main .pic img")["src"])
    author.page.send(author.page.get(LIBRARY).form(f"/uploads/{shown}/remove"))
    assert not author.page.get(LIBRARY).has_form(f"/uploads/{shown}/remove")
    tidy(app)
    address = str(desk.get(report).one("main .pic img")["src"])
    assert desk.http.get(address).status_code == 200
    assert author.page.http.get(own).status_code == 404
    desk.send(desk.get(report).form(f"{report}/uphold"))
    tidy(app)
    assert desk.http.get(address).status_code == 404
    with app.app_context():
        assert not [key for key in storage().list("media/") if shown in key]


def test_links_polls_and_descriptions_of_pictures_are_decided_about_as_they_were(
    app: Flask, desk: PageClient, author: Author, ben: Person
) -> None:
    picture = str(a_picture(app, author.person, alt="Her house from the street")["id"])
    said: dict[str, Any] = {
        "link": "https://example.org/her-address",
        "poll_question": "When do we go?",
        "poll_options": "At night\nAt noon",
        "media": [picture],
    }
    post = author.write(title="Flowers", **said)
    report = complain(app, signed_in(app, ben), "post", post)
    assert "changed since" not in desk.get(report).text
    author.page.send(author.editor(post).fill(**dict.fromkeys(said, "")), intent="publish")
    shown = desk.get(report).text
    for word in ("her-address", "When do we go?", "At night", "Her house from the street", "changed since"):
        assert word in shown


@pytest.mark.parametrize("how", ["closed", "suspended"])
def test_a_reported_page_can_be_looked_at_wherever_its_owner_went(
    app: Flask, desk: PageClient, author: Author, ben: Person, how: str
) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Creator, author.id).headline = "Come to the yellow house"
    picture = str(a_picture(app, author.person)["id"])
    post = author.write(title="Night trains", body="Only there", media=[picture])
    draft = author.write("draft", title="Nobody's business")
    report = complain(app, signed_in(app, ben), "creator", author.id)
    if how == "closed":
        with app.app_context(), transaction():
            pages.close(author.id)
    else:
        suspends(app, author.person)
    assert "yellow house" not in desk.get("/@mara").text
    assert desk.get("/@mara/about").status == 404
    shown = desk.send(desk.get(report).form(f"{report}/open"))
    assert "Come to the yellow house" in shown.text
    assert "Nobody else sees this page" in shown.text
    assert "Night trains" in shown.text
    doors.clear()
    assert desk.http.get(str(shown.one(".media img")["src"])).status_code == 200
    assert desk.get("/@mara/about").status == 200
    read = desk.get(f"/posts/{post}")
    assert "Only there" in read.text
    assert desk.http.get(str(read.one(".media img")["src"])).status_code == 200
    assert desk.get(f"/posts/{draft}").status == 404
    others = signed_in(app, ben)
    assert [others.get(path).status for path in ("/@mara/about", f"/posts/{post}")] == [404, 404]
    assert "yellow house" not in others.get("/@mara").text


def test_a_reported_post_that_its_author_deleted_is_there_until_it_is_decided_about(
    app: Flask, desk: PageClient, author: Author, ben: Person
) -> None:
    shown = str(a_picture(app, author.person)["id"])
    post = author.write(title="Night trains", media=[shown])
    report = complain(app, signed_in(app, ben), "post", post)
    author.press(post, "delete")
    author.page.send(author.page.get(LIBRARY).form(f"/uploads/{shown}/remove"))
    tidy(app)
    address = str(desk.get(report).one("main .pic img")["src"])
    assert desk.http.get(address).status_code == 200
    desk.send(desk.get(report).form(f"{report}/uphold"))
    tidy(app)
    assert desk.http.get(address).status_code == 404
    with app.app_context():
        assert db.session.get(Post, post) is None
        assert not [key for key in storage().list("media/") if shown in key]


@contextmanager
def once(app: Flask, when: str, part: str, act: Callable[[], object]) -> Iterator[None]:
    """Somebody else acts right before or after the first statement with these words."""
    left = [act]

    def at(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if part in statement and left:
            with ThreadPoolExecutor(1) as apart:
                apart.submit(left.pop()).result(timeout=30)

    with app.app_context():
        engine = db.engine
    event.listen(engine, f"{when}_cursor_execute", at)
    try:
        yield
    finally:
        event.remove(engine, f"{when}_cursor_execute", at)
    assert not left


def tidy(app: Flask) -> None:
    """What is done by the clock, forty days later: what was removed is gone by then."""
    doors.clear()
    with clock.using(FixedClock(clock.now() + timedelta(days=40))), app.app_context():
        jobs.sweep()
        jobs.ask_for_sweep()
        cleanup.clean()
        work.drain(["media"])
