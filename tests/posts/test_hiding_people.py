"""Whom somebody does not want to read, and who is away for a while."""

from uuid import UUID

import pytest
from flask import Flask

from app.accounts.models import User
from app.accounts.operations import deletion, roles
from app.creators.operations import pages
from app.extensions import db
from app.kit import clock
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, some_comments
from tests.page_client import Page, PageClient
from tests.posts.test_reading_comments import act, counted, force, said
from tests.queries import counting

HIDDEN = "/settings/hidden"


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_person(app, "mara")


@pytest.fixture
def post(app: Flask, mara: Person) -> UUID:
    return a_post(app, mara.id)


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def comment(app: Flask, post: UUID, ben: Person) -> UUID:
    return some_comments(app, post, ben.id, ["Loud words", "More of them"])[0]


def hide(reader: PageClient, post: UUID, person: Person) -> Page:
    shown = reader.get(f"/posts/{post}")
    return reader.send(shown.form(f"{HIDDEN}/{person.id}"))


def suspend(app: Flask, person: Person) -> None:
    with app.app_context(), transaction():
        roles.suspend(person.id, actor=a_person(app, roles=("fan", "admin")).id)


def restore(app: Flask, person: Person) -> None:
    with app.app_context(), transaction():
        roles.restore(person.id, actor=a_person(app, roles=("fan", "admin")).id)


def a_moderator(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, roles=("fan", "moderator")), second_factor=True)


def the_report(moderator: PageClient) -> str:
    return str(moderator.get("/admin/reports").one("main a[href^='/admin/reports/']")["href"])


def test_who_is_hidden_is_not_read_by_who_hid_them(
    app: Flask, post: UUID, ben: Person, comment: UUID, page: PageClient
) -> None:
    some_comments(app, post, a_person(app).id, ["Quiet words"])
    reader = signed_in(app)
    assert "Loud words" in said(reader.get(f"/posts/{post}"))
    answer = hide(reader, post, ben)
    assert answer.response.request.path == HIDDEN or said(answer) == ["Quiet words"]
    assert said(reader.get(f"/posts/{post}")) == ["Quiet words"]
    assert reader.get(f"/comments/{comment}").status == 404
    assert len(said(page.get(f"/posts/{post}"))) == len(said(signed_in(app).get(f"/posts/{post}"))) == 3
    assert len(said(signed_in(app, ben).get(f"/posts/{post}"))) == 3


def test_in_the_settings_they_are_shown_again(app: Flask, post: UUID, ben: Person, comment: UUID) -> None:
    reader = signed_in(app)
    assert "You have hidden nobody" in reader.get(HIDDEN).text
    hide(reader, post, ben)
    listed = reader.get(HIDDEN)
    assert listed.one("main a[href='/@ben']")
    answer = reader.send(listed.form(f"{HIDDEN}/{ben.id}/show"))
    assert "You have hidden nobody" in answer.text
    assert "Loud words" in said(reader.get(f"/posts/{post}"))


def test_whose_post_it_is_reads_everybody(
    app: Flask, mara: Person, post: UUID, ben: Person, comment: UUID
) -> None:
    elsewhere = a_post(app, a_person(app).id)
    some_comments(app, elsewhere, ben.id, ["And here"])
    host = signed_in(app, mara)
    hide(host, elsewhere, ben)
    assert said(host.get(f"/posts/{elsewhere}")) == []
    shown = host.get(f"/posts/{post}")
    assert said(shown) == ["Loud words", "More of them"]
    assert not shown.has_form(f"{HIDDEN}/{ben.id}")


def test_twice_hidden_is_hidden_once_and_the_other_never_learns(
    app: Flask, post: UUID, ben: Person, comment: UUID
) -> None:
    reader = signed_in(app)
    form = reader.get(f"/posts/{post}").form(f"{HIDDEN}/{ben.id}")
    for key in ("one", "one", "two"):
        assert reader.send(form, idempotency_key=f"key-of-hiding-{key}").status == 200
    with app.app_context():
        records = db.session.scalars(
            db.select(AuditRecord).where(AuditRecord.action == "account.person_hidden")
        )
        assert [record.subject_kind for record in records] == ["person"]
    assert len(reader.get(HIDDEN).soup.select("main .rows li")) == 1


def test_nobody_hides_themselves_or_who_is_not_there(app: Flask, ben: Person) -> None:
    client = signed_in(app, ben)
    fields = client.get("/settings/profile").form("/settings/profile").fields
    token = {"csrf_token": fields["csrf_token"]}
    answer = client.post(f"{HIDDEN}/{ben.id}", {**token, "idempotency_key": "key-of-myself"})
    assert "You cannot hide yourself" in answer.text
    unconfirmed = a_person(app, verified=False)
    for nobody in (unconfirmed.id, UUID(int=7)):
        assert client.post(f"{HIDDEN}/{nobody}", {**token, "idempotency_key": f"key-{nobody}"}).status == 404


