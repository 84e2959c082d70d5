"""Closed pictures with their reader's handle: where the creator wants it, each reader their own."""

import re
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image, ImageChops

from app.accounts.operations import handles
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.media import doors
from app.media.addresses import address, public_address
from app.media.models import Media
from app.media.operations import holding, sweeping
from app.media.shown import Described
from app.platform import personal_data, work
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.creators.desk import a_desk
from tests.factories.creators import a_creator, follows
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post
from tests.posts.test_syndication import a_private_feed
from tests.queries import counting


@pytest.fixture(autouse=True)
def nothing_made_yet(app: Flask) -> None:
    doors.clear()
    for key in kept(app):
        with app.app_context():
            storage().delete(key)


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", watermark=True)


@pytest.fixture
def picture(app: Flask, mara: Person) -> Described:
    return a_picture(app, mara)


@pytest.fixture
def post(app: Flask, mara: Person, picture: Described) -> UUID:
    return a_post(app, mara.id, media=[picture], audience="followers")


def a_fan(app: Flask, mara: Person, handle: str) -> Person:
    fan = a_person(app, handle)
    follows(app, fan, mara)
    return fan


def place(app: Flask, picture: Described, post: UUID, person: Person, name: str = "w800") -> str:
    with app.app_context():
        return address(picture, name, holder=("post", post), viewer_id=person.id)


def difference(app: Flask, picture: Described, content: bytes, name: str = "w800") -> float:
    """How much of the picture is not as it was made, of 1."""
    with app.app_context(), storage().open(picture["names"][name]["key"]) as file:
        before = Image.open(file).convert("RGB")
    after = Image.open(BytesIO(content)).convert("RGB")
    assert after.size == before.size
    apart = ImageChops.difference(before, after).convert("L").point(lambda value: 255 * (value > 12))
    return apart.histogram()[255] / (before.width * before.height)


def kept(app: Flask) -> list[str]:
    with app.app_context():
        return list(storage().list("marked/"))


def test_each_reader_sees_their_own_handle_quietly_and_in_several_places(
    app: Flask, mara: Person, picture: Described, post: UUID
) -> None:
    one, other = a_fan(app, mara, "ida"), a_fan(app, mara, "jo_1977")
    answers = [signed_in(app, fan).http.get(place(app, picture, post, fan)) for fan in (one, other)]
    for answer in answers:
        assert (answer.status_code, answer.content_type) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert 0.01 < difference(app, picture, answer.data) < 0.1
    assert answers[0].data != answers[1].data
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]
    again = signed_in(app, one).http.get(
        place(app, picture, post, one), headers={"If-None-Match": answers[0].headers["ETag"]}
    )
    assert again.status_code == 304


def test_the_smallest_is_marked_too_and_ranges_are_of_what_is_marked(
    app: Flask, mara: Person, picture: Described, post: UUID
) -> None:
    fan = a_fan(app, mara, "ida")
    page, where = signed_in(app, fan), place(app, picture, post, fan, "w320")
    whole = page.http.get(where).data
    assert difference(app, picture, whole, "w320") > 0.01
    assert page.http.get(where, headers={"Range": "bytes=10-99"}).data == whole[10:100]


def test_it_is_made_once(app: Flask, mara: Person, picture: Described, post: UUID) -> None:
    fan = a_fan(app, mara, "ida")
    page, where = signed_in(app, fan), place(app, picture, post, fan)
    first = page.http.get(where).data
    (key,) = kept(app)
    assert key.startswith(f"marked/{picture['id']}/")
    assert str(fan.id) in key
    assert ".ida." in key
    tampered = first[:-1] + b"?"
    with app.app_context():
        storage().put(key, BytesIO(tampered), "image/webp")
    with counting(app) as sent:
        assert page.http.get(where).data == tampered
    assert sent == []
    assert kept(app) == [key]


def test_a_new_handle_is_drawn_anew(app: Flask, mara: Person, picture: Described, post: UUID) -> None:
    fan = a_fan(app, mara, "ida")
    page, where = signed_in(app, fan), place(app, picture, post, fan)
    before = page.http.get(where).data
    with app.app_context(), transaction():
        handles.change(fan.id, "ida_of_old")
    assert signed_in(app, fan).http.get(where).data != before


