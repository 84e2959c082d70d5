"""Moderators look at what was reported, decide, and may be wrong."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.creators.operations import pages
from app.entitlements.operations import grants
from app.entitlements.rules import Closed, Kind
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.media import doors
from app.media.models import Media
from app.moderation.models import Report
from app.platform.models import AuditRecord
from app.platform.personal_data import registry
from app.platform.transaction import transaction
from app.posts.models import Post
from app.posts.operations import publishing
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in, suspends
from tests.factories.post import last_letter, letters
from tests.factories.posts import a_post, some_comments
from tests.notifications.devices import work_off
from tests.notifications.happenings import lines_of
from tests.page_client import Page, PageClient
from tests.posts.authors import Author, an_author, stored
from tests.queries import counting

SECRET = "Only for those who may"


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_person(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def post(app: Flask, mara: Person) -> UUID:
    return a_post(app, mara.id, title="Night trains", body_html=f"<p>{SECRET}</p>")


@pytest.fixture
def desk(app: Flask) -> PageClient:
    """Of a moderator."""
    return signed_in(app, a_person(app, "moira", roles=("fan", "moderator")), second_factor=True)


def reported(app: Flask, kind: str, subject: UUID, by: Person, against: Person, **values: Any) -> UUID:
    with app.app_context(), transaction():
        said = {"reason": "spam", **values}
        about = {"subject_kind": kind, "subject_id": subject, "against_id": against.id}
        found = Report(id=new_id(), user_id=by.id, **about, **said)
        db.session.add(found)
        return found.id


def decide(desk: PageClient, report: UUID, what: str) -> Page:
    form = desk.get(f"/admin/reports/{report}").form(f"/admin/reports/{report}/{what}")
    return desk.send(form)


def state(app: Flask, report: UUID) -> str:
    with app.app_context():
        return db.session.get_one(Report, report).state


def on_record(app: Flask, action: str) -> list[AuditRecord]:
    with app.app_context():
        return list(db.session.scalars(select(AuditRecord).where(AuditRecord.action == action)))


def test_the_queue_is_for_moderators_with_a_second_factor(app: Flask, page: PageClient, ben: Person) -> None:
    report = reported(app, "person", ben.id, a_person(app), ben)
    moderator = a_person(app, "moira", roles=("fan", "moderator"))
    paths = ["/admin/reports", f"/admin/reports/{report}"]
    assert [page.get(path, follow=False).status for path in paths] == [303, 303]
    assert [signed_in(app, ben).get(path).status for path in paths] == [403, 403]
    assert all(signed_in(app, moderator).get(path, follow=False).status in {303, 403} for path in paths)
    allowed = signed_in(app, moderator, second_factor=True)
    assert [allowed.get(path).status for path in paths] == [200, 200]
    fields = signed_in(app, ben).get("/settings/profile").form("/settings/profile").fields
    for what in ("open", "uphold", "dismiss"):
        assert signed_in(app, ben).post(f"/admin/reports/{report}/{what}", fields).status in {400, 403}
    assert state(app, report) == "waiting"


def test_the_oldest_waits_on_top_and_filters_stand_in_the_address(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    comment = some_comments(app, post, mara.id, ["Buy"])[0]
    first = reported(app, "post", post, ben, mara)
    second = reported(app, "comment", comment, ben, mara, reason="minor")
    reported(app, "person", mara.id, ben, mara, state="dismissed", decided_at=clock.now())

    def listed(address: str) -> list[str]:
        return [str(one["href"]).rpartition("/")[2] for one in desk.get(address).soup.select("td a.name")]

    assert listed("/admin/reports") == [str(first), str(second)]
    assert listed("/admin/reports?kind=comment") == [str(second)]
    assert len(listed("/admin/reports?state=dismissed")) == 1
    assert listed("/admin/reports?state=upheld") == []
    assert listed("/admin/reports?state=no&kind=such&after=thing") == [str(first), str(second)]


@pytest.mark.parametrize("count", [5, 50])
def test_the_queue_takes_few_statements_however_long(
    app: Flask, desk: PageClient, mara: Person, count: int
) -> None:
    for _ in range(count):
        reported(app, "post", new_id(), mara, mara)
    desk.get("/admin/reports")
    with counting(app) as sent:
        shown = desk.get("/admin/reports")
    assert len(shown.soup.select("td a.name")) == min(count, 30)
    assert len(sent) <= 6, sent
    assert bool(shown.soup.select("a[rel=next]")) is (count > 30)


def test_upholding_takes_a_post_down_and_tells_everybody(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    other = a_person(app, "zoe")
    report, same = reported(app, "post", post, ben, mara), reported(app, "post", post, other, mara)
    assert "Others who reported it" in desk.get(f"/admin/reports/{report}").text
    decide(desk, report, "uphold")
    assert [state(app, one) for one in (report, same)] == ["upheld", "upheld"]
    for reader in (signed_in(app, ben), signed_in(app, mara), desk):
        assert reader.get(f"/posts/{post}").status == 404
    told = last_letter(app, mara.email, "report_upheld")
    assert "Night trains" in told.text
    assert "Spam" in told.text
    assert "ben" not in told.text, "who reported is not told"
    for person in (ben, other):
        assert "We agree" in last_letter(app, person.email, "report_decided").text
    assert len(on_record(app, "moderation.report_decided")) == 1
    assert "We agreed, and acted" in signed_in(app, ben).get("/reports").text


def test_what_others_said_of_it_is_read_before_it_is_decided_with_it(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    report = reported(app, "post", post, ben, mara)
    reported(app, "post", post, a_person(app), mara, reason="minor", note="The girl on the left is twelve")
    reported(app, "post", post, a_person(app), mara)
    shown = desk.get(f"/admin/reports/{report}").text
    assert "The girl on the left is twelve" in shown
    assert "Somebody under age is in danger" in shown


def test_a_mistake_can_be_taken_back(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    report = reported(app, "post", post, ben, mara)
    decide(desk, report, "uphold")
    assert "is shown again" in desk.get(f"/admin/reports/{report}").text
    decide(desk, report, "dismiss")
    assert SECRET in signed_in(app, ben).get(f"/posts/{post}").text
    assert "as it was before" in last_letter(app, mara.email, "report_taken_back").text
    again = reported(app, "post", post, ben, mara)
    decide(desk, again, "uphold")
    assert signed_in(app, ben).get(f"/posts/{post}").status == 404


def test_of_what_was_never_closed_nobody_says_that_it_is_shown_again(
    app: Flask, desk: PageClient, mara: Person, ben: Person
) -> None:
    report = reported(app, "person", mara.id, ben, mara)
    decide(desk, report, "uphold")
    assert "shown again" not in desk.get(f"/admin/reports/{report}").text
    decide(desk, report, "dismiss")
    told = last_letter(app, mara.email, "report_taken_back").text
    assert "looked again at your profile" in told
    assert "as it was before" not in told
    assert "shown again" not in signed_in(app, mara).get("/notifications").text


def test_nor_of_a_comment_that_was_deleted_before(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    comment = some_comments(app, post, mara.id, ["Rubbish"])[0]
    report, author = reported(app, "comment", comment, ben, mara), signed_in(app, mara)
    author.send(author.get(f"/posts/{post}").form(f"/comments/{comment}/delete"))
    decide(desk, report, "uphold")
    decide(desk, report, "dismiss")
    assert "as it was before" not in last_letter(app, mara.email, "report_taken_back").text


def test_dismissing_changes_nothing_and_says_so(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    report = reported(app, "post", post, ben, mara)
    decide(desk, report, "dismiss")
    assert signed_in(app, ben).get(f"/posts/{post}").status == 200
    assert "so it stays" in last_letter(app, ben.email, "report_decided").text
    assert letters(app, mara.email) == [], "whoever did nothing wrong hears nothing of it"


def test_two_moderators_do_not_decide_twice(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    report = reported(app, "post", post, ben, mara)
    stale = desk.get(f"/admin/reports/{report}").form(f"/admin/reports/{report}/uphold")
    second = signed_in(app, a_person(app, roles=("fan", "moderator")), second_factor=True)
    decide(second, report, "uphold")
    late = desk.send(stale)
    assert late.status == 422
    assert "decided about this meanwhile" in late.text
    assert len(letters(app, mara.email, "report_upheld")) == 1


def test_dismissing_is_about_what_was_looked_at(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    report = reported(app, "post", post, ben, mara)
    stale = desk.get(f"/admin/reports/{report}").form(f"/admin/reports/{report}/dismiss")
    later = reported(app, "post", post, a_person(app), mara, reason="minor", note="She is twelve")
    again = desk.send(stale)
    assert again.status == 422
    assert "She is twelve" in again.text
    assert [state(app, one) for one in (report, later)] == ["waiting", "waiting"]
    stale = again.form(f"/admin/reports/{report}/dismiss")
    second = signed_in(app, a_person(app, roles=("fan", "moderator")), second_factor=True)
    decide(second, report, "uphold")
    assert "decided about this meanwhile" in desk.send(stale).text
    assert [state(app, one) for one in (report, later)] == ["upheld", "upheld"]


def test_a_comment_is_taken_down_and_put_back(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID, page: PageClient
) -> None:
    comment = some_comments(app, post, ben.id, ["Rude words"])[0]
    report = reported(app, "comment", comment, mara, ben)
    decide(desk, report, "uphold")
    assert "Rude words" not in page.get(f"/posts/{post}").text
    assert "Rude words" in desk.get(f"/admin/reports/{report}").text
    decide(desk, report, "dismiss")
    shown = page.get(f"/posts/{post}")
    assert "Rude words" in shown.text
    assert shown.one("#comment-count").get_text() == "1"


def test_all_that_a_page_posted_closes_and_opens_again(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID, page: PageClient
) -> None:
    report = reported(app, "creator", mara.id, ben, mara)
    decide(desk, report, "uphold")
    assert page.get(f"/posts/{post}").status == 404
    decide(desk, report, "dismiss")
    assert page.get(f"/posts/{post}").status == 200


def test_a_moderator_is_let_in_for_an_hour_and_that_is_on_record(
    app: Flask, desk: PageClient, mara: Person, ben: Person, fixed_clock: FixedClock
) -> None:
    locked = a_post(app, mara.id, audience="paid", price=499, body_html=f"<p>{SECRET}</p>")
    report = reported(app, "post", locked, ben, mara)
    assert SECRET not in desk.get(f"/posts/{locked}").text
    shown = decide(desk, report, "open")
    assert SECRET in shown.text
    assert "Opened for staff" in shown.text
    assert [one.subject_id for one in on_record(app, "moderation.report_opened")] == [str(report)]
    fixed_clock.move(timedelta(minutes=61))
    assert SECRET not in desk.get(f"/posts/{locked}").text


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_a_moderator_whose_role_is_taken_is_out_at_once(
    app: Flask, mara: Person, ben: Person, role: str
) -> None:
    desk = signed_in(app, a_person(app, "moira", roles=("fan", role)), second_factor=True)
    locked = a_post(app, mara.id, audience="paid", price=499, body_html=f"<p>{SECRET}</p>")
    assert SECRET in decide(desk, reported(app, "post", locked, ben, mara), "open").text
    with app.app_context():
        moira = db.session.scalars(select(User.id).where(User.handle == "moira")).one()
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    admin.send(admin.get(f"/admin/people/{moira}").form(r".*/roles/revoke"))
    assert SECRET not in desk.get(f"/posts/{locked}").text


def test_what_its_author_deleted_meanwhile_gives_its_files_back(
    app: Flask, desk: PageClient, ben: Person
) -> None:
    author = an_author(app)
    shown, typed = (str(a_picture(app, author.person)["id"]) for _ in range(2))
    post = author.write(title="Night trains", media=[shown])
    author.page.post(f"/posts/{post}/autosave", author.editor(post).fields | {"media": [shown, typed]})
    report = reported(app, "post", post, ben, author.person)
    decide(desk, report, "uphold")
    author.press(post, "delete")
    decide(desk, report, "dismiss")
    again = author.write(title="Night trains", media=[shown, typed])
    assert len(stored(app, again).media) == 2


def publish_due(app: Flask) -> int:
    with app.app_context():
        return publishing.publish_due()


def edit_out(author: Author, post: UUID) -> None:
    author.page.send(author.editor(post).fill(media=[]), intent="publish")


def delete(author: Author, post: UUID) -> None:
    author.press(post, "delete")


@pytest.mark.parametrize("hide", [edit_out, delete])
def test_what_was_reported_is_taken_down_whatever_its_author_did_meanwhile(
    app: Flask, desk: PageClient, ben: Person, hide: Callable[[Author, UUID], None]
) -> None:
    author = an_author(app)
    shown, other = (str(a_picture(app, author.person)["id"]) for _ in range(2))
    post = author.write(title="Night trains", media=[shown])
    edit_out(author, post)
    author.page.send(author.editor(post).fill(media=[other]), intent="publish")
    report = reported(app, "post", post, ben, author.person)
    hide(author, post)
    decide(desk, report, "uphold")
    refused = author.page.send(author.blank(title="Once more", media=[other]), intent="publish")
    assert refused.status == 422
    assert "One of the files is gone" in refused.text
    author.write(title="What stood there before anybody complained", media=[shown])


@pytest.mark.parametrize("hide", [edit_out, delete])
def test_whoever_decides_sees_what_its_author_took_out_meanwhile(
    app: Flask, desk: PageClient, ben: Person, hide: Callable[[Author, UUID], None]
) -> None:
    author = an_author(app)
    shown, other = (str(a_picture(app, author.person)["id"]) for _ in range(2))
    post = author.write(title="Night trains", media=[shown])
    edit_out(author, post)
    author.page.send(author.editor(post).fill(media=[other]), intent="publish")
    report = f"/admin/reports/{reported(app, 'post', post, ben, author.person)}"
    assert not desk.get(report).soup.select("main .pic img")
    hide(author, post)
    doors.clear()
    address = str(desk.get(report).one("main .pic img")["src"])
    assert desk.http.get(address).status_code == 200
    assert [one.http.get(address).status_code for one in (signed_in(app, ben), author.page)] == [404, 404]
    desk.send(desk.get(report).form(f"{report}/dismiss"))
    doors.clear()
    assert desk.http.get(address).status_code == 404
    assert not desk.get(report).soup.select("main .pic img")


def test_what_was_taken_out_of_a_post_while_it_was_down_comes_back_as_well(
    app: Flask, desk: PageClient, ben: Person
) -> None:
    author = an_author(app)
    shown, typed = (str(a_picture(app, author.person)["id"]) for _ in range(2))
    post = author.write(title="Night trains", media=[shown])
    author.page.post(f"/posts/{post}/autosave", author.editor(post).fields | {"media": [shown, typed]})
    report = reported(app, "post", post, ben, author.person)
    decide(desk, report, "uphold")
    edit_out(author, post)
    decide(desk, report, "dismiss")
    again = author.write(title="Night trains", media=[shown, typed])
    assert len(stored(app, again).media) == 2


def test_a_second_one_that_no_reader_sees_yet_does_not_go_out_instead(
    app: Flask, desk: PageClient, ben: Person, fixed_clock: FixedClock
) -> None:
    author = an_author(app)
    first, second, third = (str(a_picture(app, author.person, digest=b"the same")["id"]) for _ in range(3))
    post = author.write(title="Night trains", media=[first])
    draft = author.write("draft", title="Once more", media=[second])
    due = clock.now() + timedelta(minutes=5)
    scheduled = author.write("schedule", title="Later", media=[third], publish_at=f"{due:%Y-%m-%dT%H:%M}")
    report = reported(app, "post", post, ben, author.person)
    decide(desk, report, "uphold")
    work_off(app)
    told = [one.href for one in lines_of(app, author.person) if one.event == "held_back"]
    assert told == [f"/posts/{scheduled}/edit"]
    assert author.page.send(author.editor(draft), intent="publish").status == 422
    fixed_clock.move(timedelta(minutes=6))
    assert publish_due(app) == 0
    assert "cannot be used" in author.page.get("/dashboard/posts?tab=scheduled").text
    decide(desk, report, "dismiss")
    assert publish_due(app) == 1
    assert len(stored(app, scheduled).media) == 1


def test_a_second_one_that_readers_see_elsewhere_stays(app: Flask, desk: PageClient, ben: Person) -> None:
    author = an_author(app)
    first, second = (str(a_picture(app, author.person, digest=b"the same")["id"]) for _ in range(2))
    post, other = (author.write(title="Night trains", media=[one]) for one in (first, second))
    decide(desk, reported(app, "post", post, ben, author.person), "uphold")
    author.page.send(author.editor(other).fill(body="A word more"), intent="publish")
    assert "A word more" in stored(app, other).body
    with app.app_context():
        assert db.session.get_one(Media, UUID(second)).public


@pytest.mark.parametrize("taken", [Kind.PURCHASE, Kind.GIFT])
def test_a_second_one_that_was_sold_stays_with_its_buyers(
    app: Flask, desk: PageClient, ben: Person, taken: Kind
) -> None:
    author = an_author(app)
    first, second = (str(a_picture(app, author.person, digest=b"the same")["id"]) for _ in range(2))
    post, other = (author.write(title="Night trains", media=[one]) for one in (first, second))
    with app.app_context(), transaction():
        grants.grant(ben.id, other, taken, cause="invoice-line:1")
    author.press(other, "unpublish")
    decide(desk, reported(app, "post", post, a_person(app, "zoe"), author.person), "uphold")
    doors.clear()
    buyer = signed_in(app, ben)
    address = str(buyer.get(f"/posts/{other}").one(".media img")["src"])
    assert buyer.http.get(address).status_code == 200


def test_what_went_on_to_another_post_meanwhile_is_as_open_as_before(
    app: Flask, desk: PageClient, ben: Person
) -> None:
    author = an_author(app)
    picture = str(a_picture(app, author.person)["id"])
    post = author.write(title="Night trains", body="By night", media=[picture])
    report = reported(app, "post", post, ben, author.person)
    edit_out(author, post)
    other = author.write(title="Day trains", media=[picture])
    decide(desk, report, "uphold")
    work_off(app)
    assert not stored(app, other).media[0]["public"]
    decide(desk, report, "dismiss")
    work_off(app)
    with app.app_context():
        assert db.session.get_one(Media, UUID(picture)).public
    assert stored(app, other).media[0]["public"]


@pytest.mark.parametrize("other_is_there", [True, False])
def test_what_another_decision_took_down_does_not_come_back_by_this_one(
    app: Flask, desk: PageClient, ben: Person, *, other_is_there: bool
) -> None:
    author = an_author(app)
    files = [str(a_picture(app, author.person, digest=b"the same")["id"]) for _ in range(3)]
    post, other = (author.write(title="Night trains", media=[one]) for one in files[:2])
    draft = author.write("draft", title="Once more", media=[files[2]])
    first, second = (reported(app, "post", one, ben, author.person) for one in (post, other))
    for report in (first, second):
        decide(desk, report, "uphold")
    if not other_is_there:
        delete(author, other)
    decide(desk, first, "dismiss")
    stands = ["clean", "removed", "removed"]
    with app.app_context():
        assert [db.session.get_one(Media, UUID(one)).moderation for one in files] == stands
    assert author.page.send(author.editor(draft), intent="publish").status == 422
    decide(desk, second, "dismiss")
    author.page.send(author.editor(draft), intent="publish")
    assert stored(app, draft).state == "published"


def test_putting_back_opens_nothing_that_was_not_out(app: Flask, desk: PageClient, ben: Person) -> None:
    author = an_author(app)
    shown, typed = (str(a_picture(app, author.person)["id"]) for _ in range(2))
    post = author.write(title="Night trains", media=[shown])
    author.page.post(f"/posts/{post}/autosave", author.editor(post).fields | {"media": [shown, typed]})
    report = reported(app, "post", post, ben, author.person)
    decide(desk, report, "uphold")
    decide(desk, report, "dismiss")
    with app.app_context():
        assert [db.session.get_one(Media, UUID(one)).public for one in (shown, typed)] == [True, False]


def test_what_was_taken_down_can_be_looked_at_again(
    app: Flask, desk: PageClient, mara: Person, ben: Person, post: UUID
) -> None:
    report = reported(app, "post", post, ben, mara)
    decide(desk, report, "uphold")
    assert SECRET in decide(desk, report, "open").text
    assert signed_in(app, mara).get(f"/posts/{post}").status == 404


def unpublish(author: Author, post: UUID) -> None:
    author.press(post, "unpublish")


def close(author: Author, _: UUID) -> None:
    with author.app.app_context(), transaction():
        pages.close(author.id)


def suspend(author: Author, _: UUID) -> None:
    suspends(author.app, author.person)


def page_down(author: Author, _: UUID) -> None:
    with author.app.app_context(), transaction():
        grants.deny(author.id, Closed.TAKEDOWN, cause="report")


@pytest.mark.parametrize("hide", [delete, unpublish, close, page_down])
def test_nor_of_a_post_that_nobody_sees_for_another_reason(
    app: Flask, desk: PageClient, ben: Person, hide: Callable[[Author, UUID], None]
) -> None:
    author = an_author(app)
    post = author.write(title="Night trains")
    said = some_comments(app, post, ben.id, ["Rubbish"])[0]
    zoe = a_person(app, "zoe")
    first = reported(app, "post", post, zoe, author.person)
    second = reported(app, "comment", said, zoe, ben)
    for report in (first, second):
        decide(desk, report, "uphold")
    hide(author, post)
    for report in (first, second):
        decide(desk, report, "dismiss")
    for person, noun in ((author.person, "post"), (ben, "comment")):
        told = last_letter(app, person.email, "report_taken_back").text
        assert f"looked again at your {noun}" in told
        assert "as it was before" not in told


@pytest.mark.parametrize("hide", [unpublish, close, suspend])
def test_what_was_reported_can_be_looked_at_wherever_its_author_went(
    app: Flask,
    desk: PageClient,
    ben: Person,
    fixed_clock: FixedClock,
    hide: Callable[[Author, UUID], None],
) -> None:
    author = an_author(app)
    picture = str(a_picture(app, author.person)["id"])
    post = author.write(title="Night trains", body=SECRET, media=[picture])
    draft = author.write("draft", title="Nobody's business", body="Not out yet")
    report = reported(app, "post", post, ben, author.person)
    hide(author, post)
    assert desk.get(f"/posts/{post}").status == 404
    shown = decide(desk, report, "open")
    assert SECRET in shown.text
    pictures = [str(one["src"]) for one in shown.soup.select(".media img")]
    doors.clear()
    assert pictures
    assert [desk.http.get(one).status_code for one in pictures] == [200] * len(pictures)
    others = [signed_in(app, ben).get(f"/posts/{post}"), desk.get(f"/posts/{draft}")]
    assert [one.status for one in others] == [404, 404]
    fixed_clock.move(timedelta(minutes=61))
    doors.clear()
    assert desk.get(f"/posts/{post}").status == 404


def complain(app: Flask, reader: PageClient, kind: str, subject: UUID) -> UUID:
    """Through the front door, as whoever sees it would; the report's id."""
    path = f"/report/{kind}/{subject}"
    reader.send(reader.get(path).form(path), reason="abuse")
    with app.app_context():
        newest = select(Report.id).where(Report.subject_id == subject).order_by(Report.id.desc())
        found = db.session.scalars(newest).first()
    assert found
    return found


