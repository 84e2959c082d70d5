"""What demo mode makes beside its people: pages, posts with pictures and sound, what readers did."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.creators.models import Creator
from app.demo import notices, plans, rows, texts
from app.demo.made_ids import Edition
from app.demo.people import CREATOR, FAN, PEOPLE, creators, everybody
from app.entitlements.queries import decide
from app.extensions import db
from app.invoices.models import Invoice
from app.kit import clock
from app.ledger import verifying
from app.media.addresses import address, public_address
from app.media.models import Media
from app.media.shown import Described
from app.moderation.models import Report
from app.platform.transaction import transaction
from app.posts.locks import showing
from app.posts.models import Comment, Like, PollOption, PollVote, PostMedia
from app.tips.models import Tip
from tests.demo.conftest import MARKING, SMALL, SOUNDING, counts, fill, posts_of, seed, sell
from tests.factories.people import Person, signed_in
from tests.notifications.happenings import told

pytestmark = pytest.mark.timeout(300)


def test_the_house_is_as_full_as_a_visitor_expects() -> None:
    creating = [person for person in everybody() if person.creates]
    fans = [person for person in everybody() if not person.creates and not person.staff]
    published = [post for page in texts.pages() for post in page.posts if post.state == "published"]
    assert (len(creating), len(fans), len(published)) == (56, 54, 339)
    assert len({page.category for page in texts.pages()}) == 14
    assert len({person.display_name for person in everybody()}) == len(everybody())


def test_nobody_says_what_somebody_else_said() -> None:
    said = [
        words for page in texts.pages() for post in page.posts for words in (post.title, post.body) if words
    ]
    said += [page.about for page in texts.pages()]
    said += [line for lines in texts.comments().values() for line in lines]
    assert sorted({words for words in said if said.count(words) > 1}) == []


def test_a_second_start_asks_for_nothing_more(house: Flask) -> None:
    before = counts(house)
    assert seed(house) == "The demo people are there.\n"
    assert counts(house) == before


def test_a_page_that_is_full_is_not_filled_again(house: Flask) -> None:
    before = counts(house)
    fill(house, SMALL)
    assert counts(house) == before


def test_what_is_counted_is_there(house: Flask) -> None:
    with house.app_context():
        for post in (*posts_of(SMALL), *posts_of(SOUNDING)):
            likes = db.session.scalar(select(func.count()).where(Like.post_id == post.id))
            comments = db.session.scalar(select(func.count()).where(Comment.post_id == post.id))
            shown = list(
                db.session.scalars(
                    select(PostMedia.media_id)
                    .where(PostMedia.post_id == post.id)
                    .order_by(PostMedia.position)
                )
            )
            assert (post.likes, post.comments) == (likes, comments)
            assert [UUID(one["id"]) for one in post.media] == shown
            assert clock.now() - timedelta(days=200) < post.published_at <= clock.now()  # type: ignore[operator]
        for option in db.session.scalars(select(PollOption)):
            assert option.votes == db.session.scalar(
                select(func.count()).where(PollVote.option_id == option.id)
            )
        for handle in (SMALL, SOUNDING):
            page = db.session.get_one(Creator, creators()[handle].id)
            published = [post.published_at for post in posts_of(handle) if post.published_at]
            assert (page.posts, page.last_post_at) == (len(published), max(published))
            assert page.avatar and page.cover
        assert {media.state for media in db.session.scalars(select(Media))} == {"ready"}
        of_these = select(Media).where(Media.user_id.in_([creators()[one].id for one in (SMALL, SOUNDING)]))
        assert {media.kind for media in db.session.scalars(of_these)} == {"image", "audio"}


def test_who_liked_and_who_commented_could_open_it(house: Flask) -> None:
    with house.app_context():
        done = [(one.user_id, one.post_id) for one in db.session.scalars(select(Like))]
        done += [(one.user_id, one.post_id) for one in db.session.scalars(select(Comment))]
        locks = {one: post.lock for _, one in done if (post := showing(one))}
        assert done
        assert [pair for pair in done if not decide(pair[0], [locks[pair[1]]])[pair[1]].open] == []


def test_the_fan_gets_what_is_open_and_of_the_rest_a_teaser(house: Flask) -> None:
    fan = signed_in(house, Person(FAN.id, FAN.handle, FAN.email))
    for open_, described, where in gated(house):
        names = sorted(described["names"])
        with house.app_context():
            found = {name: address(described, name, holder=where, viewer_id=FAN.id) for name in names}
        for name, link in found.items():
            status = fan.http.get(link).status_code
            assert (status == 200) == (open_ or name == "teaser"), (name, status)
    assert {open_ for open_, _, _ in gated(house)} == {True, False}, "both kinds are there to be seen"


def gated(house: Flask) -> Iterator[tuple[bool, Described, tuple[str, UUID]]]:
    with house.app_context():
        posts = [*posts_of(SMALL), *posts_of(SOUNDING)]
        decisions = decide(FAN.id, [found.lock for post in posts if (found := showing(post.id))])
        return iter(
            [(decisions[post.id].open, one, ("post", post.id)) for post in posts for one in post.media]
        )


def test_the_fan_finds_their_handle_on_the_pictures_of_one_page(house: Flask) -> None:
    client = signed_in(house, Person(FAN.id, FAN.handle, FAN.email)).http
    with house.app_context():
        assert db.session.get_one(Creator, creators()[MARKING].id).watermark
        opened = [
            (media, ("post", post.id))
            for post in posts_of(MARKING)
            if post.audience == "subscribers" and post.rank == 1
            for media in post.media
        ]
        links = [address(media, "w800", holder=holder, viewer_id=FAN.id) for media, holder in opened]
        kept = [media["names"]["w800"]["bytes"] for media, _ in opened]
    shown = [client.get(link) for link in links]
    assert shown
    assert {answer.status_code for answer in shown} == {200}
    assert all(len(answer.data) != size for answer, size in zip(shown, kept, strict=True))


def test_portraits_are_for_everybody(house: Flask) -> None:
    with house.app_context():
        page = db.session.get_one(Creator, creators()[SMALL].id)
        assert page.avatar and page.cover
        links = [public_address(page.avatar, "square96"), public_address(page.cover, "w800")]
    stranger = house.test_client()
    assert [stranger.get(link).status_code for link in links] == [200, 200]


def test_the_creator_of_the_demo_has_something_of_every_kind() -> None:
    page = plans.plan(CREATOR.handle, Edition(clock.now()))
    kinds = {one.kind.value for post in page.posts for one in post.media}
    states = [post.text.state for post in page.posts]
    assert kinds == {"image", "audio", "video"}
    assert {post.audience.value for post in page.posts} == {"public", "followers", "subscribers", "paid"}
    assert (states.count("published"), states.count("scheduled"), states.count("draft")) == (27, 2, 3)
    assert any(post.pinned for post in page.posts)
    assert any(post.text.poll for post in page.posts)
    assert max(len(post.media) for post in page.posts) == 5


def test_moderators_find_open_reports(house: Flask) -> None:
    titles = rows.REPORTED.keys() | rows.REPORTED_POST.keys()
    written = {post.title: page.handle for page in texts.pages() for post in page.posts}
    assert titles <= written.keys()
    with house.app_context():
        reported = db.session.scalars(select(Report)).one()
        assert (reported.state, reported.reason, reported.subject_kind) == ("waiting", "abuse", "comment")
        assert db.session.get_one(Comment, reported.subject_id).body in texts.comments()["rude"]


def test_only_people_known_to_all_are_staff(house: Flask) -> None:
    with house.app_context():
        staff = db.session.execute(
            text("select id from users where roles && array['moderator','admin']::varchar[]")
        )
        assert {row.id for row in staff} == {person.id for person in PEOPLE if person.staff}


def test_the_fan_and_creators_were_told_what_others_did(house: Flask) -> None:
    def told_to(handle_of: UUID) -> list[str]:
        person = next(one for one in everybody() if one.id == handle_of)
        return told(signed_in(house, Person(person.id, person.handle, person.email)))

    lines = told_to(FAN.id)
    assert len(lines) == 3
    assert all(" published “" in line for line in lines)
    creator_id = creators()[SMALL].id
    with house.app_context(), transaction():
        notices.tell_creator(creator_id, notices.newest(creator_id), clock.now())
    assert any(" liked “" in line for line in told_to(creator_id))


def test_of_a_full_page_posts_are_bought_and_tipped_for(house: Flask) -> None:
    sell(house, MARKING)
    with house.app_context():
        page_id = creators()[MARKING].id
        sold = set(db.session.scalars(select(Invoice.kind).where(Invoice.seller_id == page_id)))
        assert sold == {"post", "subscription", "tip"}
        assert "post" in set(db.session.scalars(select(Tip.on_kind).where(Tip.creator_id == page_id)))
        assert verifying.verify().good
