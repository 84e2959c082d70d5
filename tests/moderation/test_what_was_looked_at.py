"""Moderators decide about what they saw, and see what those who reported it saw."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.moderation.models import Report
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.posts.authors import Author, an_author


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
    assert reader.send(reader.get(path).form(path), **{"reason": "spam", **said}).status == 200
    with app.app_context():
        newest = select(Report.id).where(Report.subject_id == subject).order_by(Report.id.desc())
        return f"/admin/reports/{db.session.scalars(newest).first()}"


@pytest.mark.parametrize("more", [{"note": "She is twelve"}, {"reason": "minor"}])
def test_dismissing_puts_away_no_words_that_were_added_after_the_look(
    app: Flask, desk: PageClient, author: Author, ben: Person, more: dict[str, str]
) -> None:
    post, reader = author.write(title="Night trains"), signed_in(app, ben)
    report = complain(app, reader, "post", post)
    stale = desk.get(report).form(f"{report}/dismiss")
    complain(app, reader, "post", post, **more)
    again = desk.send(stale)
    assert again.status == 422
    assert "Somebody will look" in reader.get("/reports").text
    desk.send(again.form(f"{report}/dismiss"))
    assert "It stays" in reader.get("/reports").text


def test_the_same_words_again_are_nothing_new_to_look_at(
    app: Flask, desk: PageClient, author: Author, ben: Person
) -> None:
    post, reader = author.write(title="Night trains"), signed_in(app, ben)
    report = complain(app, reader, "post", post)
    form = desk.get(report).form(f"{report}/dismiss")
    complain(app, reader, "post", post)
    desk.send(form)
    assert "It stays" in reader.get("/reports").text