def test_what_was_reported_is_decided_about_as_it_was_then(
    app: Flask, desk: PageClient, ben: Person, mara: Person, post: UUID
) -> None:
    author, reader, zoe = an_author(app), signed_in(app, ben), signed_in(app, a_person(app, "zoe"))
    own = author.write(title="Go and get her", body="She lives in the yellow house")
    said = some_comments(app, post, author.id, ["I will find you"])[0]
    first, comment = complain(app, reader, "post", own), complain(app, reader, "comment", said)
    about = complain(app, reader, "person", author.id)
    assert "changed since" not in desk.get(f"/admin/reports/{first}").text
    author.page.send(author.editor(own).fill(title="Flowers", body="Roses and more"), intent="publish")
    author.page.send(author.page.get(f"/comments/{said}/edit").form(f"/comments/{said}/edit"), body="Lovely")
    author.page.send(author.page.get("/settings/profile").form("/settings/profile"), display_name="Somebody")
    second = complain(app, zoe, "post", own)
    for report in (first, second):
        for word in ("Go and get her", "yellow house", "changed since", "Flowers", "Roses and more"):
            assert word in desk.get(f"/admin/reports/{report}").text
    for report, was, now in ((comment, "I will find you", "Lovely"), (about, "changed since", "Somebody")):
        assert was in desk.get(f"/admin/reports/{report}").text
        assert now in desk.get(f"/admin/reports/{report}").text
    author.page.send(author.editor(own).fill(body="Tulips"), intent="publish")
    complain(app, reader, "post", own)
    for word in ("yellow house", "Tulips"):
        assert word in desk.get(f"/admin/reports/{first}").text, "whoever says more takes nothing back"
    delete(author, own)
    author.page.send(author.page.get(f"/posts/{post}").form(f"/comments/{said}/delete"))
    assert "yellow house" in desk.get(f"/admin/reports/{first}").text
    assert "I will find you" in desk.get(f"/admin/reports/{comment}").text
    with app.app_context(), transaction():
        db.session.execute(db.delete(Post).where(Post.id == own))
    assert "yellow house" in desk.get(f"/admin/reports/{first}").text