def test_what_is_everybodys_is_marked_for_nobody(app: Flask, mara: Person) -> None:
    picture = a_picture(app, mara, public=True)
    post = a_post(app, mara.id, media=[picture])
    fan = a_fan(app, mara, "ida")
    with app.app_context():
        at, teaser = public_address(picture, "w800"), public_address(picture, "teaser")
    closed = place(app, picture | {"public": False}, post, fan)
    for page, where in ((app.test_client(), at), (signed_in(app, fan).http, closed)):
        assert difference(app, picture, page.get(where).data) == 0
    assert app.test_client().get(teaser).status_code == 200
    assert kept(app) == []


def test_its_creator_the_teaser_and_other_pages_are_left_alone(app: Flask, mara: Person) -> None:
    picture = a_picture(app, mara)
    post = a_post(app, mara.id, media=[picture], audience="followers")
    assert difference(
        app, picture, signed_in(app, mara).http.get(place(app, picture, post, mara)).data
    ) == pytest.approx(0)
    other = a_creator(app, "noa")
    theirs = a_picture(app, other)
    fan = a_fan(app, other, "ida")
    there = a_post(app, other.id, media=[theirs], audience="followers")
    assert difference(app, theirs, signed_in(app, fan).http.get(place(app, theirs, there, fan)).data) == 0
    assert kept(app) == []


def test_who_may_not_look_makes_none(app: Flask, mara: Person, picture: Described, post: UUID) -> None:
    stranger = a_person(app)
    assert signed_in(app, stranger).http.get(place(app, picture, post, stranger)).status_code == 403
    assert kept(app) == []


def test_in_a_private_feed_they_stand_marked_too(
    app: Flask, mara: Person, picture: Described, post: UUID
) -> None:
    fan = a_fan(app, mara, "ida")
    feed = app.test_client().get(a_private_feed(app, fan)).get_data(as_text=True)
    found = re.search(r"/feeds/media/[^\"&]+/(w\d+)\.webp", feed)
    assert found
    answer = app.test_client().get(found.group())
    assert difference(app, picture, answer.data, found.group(1)) > 0.01
    assert ".ida." in kept(app)[0]


def test_a_creator_chooses_it_and_chooses_otherwise(app: Flask) -> None:
    desk = a_desk(app, "mara")
    picture = a_picture(app, desk.person)
    post = a_post(app, desk.person.id, media=[picture], audience="followers")
    fan = a_fan(app, desk.person, "ida")
    page, where = signed_in(app, fan), place(app, picture, post, fan)
    for wanted in (True, False):
        doors.clear()
        desk.save_rules(**({"watermark": "y"} if wanted else {"watermark": None}))
        assert desk.creator().watermark is wanted
        assert (difference(app, picture, page.http.get(where).data) > 0) is wanted


def test_they_go_with_the_media(app: Flask, mara: Person, picture: Described, post: UUID) -> None:
    fan = a_fan(app, mara, "ida")
    signed_in(app, fan).http.get(place(app, picture, post, fan))
    media_id = UUID(picture["id"])
    with app.app_context():
        with transaction():
            holding.release([media_id])
            db.session.get_one(Media, media_id).state = "removed"
        sweeping.delete_files(media_id)
    assert kept(app) == []


def test_old_ones_are_swept(app: Flask, mara: Person, picture: Described, post: UUID) -> None:
    fan = a_fan(app, mara, "ida")
    now = clock.now()
    signed_in(app, fan).http.get(place(app, picture, post, fan))
    for days, left in ((6, 1), (15, 0)):
        with app.app_context(), clock.using(FixedClock(now + timedelta(days=days))):
            sweeping.sweep_files()
        assert len(kept(app)) == left
    with app.app_context():
        assert storage().exists(picture["names"]["w800"]["key"])


def test_whose_account_is_gone_has_their_handle_on_nothing(
    app: Flask, mara: Person, picture: Described, post: UUID
) -> None:
    one, other = a_fan(app, mara, "ida"), a_fan(app, mara, "jo_1977")
    for fan in (one, other):
        signed_in(app, fan).http.get(place(app, picture, post, fan))
    with app.app_context():
        with transaction():
            personal_data.erase(one.id)
        work.drain(["media"])
    (key,) = kept(app)
    assert ".jo_1977." in key
