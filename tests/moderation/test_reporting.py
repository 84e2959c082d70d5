"""People report what they see, and hear what became of it."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.creators.operations import following
from app.extensions import db
from app.kit.ids import new_id
from app.moderation.models import Report
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, some_comments
from tests.page_client import Page, PageClient


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_person(app, "mara")


@pytest.fixture
def post(app: Flask, mara: Person) -> UUID:
    return a_post(app, mara.id, title="Night trains")


def report(reader: PageClient, kind: str, subject: UUID, reason: str = "spam", note: str = "") -> Page:
    path = f"/report/{kind}/{subject}"
    return reader.send(reader.get(path).form(path), reason=reason, note=note)


def reports(app: Flask) -> list[Report]:
    with app.app_context():
        return list(db.session.scalars(select(Report).order_by(Report.id)))


def test_everything_that_people_make_can_be_reported(app: Flask, mara: Person, post: UUID) -> None:
    comment = some_comments(app, post, mara.id, ["Buy my things"])[0]
    reader = signed_in(app)
    for kind, subject in (("post", post), ("comment", comment), ("creator", mara.id), ("person", mara.id)):
        shown = report(reader, kind, subject)
        assert "Somebody will look at it" in shown.text
    assert [(one.subject_kind, one.subject_id, one.against_id) for one in reports(app)] == [
        ("post", post, mara.id),
        ("comment", comment, mara.id),
        ("creator", mara.id, mara.id),
        ("person", mara.id, mara.id),
    ]
    own = reader.get("/reports").text
    assert own.count("Somebody will look") == 4


def test_the_way_there_is_behind_the_dots(app: Flask, mara: Person, post: UUID) -> None:
    comment = some_comments(app, post, mara.id, ["Buy my things"])[0]
    shown = signed_in(app).get(f"/posts/{post}")
    assert shown.one(f"a[href='/report/post/{post}']")
    assert shown.one(f"a[href='/report/comment/{comment}']")
    assert not signed_in(app, mara).get(f"/posts/{post}").soup.select("a[href^='/report/']")
    zoe = a_person(app, "zoe")
    assert signed_in(app).get("/@zoe").one(f"a[href='/report/person/{zoe.id}']")
    assert signed_in(app).get("/@mara").one(f"a[href='/report/creator/{mara.id}']")


def test_who_is_signed_out_signs_in_first(post: UUID, page: PageClient) -> None:
    assert page.get(f"/report/post/{post}", follow=False).location.startswith("/login?next=")


def test_saying_more_about_the_same_thing_is_one_report(app: Flask, post: UUID) -> None:
    reader = signed_in(app)
    report(reader, "post", post, "spam")
    report(reader, "post", post, "illegal", "Look at the second picture 👀 שלום")
    found = reports(app)
    assert [(one.reason, one.note) for one in found] == [("illegal", "Look at the second picture 👀 שלום")]


def test_a_double_click_reports_once_and_is_on_record_once(app: Flask, post: UUID) -> None:
    reader = signed_in(app)
    form = reader.get(f"/report/post/{post}").form(f"/report/post/{post}").fill(reason="abuse")
    for _ in range(2):
        reader.send(form)
    with app.app_context():
        said = select(AuditRecord).where(AuditRecord.action == "moderation.reported")
        assert len(list(db.session.scalars(said))) == 1


@pytest.mark.parametrize(("reason", "note"), [("", ""), ("boredom", ""), ("spam", "x" * 1_001)])
def test_a_report_has_a_reason_and_not_too_many_words(app: Flask, post: UUID, reason: str, note: str) -> None:
    refused = report(signed_in(app), "post", post, reason, note)
    assert refused.status == 422
    assert reports(app) == []


def test_nobody_reports_themselves(app: Flask, mara: Person, post: UUID) -> None:
    refused = report(signed_in(app, mara), "post", post)
    assert refused.status == 422
    assert "This is your own" in refused.text


def test_what_one_does_not_see_cannot_be_reported(app: Flask, mara: Person, post: UUID) -> None:
    """Neither is its existence told."""
    ben = a_person(app, "ben")
    draft = a_post(app, mara.id, state="draft")
    locked = a_post(app, mara.id, audience="paid", price=499)
    under_it = some_comments(app, locked, mara.id, ["The secret ending"])[0]
    reader = signed_in(app, ben)
    unknown = [("post", draft), ("comment", under_it), ("post", new_id()), ("lamp", post), ("comment", post)]
    assert [reader.get(f"/report/{kind}/{subject}").status for kind, subject in unknown] == [404] * 5
    locked_form = reader.get(f"/report/post/{locked}")
    assert locked_form.status == 200
    assert "Words." not in locked_form.text, "of what is locked, its title and teaser alone"
    with app.app_context(), transaction():
        following.block(mara.id, ben.id)
    for kind, subject in (("post", post), ("creator", mara.id), ("person", mara.id)):
        assert reader.get(f"/report/{kind}/{subject}").status == 404


def test_a_flood_of_reports_is_stopped(app: Flask, post: UUID) -> None:
    reader = signed_in(app)
    answers = [report(reader, "post", post).status for _ in range(31)]
    assert answers[-1] == 429
    assert len(reports(app)) == 1


def test_ones_own_reports_are_listed_page_by_page_and_nobody_elses(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    with app.app_context(), transaction():
        for _ in range(35):
            said = {"subject_kind": "post", "subject_id": new_id(), "reason": "spam", "against_id": mara.id}
            db.session.add(Report(user_id=ben.id, **said))
    first = signed_in(app, ben).get("/reports")
    second = signed_in(app, ben).get(str(first.one("a[rel=next]")["href"]))
    assert [len(shown.soup.select(".rows > li")) for shown in (first, second)] == [30, 5]
    stranger = signed_in(app)
    assert "Nothing reported" in stranger.get("/reports").text
    assert not stranger.get(str(first.one("a[rel=next]")["href"])).soup.select(".rows > li")
