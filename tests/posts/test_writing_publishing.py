"""Authors publish, change, schedule, take back and delete; what is counted and told stays right."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.operations import roles
from app.creators.models import Creator
from app.creators.operations import pages
from app.entitlements.operations import grants
from app.entitlements.rules import Closed
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.media.models import Media
from app.platform import cleanup, work
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from app.posts.models import Poll, PollOption, Post
from app.posts.operations import publishing
from app.posts.reporting import CAUSE
from tests.accounts.stored import waiting
from tests.accounts.taking_over import ask, confirm, listed, take_back, undo_link
from tests.factories.creators import follows
from tests.factories.media import a_picture
from tests.factories.people import a_person, signed_in
from tests.factories.posts import a_post, some_posts
from tests.notifications.happenings import lines_of
from tests.page_client import PageClient
from tests.posts.authors import Author, a_tier, an_author, history, stored
from tests.queries import counting
from tests.support import eventually


def times_out(app: Flask) -> int:
    """How often a post went out, by the record."""
    with app.app_context():
        went_out = select(func.count()).where(AuditRecord.action == "post.published")
        return db.session.scalar(went_out) or 0


def publish_due(app: Flask) -> int:
    with app.app_context():
        return publishing.publish_due()


def test_a_published_post_is_read_by_everybody_and_counted_once(app: Flask, page: PageClient) -> None:
    author = an_author(app)
    post_id = author.write(title="Dawn over the harbour", body="A **bold** morning 🌅 שלום")
    seen = page.get(f"/posts/{post_id}")
    assert seen.status == 200
    assert "Dawn over the harbour" in seen.text
    assert seen.one(".prose strong").get_text() == "bold"
    creator, post = author.creator(), stored(app, post_id)
    assert (creator.posts, creator.last_post_at) == (1, post.published_at)
    assert times_out(app) == 1


def test_a_draft_is_nobodys_but_its_authors(app: Flask, page: PageClient) -> None:
    author = an_author(app)
    post_id = author.write("draft", title="Not yet", body="Half a thought")
    assert page.get(f"/posts/{post_id}").status == 404
    form = author.editor(post_id)
    assert (form.fields["title"], form.fields["body"]) == ("Not yet", "Half a thought")
    assert author.creator().posts == 0
    assert times_out(app) == 0


@pytest.mark.parametrize("path", ["edit", "history", "preview"])
def test_other_peoples_posts_are_as_good_as_none(app: Flask, path: str) -> None:
    mine, other = an_author(app), an_author(app)
    post_id = mine.write(title="Mine", body="Mine alone")
    assert other.page.get(f"/posts/{post_id}/{path}").status == 404
    assert other.page.get(f"/posts/{UUID(int=post_id.int + 1)}/{path}").status == 404


@pytest.mark.parametrize(
    "what",
    ["edit", "unpublish", "delete", "pin", "unpin", "duplicate", "discard", "take-back", "history/1/restore"],
)
def test_nobody_changes_other_peoples_posts(app: Flask, what: str) -> None:
    mine, other = an_author(app), an_author(app)
    post_id = mine.write(title="Mine", body="Mine alone")
    fields = other.blank(title="Yours", body="now").fields | {"intent": "publish", "post_id": str(post_id)}
    answer = other.page.post(f"/posts/{post_id}/{what}", fields)
    assert answer.status == 404
    kept = stored(app, post_id)
    assert (kept.title, kept.state) == ("Mine", "published")
    assert other.page.post(f"/posts/{post_id}/autosave", fields).status == 404
    assert other.page.post("/posts/new", fields | {"idempotency_key": "another"}).status == 404
    assert stored(app, post_id).working is None


def test_a_fan_has_no_editor(app: Flask) -> None:
    assert signed_in(app, a_person(app)).get("/posts/new").status == 403


def test_a_double_click_publishes_once(app: Flask) -> None:
    author = an_author(app)
    form = author.blank(title="Once", body="only")
    first = author.page.send(form, intent="publish", follow=False)
    second = author.page.send(form, intent="publish", follow=False)
    assert first.location == second.location
    assert author.creator().posts == 1
    assert times_out(app) == 1


def test_a_script_with_the_stable_field_names_publishes(app: Flask) -> None:
    author = an_author(app)
    gold = a_tier(app, author, "Gold", 2)
    hidden = {
        name: value
        for name, value in author.blank().fields.items()
        if name in {"csrf_token", "idempotency_key"}
    }
    fields = hidden | {
        "title": "T",
        "body": "B",
        "visibility": "subscribers",
        "tier_id": str(gold),
        "price": "5",
    }
    assert author.page.post("/posts/new", fields, follow=False).status == 303
    post = stored(app, author.newest())
    assert (post.state, post.audience, post.rank, post.price) == ("published", "subscribers", 2, 500)
    again = fields | {"idempotency_key": "another", "title": "T, changed"}
    assert author.page.post(f"/posts/{post.id}/edit", again, follow=False).status == 303
    assert stored(app, post.id).title == "T, changed"


def test_unpublishing_hides_it_and_publishing_again_keeps_its_place(app: Flask, page: PageClient) -> None:
    author = an_author(app)
    post_id = author.write(title="In and out", body="x")
    published_at = stored(app, post_id).published_at
    author.press(post_id, "unpublish")
    assert page.get(f"/posts/{post_id}").status == 404
    assert (author.creator().posts, author.creator().last_post_at) == (0, None)
    author.page.send(author.editor(post_id), intent="publish")
    assert page.get(f"/posts/{post_id}").status == 200
    assert (author.creator().posts, stored(app, post_id).published_at) == (1, published_at)


def test_deleting_takes_it_away_at_once_and_for_good_after_a_month(
    app: Flask, fixed_clock: FixedClock
) -> None:
    author = an_author(app)
    post_id, other = author.write(title="Away", body="x"), author.write("draft", title="Stays")
    author.press(post_id, "delete")
    assert author.page.get(f"/posts/{post_id}").status == 404
    assert author.page.get(f"/posts/{post_id}/edit").status == 404
    assert author.creator().posts == 0
    fixed_clock.move(timedelta(days=29))
    with app.app_context():
        cleanup.clean()
        assert db.session.get(Post, post_id) is not None
        fixed_clock.move(timedelta(days=2))
        cleanup.clean()
        db.session.expire_all()
        assert db.session.get(Post, post_id) is None
        assert db.session.get(Post, other) is not None


def test_an_edit_counts_the_version_up_and_keeps_the_text_before(app: Flask, page: PageClient) -> None:
    author = an_author(app)
    post_id = author.write(title="First", body="one")
    version = stored(app, post_id).version
    author.page.send(author.editor(post_id), intent="publish", body="two")
    after = stored(app, post_id)
    assert after.version > version
    assert after.edited_at is not None
    assert [(one.title, one.body) for one in history(app, post_id)] == [("First", "one")]
    assert "two" in page.get(f"/posts/{post_id}").text
    assert "one" in author.page.get(f"/posts/{post_id}/history").text


def test_publishing_the_same_again_changes_nothing(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write(
        title="Same", body="same", link="https://example.org/a", price="3", visibility="paid"
    )
    before = stored(app, post_id).version
    author.page.send(author.editor(post_id), intent="publish")
    after = stored(app, post_id)
    assert (after.version, after.edited_at, history(app, post_id)) == (before, None, [])


def test_an_earlier_text_comes_back_into_the_editor(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write(title="First", body="one")
    author.page.send(author.editor(post_id), intent="publish", body="two")
    shown = author.page.get(f"/posts/{post_id}/history")
    editor = author.page.send(shown.form(r".*/restore"))
    assert editor.form(f"/posts/{post_id}/edit").fields["body"] == "one"
    assert stored(app, post_id).body == "two"
    author.press(post_id, "discard")
    assert author.editor(post_id).fields["body"] == "two"


def test_a_scheduled_post_goes_out_at_its_time_and_once(
    app: Flask, page: PageClient, fixed_clock: FixedClock
) -> None:
    author = an_author(app)
    at = (clock.now() + timedelta(hours=3)).replace(second=0, microsecond=0)
    local = at + timedelta(hours=2)  # as the author's own clock shows it
    post_id = author.write(
        "schedule", title="Later", body="x", publish_at=f"{local:%Y-%m-%dT%H:%M}", utc_offset="120"
    )
    assert stored(app, post_id).publish_at == at
    assert publish_due(app) == 0
    assert page.get(f"/posts/{post_id}").status == 404
    fixed_clock.at = at + timedelta(seconds=1)
    assert (publish_due(app), publish_due(app)) == (1, 0)
    assert page.get(f"/posts/{post_id}").status == 200
    assert author.creator().posts == 1
    assert times_out(app) == 1


def test_without_an_offset_the_time_is_utc(app: Flask) -> None:
    author = an_author(app)
    at = (clock.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    post_id = author.write("schedule", title="Later", publish_at=f"{at:%Y-%m-%dT%H:%M}")
    assert stored(app, post_id).publish_at == at


def test_a_scheduled_post_can_be_changed_and_taken_back(app: Flask, fixed_clock: FixedClock) -> None:
    author = an_author(app)
    soon, later = (f"{clock.now() + timedelta(hours=h):%Y-%m-%dT%H:%M}" for h in (1, 5))
    post_id = author.write("schedule", title="Later", body="x", publish_at=soon)
    author.page.send(author.editor(post_id), intent="schedule", publish_at=later, body="y")
    fixed_clock.move(timedelta(hours=2))
    assert publish_due(app) == 0
    author.press(post_id, "take-back")
    fixed_clock.move(timedelta(hours=9))
    assert publish_due(app) == 0
    assert (stored(app, post_id).state, author.editor(post_id).fields["body"]) == ("draft", "y")


def test_what_a_thief_scheduled_is_a_draft_once_the_account_is_taken_back(
    app: Flask, fixed_clock: FixedClock
) -> None:
    author = an_author(app)
    soon = f"{clock.now() + timedelta(hours=3):%Y-%m-%dT%H:%M}"
    mine = author.write("schedule", title="Mine", publish_at=soon)
    fixed_clock.move(timedelta(minutes=1))
    ask(author.page)
    confirm(app, author.page)
    planted = author.write("schedule", title="Send me coins", body="x", publish_at=soon)
    back = take_back(app, author.person)
    assert listed(back) == ["The scheduled post Send me coins; it is a draft again"]
    assert stored(app, planted).state == "draft"
    fixed_clock.move(timedelta(hours=4))
    assert publish_due(app) == 1
    assert stored(app, mine).state == "published"


def test_an_account_is_taken_back_also_while_what_a_thief_scheduled_goes_out(
    app: Flask, fixed_clock: FixedClock
) -> None:
    author = an_author(app)
    ask(author.page)
    confirm(app, author.page)
    soon = f"{clock.now() + timedelta(hours=3):%Y-%m-%dT%H:%M}"
    planted = author.write("schedule", title="Send me coins", body="x", publish_at=soon)
    link = undo_link(app, author.person)
    fixed_clock.move(timedelta(hours=4))
    with ThreadPoolExecutor(2) as pool:
        with app.app_context(), transaction():
            # Whoever publishes waits for the page's row in the end, and has the post until then.
            db.session.get_one(Creator, author.person.id, with_for_update=True)
            gone_out = pool.submit(publish_due, app)
            eventually(lambda: waiting() == 1)
            back = pool.submit(take_back, app, author.person, link)
            eventually(lambda: waiting() == 2)
        assert gone_out.result() == 1
    assert (back.result().status, listed(back.result())) == (200, [])
    assert "Choose a new password" in back.result().text
    assert stored(app, planted).state == "published"


@pytest.mark.parametrize("state", ["waiting", "receiving"])
def test_what_was_begun_to_be_sent_is_not_scheduled(app: Flask, state: str) -> None:
    author = an_author(app)
    begun = a_picture(app, author.person, ready=False, state=state, attached=False)["id"]
    soon = f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    answer = author.page.send(author.blank(title="Later", media=[begun]), intent="schedule", publish_at=soon)
    assert answer.status == 422
    assert "has not arrived yet" in answer.text


def test_posts_that_wait_for_a_file_take_nobodys_turn(app: Flask, fixed_clock: FixedClock) -> None:
    author, due = an_author(app), clock.now() - timedelta(minutes=5)
    stuck = a_picture(app, author.person, ready=False)
    waiting = some_posts(app, author.id, 60, state="scheduled", publish_at=due, media=[stuck])
    fixed_clock.move(timedelta(minutes=1))
    other = some_posts(app, author.id, 60, state="scheduled", publish_at=due + timedelta(minutes=1))
    assert [publish_due(app) for _ in range(3)] == [50, 10, 0]
    assert stored(app, other[-1]).state == "published"
    with counting(app) as sent:
        publish_due(app)
    assert len(sent) == 1, sent
    with app.app_context(), transaction():
        db.session.get_one(Media, UUID(stuck["id"])).state = "ready"
    assert publish_due(app) == 50
    assert stored(app, waiting[0]).state == "published"


def suspended(app: Flask, author: Author) -> Callable[[], object]:
    admin = a_person(app, roles=("fan", "admin"))
    with app.app_context(), transaction():
        roles.suspend(author.id, actor=admin.id)
    return lambda: roles.restore(author.id, actor=admin.id)


def taken_down(app: Flask, author: Author) -> Callable[[], object]:
    with app.app_context(), transaction():
        grants.deny(author.id, Closed.TAKEDOWN, cause=CAUSE)
    return lambda: grants.lift(author.id, cause=CAUSE)


@pytest.mark.parametrize("closed", [suspended, taken_down])
def test_nothing_of_somebody_who_was_sent_away_goes_out_and_is_told(
    app: Flask, fixed_clock: FixedClock, closed: Callable[[Flask, Author], Callable[[], object]]
) -> None:
    author, fan = an_author(app), a_person(app)
    follows(app, fan, author.person)
    due = f"{clock.now() + timedelta(minutes=5):%Y-%m-%dT%H:%M}"
    author.write(title="Out already", body="A moment ago")
    waits = author.write("schedule", title="Waits", body="For its time", publish_at=due)
    come_back = closed(app, author)
    fixed_clock.move(timedelta(minutes=6))
    assert publish_due(app) == 0
    with app.app_context():
        work.drain()
    assert (stored(app, waits).state, lines_of(app, fan)) == ("scheduled", [])
    with app.app_context(), transaction():
        come_back()
    assert publish_due(app) == 1
    with app.app_context():
        work.drain()
    assert [line.words["post"] for line in lines_of(app, fan)] == ["“Waits”"]


@pytest.mark.parametrize("hours", [1.99, 5])
def test_a_poll_is_open_as_long_as_it_was_meant_to_be_when_its_post_waited_for_its_page(
    app: Flask, page: PageClient, fixed_clock: FixedClock, hours: float
) -> None:
    author = an_author(app)
    soon, closes = (f"{clock.now() + timedelta(hours=hours):%Y-%m-%dT%H:%M}" for hours in (1, 2))
    asked = {"poll_question": "Tea?", "poll_options": "Yes\nNo", "poll_closes_at": closes}
    post_id = author.write("schedule", title="Ask", publish_at=soon, **asked)
    with app.app_context(), transaction():
        pages.close(author.id)
    fixed_clock.move(timedelta(hours=hours))
    assert publish_due(app) == 0
    with app.app_context(), transaction():
        pages.reopen(author.id)
    assert publish_due(app) == 1
    shown = page.get(f"/posts/{post_id}").one("#poll").get_text(" ")
    assert "closed" not in shown
    with app.app_context():
        closes_at = db.session.get_one(Poll, post_id).closes_at
    assert closes_at is not None
    assert timedelta(minutes=59) < closes_at - fixed_clock.at <= timedelta(hours=1)


def test_a_poll_that_readers_knew_is_not_opened_again(app: Flask, fixed_clock: FixedClock) -> None:
    author = an_author(app)
    soon, closes = (clock.now() + timedelta(hours=hours) for hours in (1, 2))
    asked = {"poll_question": "Tea?", "poll_options": "Yes\nNo", "poll_closes_at": f"{closes:%Y-%m-%dT%H:%M}"}
    post_id = author.write(title="Ask", **asked)
    author.press(post_id, "unpublish")
    author.page.send(author.editor(post_id), intent="schedule", publish_at=f"{soon:%Y-%m-%dT%H:%M}")
    with app.app_context(), transaction():
        pages.close(author.id)
    fixed_clock.move(timedelta(hours=5))
    with app.app_context(), transaction():
        pages.reopen(author.id)
    assert publish_due(app) == 1
    with app.app_context():
        closes_at = db.session.get_one(Poll, post_id).closes_at
    assert closes_at is not None
    assert closes_at <= closes


def test_few_posts_are_pinned_at_a_time(app: Flask) -> None:
    author = an_author(app)
    posts = [author.write(title=f"Number {n}", body="x") for n in range(4)]
    desk = author.page.get("/dashboard/posts")
    for post_id in posts[:3]:
        assert "Pinned" in author.page.send(desk.form(f"/posts/{post_id}/pin")).text
    refused = author.page.send(desk.form(f"/posts/{posts[3]}/pin"))
    assert "Unpin one of them first" in refused.text
    assert stored(app, posts[3]).pinned_at is None
    author.page.send(author.page.get("/dashboard/posts").form(f"/posts/{posts[0]}/unpin"))
    author.page.send(desk.form(f"/posts/{posts[3]}/pin").fill(idempotency_key="again"))
    assert stored(app, posts[3]).pinned_at is not None


def test_a_poll_is_made_changed_and_stays_once_people_voted(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write(title="Ask", poll_question="Tea?", poll_options="Yes\nNo\n\n", poll_several="y")
    with app.app_context():
        assert db.session.get_one(Poll, post_id).several
        assert db.session.scalars(select(PollOption.label).order_by(PollOption.position)).all() == [
            "Yes",
            "No",
        ]
    author.page.send(author.editor(post_id), intent="publish", poll_options="Yes\nNo\nMaybe")
    with app.app_context():
        options = db.session.scalars(select(PollOption).order_by(PollOption.position)).all()
        assert [option.label for option in options] == ["Yes", "No", "Maybe"]
        with transaction():
            db.session.execute(db.update(PollOption).where(PollOption.id == options[0].id).values(votes=1))
    refused = author.page.send(author.editor(post_id), intent="publish", poll_options="A\nB")
    assert refused.status == 422
    assert "People have voted" in refused.errors["poll_question"]
    assert author.page.send(author.editor(post_id), intent="publish", body="More words").status == 200


def archive(author: Author, tier_id: UUID) -> None:
    form = author.page.get(f"/dashboard/tiers/{tier_id}").form(f"/dashboard/tiers/{tier_id}/archive")
    author.page.send(form)


def for_an_archived_tier(app: Flask, author: Author, intent: str = "publish", **fields: str) -> UUID:
    """The second of two."""
    a_tier(app, author, "Gold", 1)
    high = a_tier(app, author, "Platinum", 2)
    post_id = author.write(intent, title="Rare", visibility="subscribers", tier_id=str(high), **fields)
    archive(author, high)
    return post_id


def test_a_post_stays_with_its_archived_tier_when_it_is_edited(app: Flask) -> None:
    author = an_author(app)
    post_id = for_an_archived_tier(app, author, body="A tpyo")
    shown = author.page.get(f"/posts/{post_id}/edit")
    assert shown.one("#tier_id option[selected]").get_text() == "Platinum (archived)"
    author.page.send(author.editor(post_id), intent="publish", body="A typo")
    assert (stored(app, post_id).body, stored(app, post_id).rank) == ("A typo", 2)


def test_a_post_stays_with_its_archived_tier_when_it_is_restored(app: Flask) -> None:
    author = an_author(app)
    post_id = for_an_archived_tier(app, author, body="First")
    author.page.send(author.editor(post_id), intent="publish", body="Second")
    [earlier] = history(app, post_id)
    history_page = author.page.get(f"/posts/{post_id}/history")
    author.page.send(history_page.form(f"/posts/{post_id}/history/{earlier.version}/restore"))
    author.page.send(author.editor(post_id), intent="publish")
    assert (stored(app, post_id).body, stored(app, post_id).rank) == ("First", 2)


def test_a_post_stays_with_its_archived_tier_when_it_is_taken_back(app: Flask) -> None:
    author = an_author(app)
    soon = f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    post_id = for_an_archived_tier(app, author, "schedule", publish_at=soon)
    author.press(post_id, "take-back")
    author.page.send(author.editor(post_id), intent="publish")
    assert (stored(app, post_id).state, stored(app, post_id).rank) == ("published", 2)


@pytest.mark.parametrize("intent", ["publish", "draft"])
def test_a_copy_is_for_the_same_archived_tier(app: Flask, intent: str) -> None:
    author = an_author(app)
    author.press(for_an_archived_tier(app, author, intent), "duplicate")
    copy = author.newest()
    author.page.send(author.editor(copy), intent="publish")
    assert (stored(app, copy).title, stored(app, copy).rank) == ("Copy of Rare", 2)


def test_no_other_post_can_be_for_an_archived_tier(app: Flask) -> None:
    author = an_author(app)
    high = a_tier(app, author, "Platinum", 2)
    form = author.blank(title="T", visibility="subscribers", tier_id=str(high))
    archive(author, high)
    refused = author.page.send(form, intent="publish")
    assert (refused.status, list(refused.errors)) == (422, ["tier_id"])
    assert "Platinum" not in author.page.get("/posts/new").text


def test_a_tier_that_nobody_knows_does_not_become_any_tier(app: Flask) -> None:
    author = an_author(app)
    a_tier(app, author, "Gold", 1)
    post_id = a_post(app, author.id, audience="subscribers", rank=7)
    refused = author.page.send(author.editor(post_id), intent="publish")
    assert (refused.status, list(refused.errors)) == (422, ["tier_id"])
    assert "Included in Gold" not in author.page.get(f"/posts/{post_id}/preview?as=tier-1").text
    assert author.page.send(refused.form(f"/posts/{post_id}/edit"), intent="publish").status == 422
    assert stored(app, post_id).rank == 7