def test_what_moderators_read_of_a_closed_post_does_not_reach_who_reported_it(
    app: Flask, desk: PageClient, mara: Person, ben: Person
) -> None:
    locked = a_post(app, mara.id, audience="paid", price=499, body_html=f"<p>{SECRET}</p>")
    report = complain(app, signed_in(app, ben), "post", locked)
    with app.app_context(), transaction():
        theirs = [str(row) for row in registry().tables["reports"].export(ben.id)]
    assert len(theirs) == 1
    assert SECRET not in theirs[0]
    assert SECRET in desk.get(f"/admin/reports/{report}").text


def test_nobody_decides_about_their_own(app: Flask, ben: Person) -> None:
    moderator = a_person(app, "moira", roles=("fan", "moderator"))
    own = a_post(app, moderator.id)
    report = reported(app, "post", own, ben, moderator)
    desk = signed_in(app, moderator, second_factor=True)
    shown = desk.get(f"/admin/reports/{report}")
    assert "another moderator decides" in shown.text
    assert not shown.has_form(f"/admin/reports/{report}/.*")
    fields = desk.get("/settings/profile").form("/settings/profile").fields
    for what in ("open", "uphold", "dismiss"):
        sent = {"csrf_token": fields["csrf_token"], "idempotency_key": what}
        assert desk.post(f"/admin/reports/{report}/{what}", sent).status == 422
    assert state(app, report) == "waiting"


def test_what_is_gone_meanwhile_can_still_be_put_away(
    app: Flask, desk: PageClient, mara: Person, ben: Person
) -> None:
    report = reported(app, "post", new_id(), ben, mara)
    assert "It is gone" in desk.get(f"/admin/reports/{report}").text
    decide(desk, report, "dismiss")
    assert state(app, report) == "dismissed"


def test_an_admin_finds_the_account_from_there(
    app: Flask, mara: Person, ben: Person, desk: PageClient
) -> None:
    report = reported(app, "person", mara.id, ben, mara)
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    account = f"a[href='/admin/people/{mara.id}']"
    assert admin.get(f"/admin/reports/{report}").one(account)
    assert not desk.get(f"/admin/reports/{report}").soup.select(account)


def test_no_report_has_no_page(desk: PageClient) -> None:
    assert desk.get(f"/admin/reports/{new_id()}").status == 404
