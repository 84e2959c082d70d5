"""What is kept, shared and swept: the same file twice, portraits, what nobody came back for."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from app.creators.models import Creator
from app.creators.operations import pages
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.media import apart, doors, jobs, queries
from app.media.errors import FileGone
from app.media.kinds import Purpose
from app.media.models import Media
from app.media.operations import holding
from app.platform import cleanup, work
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.media import picture_bytes
from tests.factories.people import a_person, signed_in
from tests.media.conftest import Desk


def keys_of(app: Flask, media_id: UUID) -> list[str]:
    with app.app_context():
        files = storage()
        places = [*files.begun(), *files.list("originals/"), *files.list("media/")]
    return [key for key in places if str(media_id) in key]


def two_days_later() -> FixedClock:
    return FixedClock(clock.now() + timedelta(days=2))


def sweep_everything(app: Flask) -> None:
    with clock.using(two_days_later()), app.app_context():
        jobs.sweep()
        jobs.ask_for_sweep()
        work.drain(["media"])


def test_the_same_file_again_is_not_made_again_and_lives_on_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture_bytes(900, 600)
    first = desk.made(content)
    monkeypatch.setattr(apart, "run", lambda *_: pytest.fail("it was decoded again"))
    second = desk.made(content)
    assert (second.state, second.width, second.color) == ("ready", 900, first.color)
    assert first.renditions.keys() == second.renditions.keys()
    with desk.app.app_context():
        before = storage().open(first.renditions["w320"]["key"]).read()
    page = desk.page.get("/dashboard/media")
    desk.page.send(page.form(f"/uploads/{first.id}/remove"))
    with desk.app.app_context():
        work.drain(["media"])
        assert storage().open(second.renditions["w320"]["key"]).read() == before
    assert keys_of(desk.app, first.id) == []


@pytest.mark.parametrize("attached", [False, True])
def test_of_what_cannot_be_used_nothing_is_kept(desk: Desk, attached: bool) -> None:
    """It counts for no quota: whatever is in use, a message perhaps, would keep it for ever."""
    media_id = desk.upload(picture_bytes()[:400], purpose="message")
    with desk.app.app_context(), transaction():
        holding.attach([media_id] * attached, desk.person.id, False, unready=True, purpose=Purpose.MESSAGE)
    with desk.app.app_context():
        while work.drain(["media"]):
            continue
        assert queries.used_bytes(desk.person.id) == 0
    assert desk.media(media_id).state == "failed"
    assert keys_of(desk.app, media_id) == []


def test_a_second_one_of_what_was_taken_down_goes_with_it_and_comes_back_with_it(desk: Desk) -> None:
    content = picture_bytes(333, 222)
    first, second = desk.made(content), desk.made(content)
    with desk.app.app_context(), transaction():
        db.session.execute(update(Media).where(Media.id == first.id).values(attached=True))
        holding.take_down([first.id])
    with desk.app.app_context(), pytest.raises(FileGone), transaction():
        holding.attach([second.id], desk.person.id, public=True)
    with desk.app.app_context(), transaction():
        holding.put_back([first.id], ())
        holding.attach([second.id], desk.person.id, public=True)


def test_the_same_file_of_somebody_else_is_made_for_itself(app: Flask, desk: Desk) -> None:
    content = picture_bytes(90, 60)
    mine = desk.made(content)
    other = Desk(app, person := a_person(app, "noa", roles=("fan", "creator")), signed_in(app, person))
    theirs = other.made(content)
    assert theirs.state == "ready"
    assert theirs.secret != mine.secret


def test_what_was_taken_down_does_not_come_back_until_it_is_put_back(desk: Desk) -> None:
    content = picture_bytes(333, 222)
    first = desk.made(content)
    with desk.app.app_context(), transaction():
        holding.take_down([first.id])
    doors.clear()
    assert "A moderator took this down." in desk.page.get("/dashboard/media").text
    again = desk.made(content)
    assert (again.state, again.trouble) == ("failed", "taken_down")
    with desk.app.app_context(), transaction():
        holding.put_back([first.id], ())
    assert desk.made(content).state == "ready"


@pytest.mark.parametrize(("purpose", "name"), [("avatar", "square256"), ("cover", "w1600")])
def test_a_portrait_is_on_the_page_when_it_is_ready_and_the_old_one_goes(
    app: Flask, purpose: str, name: str
) -> None:
    person = a_creator(app, "mara")
    desk = Desk(app, person, signed_in(app, person))
    first = desk.made(picture_bytes(300, 300), purpose=purpose)
    second = desk.made(picture_bytes(400, 400), purpose=purpose)
    with app.app_context():
        shown = getattr(db.session.get_one(Creator, person.id), purpose)
    assert shown["id"] == str(second.id)
    assert name in shown["names"]
    assert (desk.media(second.id).public, desk.media(second.id).attached) == (True, True)
    assert (desk.media(first.id).public, desk.media(first.id).attached) == (False, False)
    assert "w320.webp" not in desk.page.get("/dashboard/media").html, "portraits are no part of the library"

    sweep_everything(app)
    assert keys_of(app, first.id) == []
    assert keys_of(app, second.id) != []

    with app.app_context(), transaction():
        {"avatar": pages.show_avatar, "cover": pages.show_cover}[purpose](person.id, None)
    assert not desk.media(second.id).attached


def test_a_portrait_without_a_page_is_swept(desk: Desk) -> None:
    media = desk.made(picture_bytes(300, 300), purpose="avatar")
    assert (media.state, media.attached) == ("ready", False)
    sweep_everything(desk.app)
    assert desk.media(media.id).state == "removed"
    assert keys_of(desk.app, media.id) == []


def test_an_upload_that_stopped_is_swept_after_a_day_with_its_parts(desk: Desk) -> None:
    content = picture_bytes(300, 200)
    address = desk.ask(len(content)).headers["Location"]
    desk.part(address, 0, content[:100])
    media_id = UUID(address.rsplit("/", 1)[-1])
    with desk.app.app_context():
        jobs.sweep()
    assert desk.media(media_id).state == "receiving", "not while somebody may come back"
    assert keys_of(desk.app, media_id) != []
    sweep_everything(desk.app)
    assert desk.media(media_id).state == "removed"
    assert keys_of(desk.app, media_id) == []
    assert desk.tus("HEAD", address).status_code == 404


def test_what_waits_for_a_worker_is_not_cleared_as_half_written(desk: Desk) -> None:
    media_id = desk.upload(picture_bytes())
    with desk.app.app_context():
        storage().clear_unfinished(before=clock.now().timestamp() + 3 * 24 * 3600)  # type: ignore[attr-defined]
        work.drain(["media"])
    assert desk.media(media_id).state == "ready"


def put(app: Flask, key: str) -> None:
    with app.app_context():
        storage().put(key, io.BytesIO(b"left"), "image/webp")


def test_files_of_no_row_are_swept_and_young_ones_are_left(desk: Desk) -> None:
    """As of a form that was rolled back, or of a worker that was killed."""
    with clock.using(FixedClock(clock.now() - timedelta(days=3))):
        old = new_id()
    young = new_id()
    for media_id in (old, young):
        put(desk.app, f"originals/{media_id}")
        put(desk.app, f"media/{media_id}/w320.webp")
        with desk.app.app_context():
            storage().append(f"originals/{media_id}", {}, io.BytesIO(b"part"))
    put(desk.app, "media/notes.txt")
    with desk.app.app_context():
        jobs.sweep_files({})
    assert keys_of(desk.app, old) == []
    assert len(keys_of(desk.app, young)) == 3


def test_files_that_no_row_names_are_swept(desk: Desk) -> None:
    media = desk.made(picture_bytes())
    kept = keys_of(desk.app, media.id)
    put(desk.app, f"media/{media.id}/w9999.webp")
    sweep_everything(desk.app)
    assert keys_of(desk.app, media.id) == kept


def test_rows_of_what_is_removed_go_but_for_what_must_not_come_back(desk: Desk) -> None:
    removed, taken_down = desk.made(picture_bytes(31, 30)), desk.made(picture_bytes(32, 30))
    with desk.app.app_context(), transaction():
        holding.take_down([taken_down.id])
        db.session.execute(update(Media).values(state="removed", renditions={}))
    with clock.using(FixedClock(clock.now() + timedelta(days=31))), desk.app.app_context():
        cleanup.clean()
        left: list[Any] = [media.id for media in db.session.query(Media)]
    assert left == [taken_down.id]
    assert removed.id not in left
