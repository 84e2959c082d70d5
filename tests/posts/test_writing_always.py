"""What is true after anything that an author does: the counts of their page, and which files are public."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.extensions import db
from app.kit import clock
from app.media import doors
from app.media.addresses import public_address
from app.media.models import Media
from app.media.operations import making
from app.media.shown import describe
from app.platform import work
from app.platform.transaction import transaction
from app.posts.models import Post, PostMedia
from app.posts.operations import publishing
from tests.factories.media import a_picture
from tests.page_client import PageClient
from tests.posts.authors import Author, an_author, stored
from tests.support import eventually

BUTTONS = ("unpublish", "take-back", "discard", "delete", "duplicate", "pin", "unpin")
INTENTS = ("publish", "schedule", "draft")
AUDIENCES = ("public", "followers", "paid")
STEP = st.tuples(
    st.sampled_from([*INTENTS, *INTENTS, *BUTTONS, "time"]),
    st.integers(0, 2),
    st.sampled_from(AUDIENCES),
    st.lists(st.integers(0, 2), max_size=3, unique=True),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=2, max_size=9))
def test_counts_are_true_and_files_are_public_just_where_a_public_post_shows_them(
    app: Flask, steps: list[tuple[str, int, str, list[int]]]
) -> None:
    fixed = clock.FixedClock(clock.now())
    with clock.using(fixed):
        author = an_author(app)
        files = [str(a_picture(app, author.id, attached=False)["id"]) for _ in range(3)]
        for what, which, audience, chosen in steps:
            if what == "time":
                fixed.move(timedelta(hours=2))
                with app.app_context():
                    publishing.publish_due()
            else:
                do(author, what, which, audience, [files[one] for one in chosen])
            the_counts_are_true(app, author)
            files_are_public_where_they_should_be(app, author)


def do(author: Author, what: str, which: int, audience: str, files: list[str]) -> None:
    """To the `which`th of their posts, or to a new one."""
    mine = posts_of(author)
    post = mine[which] if which < len(mine) else None
    if what in INTENTS:
        form = author.editor(post.id) if post else author.blank()
        soon = f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M}"
        form.fill(title="T", visibility=audience, price="3", publish_at=soon, media=files)
        author.page.send(form, intent=what)
    elif post:
        form = author.blank().without("post_id")
        author.page.post(f"/posts/{post.id}/{what}", form.fields)


def posts_of(author: Author) -> list[Post]:
    with author.app.app_context():
        mine = select(Post).where(Post.creator_id == author.id, Post.state != "removed").order_by(Post.id)
        return list(db.session.scalars(mine))


def the_counts_are_true(app: Flask, author: Author) -> None:
    out = [post.published_at for post in posts_of(author) if post.state == "published"]
    creator = author.creator()
    assert creator.posts == len(out)
    assert creator.last_post_at == max((at for at in out if at), default=None)


def files_are_public_where_they_should_be(app: Flask, author: Author) -> None:
    with app.app_context():
        shown_by: dict[str, list[Post]] = {}
        for post in posts_of(author):
            for one in post.media:
                shown_by.setdefault(one["id"], []).append(post)
        held = set(db.session.scalars(select(PostMedia.media_id)))
        for media in db.session.scalars(select(Media).where(Media.user_id == author.id)):
            showing = shown_by.get(str(media.id), [])
            public = [post for post in showing if post.state == "published" and post.audience == "public"]
            assert media.public == bool(public)
            assert len(showing) <= 1
            assert media.attached == (media.id in held)
            for post in showing:
                assert describe(media) in post.media


def test_the_public_address_of_a_picture_ends_when_its_post_closes(
    app: Flask, page: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "KEEP_SECONDS", 0.3)
    author = an_author(app)
    files = [a_picture(app, author.id, attached=False)["id"] for _ in range(5)]
    posts = [author.write(title="Open", media=one) for one in files]
    addresses = [public_address(stored(app, post_id).media[0], "w800") for post_id in posts]
    assert [page.get(address).status for address in addresses] == [200] * 5
    unpublished, deleted, without, sold, followers = posts
    author.press(unpublished, "unpublish")
    author.press(deleted, "delete")
    author.page.send(author.editor(without), intent="publish", media=[])
    author.page.send(author.editor(sold), intent="publish", visibility="paid", price="3")
    author.page.send(author.editor(followers), intent="publish", visibility="followers")
    # Delivery may remember for a while that something was public.
    eventually(lambda: [page.get(address).status for address in addresses] == [404] * 5)


def test_pictures_stand_in_the_order_that_their_author_chose(app: Flask) -> None:
    author = an_author(app)
    files = [a_picture(app, author.id, attached=False, alt=alt)["id"] for alt in ("one", "two", "three")]
    post_id = author.write(title="Three", media=files[::-1])
    assert [one["alt"] for one in stored(app, post_id).media] == ["three", "two", "one"]
    author.page.send(author.editor(post_id), intent="publish", media=[files[1], files[0]])
    assert [one["alt"] for one in stored(app, post_id).media] == ["two", "one"]


def test_files_that_were_sent_without_javascript_are_chosen_in_the_editor(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write("draft", title="Plain")
    form = author.page.get(f"/posts/{post_id}/edit").form("/uploads")
    assert form.fields["next"] == f"/posts/{post_id}/edit"
    picture = a_picture(app, author.id, attached=False)["id"]
    editor = author.page.get(f"/posts/{post_id}/edit?media={picture}&media=nonsense")
    author.page.send(editor.form(f"/posts/{post_id}/edit"), intent="publish")
    assert [one["id"] for one in stored(app, post_id).media] == [picture]


def test_a_post_takes_twenty_files_and_not_one_more(app: Flask) -> None:
    author = an_author(app)
    files = [str(a_picture(app, author.id, attached=False)["id"]) for _ in range(21)]
    form = author.blank(title="Many", media=files)
    refused = author.page.send(form, intent="publish")
    assert refused.status == 422
    assert "at most 20 files" in refused.text
    assert len(refused.soup.select("input[name=media][checked]")) == 21
    assert author.page.send(form, intent="publish", media=files[:20]).status == 200


def test_files_of_others_and_of_other_posts_are_refused_and_the_text_stays(app: Flask) -> None:
    author, other = an_author(app), an_author(app)
    foreign = a_picture(app, other.id, attached=False)["id"]
    taken = a_picture(app, author.id, attached=False)["id"]
    author.write(title="First", media=taken)
    for one in (foreign, taken, str(UUID(int=1))):
        answer = author.page.send(author.blank(title="Second", media=one), intent="publish")
        assert answer.status == 422
        assert "Take it out" in answer.text
        assert answer.form("/posts/new").fields["title"] == "Second"


@pytest.mark.parametrize(
    "values", [{"moderation": "removed"}, {"purpose": "avatar"}, {"purpose": "cover"}, {"state": "failed"}]
)
def test_a_file_that_no_post_may_show_does_not_cost_the_text(app: Flask, values: dict[str, Any]) -> None:
    author = an_author(app)
    media = a_picture(app, author.id, attached=False, **values)["id"]
    form = author.blank(title="Kept", media=media)
    saved = author.page.post(f"/posts/{form.fields['post_id']}/autosave", form.fields)
    assert saved.status == 200
    post_id = author.newest()
    assert author.page.send(author.editor(post_id), intent="draft", body="and more").status == 200
    assert author.editor(post_id).fields["body"].strip() == "and more"
    refused = author.page.send(author.editor(post_id).fill(media=media), intent="publish", title="Typed")
    assert refused.status == 422
    assert refused.form(f"/posts/{post_id}/edit").fields["title"] == "Typed"


def test_a_post_whose_picture_is_not_ready_waits_for_it(app: Flask) -> None:
    author = an_author(app)
    picture = a_picture(app, author.id, ready=False, attached=False)["id"]
    fixed = clock.FixedClock(clock.now())
    with clock.using(fixed):
        at = f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M}"
        author.page.send(author.blank(title="Soon", media=picture), intent="schedule", publish_at=at)
        fixed.move(timedelta(hours=2))
        with app.app_context():
            assert publishing.publish_due() == 0
        assert "Waits since" in author.page.get("/dashboard/posts?tab=scheduled").text
        with app.app_context(), transaction():
            db.session.get_one(Media, UUID(picture)).state = "ready"
        with app.app_context():
            assert publishing.publish_due() == 1


@pytest.mark.parametrize("state", ["received", "processing"])
def test_who_publishes_while_a_file_is_made_need_not_press_again(app: Flask, state: str) -> None:
    author = an_author(app)
    picture = a_picture(app, author.id, ready=False, state=state, attached=False)["id"]
    answer = author.page.send(author.blank(title="Soon", media=picture), intent="publish")
    assert "as soon as its files are ready" in answer.text
    with app.app_context():
        assert publishing.publish_due() == 0
        with transaction():
            db.session.get_one(Media, UUID(picture)).state = "ready"
        assert publishing.publish_due() == 1
    assert stored(app, author.newest()).state == "published"


def test_who_waits_for_a_file_that_could_not_be_used_is_told(app: Flask) -> None:
    author = an_author(app)
    picture = a_picture(app, author.id, ready=False, attached=False)["id"]
    author.page.send(author.blank(title="Soon", media=picture), intent="publish")
    with app.app_context(), transaction():
        assert making.refuse(UUID(picture), "broken")
    with app.app_context():
        work.drain()
    lines = author.page.get("/notifications")
    assert "“Soon” cannot go out: one of its files could not be used" in lines.text
    line = lines.one(".notice a, main a[href^='/notifications/']")
    assert author.page.get(str(line["href"])).has_form(f"/posts/{author.newest()}/edit")
    desk = author.page.get("/dashboard/posts?tab=scheduled")
    assert "One of its files cannot be used" in desk.text
    author.page.send(author.editor(author.newest()).fill(media=[]), intent="publish")
    assert stored(app, author.newest()).state == "published"


def test_a_file_that_is_only_typed_holds_no_post_back_and_nobody_is_told(
    app: Flask, fixed_clock: clock.FixedClock
) -> None:
    author = an_author(app)
    at = f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    post_id = author.write("schedule", title="Soon", body="Words.", publish_at=at)
    picture = a_picture(app, author.id, ready=False, attached=False)["id"]
    typed = author.editor(post_id).fill(media=picture)
    assert author.page.post(f"/posts/{post_id}/autosave", typed.fields).status == 200
    with app.app_context(), transaction():
        assert making.refuse(UUID(picture), "broken")
    with app.app_context():
        work.drain()
    assert "cannot go out" not in author.page.get("/notifications").text
    assert "cannot be used" not in author.page.get("/dashboard/posts?tab=scheduled").text
    fixed_clock.move(timedelta(hours=2))
    with app.app_context():
        assert publishing.publish_due() == 1


@pytest.mark.parametrize("state", ["failed", "receiving"])
def test_a_file_that_may_never_be_ready_keeps_a_post_from_going_out(app: Flask, state: str) -> None:
    author = an_author(app)
    files = [a_picture(app, author.id, ready=False, state=state, attached=False)["id"]]
    assert author.page.send(author.blank(title="Soon", media=files), intent="publish").status == 422
    files.append(a_picture(app, author.id, ready=False, attached=False)["id"])
    assert author.page.send(author.blank(title="Soon", media=files), intent="publish").status == 422


def test_what_is_out_is_not_taken_back_for_a_file_that_is_made(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write(title="Out", body="Words.")
    picture = a_picture(app, author.id, ready=False, attached=False)["id"]
    answer = author.page.send(author.editor(post_id), intent="publish", media=picture)
    assert answer.status == 422
    assert "still being made ready" in answer.text
    assert stored(app, post_id).state == "published"