def test_many_hidden_people_are_listed_a_page_at_a_time(app: Flask) -> None:
    reader = signed_in(app)
    people = [a_person(app, f"Loud_{number:02}") for number in range(53)]
    token = reader.get("/settings/profile").form("/settings/profile").fields["csrf_token"]
    for person in people:
        fields = {"csrf_token": token, "idempotency_key": f"key-{person.handle}"}
        reader.post(f"{HIDDEN}/{person.id}", fields, follow=False)
    first = reader.get(HIDDEN)
    second = reader.get(str(first.one("main a[rel=next]")["href"]))
    names = [
        one.get_text(strip=True) for shown in (first, second) for one in shown.soup.select("main .rows .name")
    ]
    assert names == [person.handle.capitalize() for person in people]


def test_a_post_with_comments_takes_four_statements_for_who_hides_many(
    app: Flask, post: UUID, ben: Person, comment: UUID
) -> None:
    reader = signed_in(app)
    hide(reader, post, ben)
    reader.get(f"/posts/{post}")
    with counting(app) as sent:
        reader.get(f"/posts/{post}")
    assert len(sent) <= 4


def test_comments_of_suspended_people_wait_with_them(
    app: Flask, mara: Person, post: UUID, ben: Person, comment: UUID, page: PageClient
) -> None:
    some_comments(app, post, ben.id, ["Held words"], state="held")
    suspend(app, ben)
    assert said(page.get(f"/posts/{post}")) == said(signed_in(app, mara).get(f"/posts/{post}")) == []
    assert counted(app, post) == 0
    assert force(signed_in(app, mara), comment, "show").status == 404
    restore(app, ben)
    assert said(page.get(f"/posts/{post}")) == ["Loud words", "More of them"]
    assert counted(app, post) == 2


def test_what_is_decided_while_they_are_away_counts_once(
    app: Flask, post: UUID, ben: Person, comment: UUID, page: PageClient
) -> None:
    fan, moderator = signed_in(app), a_moderator(app)
    fan.send(fan.get(f"/report/comment/{comment}").form(f"/report/comment/{comment}"), reason="abuse")
    suspend(app, ben)
    report = the_report(moderator)
    moderator.send(moderator.get(report).form(f"{report}/uphold"))
    assert counted(app, post) == 0
    restore(app, ben)
    assert counted(app, post) == 1
    moderator.send(moderator.get(report).form(f"{report}/dismiss"))
    assert counted(app, post) == 2


@pytest.mark.parametrize("how", ["hidden", "held", "shown"])
def test_what_is_put_back_is_what_it_was_before(
    app: Flask, mara: Person, post: UUID, ben: Person, page: PageClient, how: str
) -> None:
    comment = some_comments(app, post, ben.id, ["Words"], state="held" if how == "held" else "shown")[0]
    host, moderator = signed_in(app, mara), a_moderator(app)
    if how == "hidden":
        act(host, post, comment, "hide")
    host.send(host.get(f"/report/comment/{comment}").form(f"/report/comment/{comment}"), reason="abuse")
    before, count = said(page.get(f"/posts/{post}")), counted(app, post)
    report = the_report(moderator)
    moderator.send(moderator.get(report).form(f"{report}/uphold"))
    moderator.send(moderator.get(report).form(f"{report}/dismiss"))
    assert said(page.get(f"/posts/{post}")) == before
    assert counted(app, post) == count


def test_who_leaves_for_good_while_suspended_is_not_counted_twice(
    app: Flask, post: UUID, ben: Person, comment: UUID
) -> None:
    some_comments(app, post, a_person(app).id, ["Stays"])
    suspend(app, ben)
    with app.app_context(), transaction():
        db.session.get_one(User, ben.id).deletion_due_at = clock.now()
        deletion.erase(ben.id)
    assert counted(app, post) == 1


def test_creators_are_listed_with_their_picture(app: Flask, post: UUID) -> None:
    creator = a_creator(app)
    with app.app_context(), transaction():
        pages.show_avatar(creator.id, a_picture(app, creator, public=True, purpose="avatar"))
    some_comments(app, post, creator.id, ["Words"])
    reader = signed_in(app)
    hide(reader, post, creator)
    assert reader.http.get(str(reader.get(HIDDEN).one("main .avatar img")["src"])).status_code == 200
