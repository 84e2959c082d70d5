"""Files that browsers send straight to an object store, and what is made of them there."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.media.addresses import address
from app.media.shown import describe
from app.platform import work
from app.platform.storage_s3 import PART, S3Storage
from tests.doubles.s3 import Store, s3_server
from tests.factories.media import picture_bytes
from tests.factories.people import a_person, signed_in
from tests.media.conftest import Desk


@pytest.fixture
def store(app: Flask) -> Iterator[Store]:
    """The house keeps its files there for a while."""
    before = app.extensions["fanlight.storage"]
    with s3_server() as running:
        chosen = {name.lower(): value for name, value in running.settings.items()}
        settings = app.extensions["fanlight.settings"].model_copy(update=chosen)
        app.extensions["fanlight.storage"] = S3Storage(settings)
        yield running
        app.extensions["fanlight.storage"] = before


def put(at: str, content: bytes) -> int:
    asked = urllib.request.Request(at, content, method="PUT")  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def asked_for_part(desk: Desk, upload: str, offset: int) -> Any:
    return desk.tus("POST", f"{upload}/parts", Upload_Offset=str(offset)).json


def told(desk: Desk, upload: str) -> TestResponse:
    return desk.tus("POST", f"{upload}/arrived")


def begun(desk: Desk, size: int, **asked: str) -> str:
    answer = desk.ask(size, **asked)
    assert answer.headers["Upload-Direct"] == "1"
    return str(answer.headers["Location"])


def sent(desk: Desk, content: bytes, **asked: str) -> UUID:
    upload = begun(desk, len(content), **asked)
    for offset in range(0, len(content), PART):
        place = asked_for_part(desk, upload, offset)
        assert put(place["address"], content[offset : offset + place["length"]]) == 200
        assert told(desk, upload).headers["Upload-Offset"] == str(min(offset + PART, len(content)))
    return UUID(upload.rsplit("/", 1)[-1])


def a_large_picture() -> bytes:
    """Longer than a part, by what a decoder does not read."""
    return picture_bytes(640, 480) + os.urandom(PART)


def test_a_picture_goes_around_us_and_is_shown_by_us(desk: Desk, store: Store) -> None:
    media_id = sent(desk, a_large_picture())
    with desk.app.app_context():
        work.drain(["media"])
        media = desk.media(media_id)
        assert (media.state, media.kind, media.content_type) == ("ready", "image", "image/jpeg")
        shown = address(describe(media), "w320", holder=("media", media_id), viewer_id=desk.person.id)
    picture = desk.page.get(shown)
    assert picture.status == 200
    assert picture.response.get_data()[:4] == b"RIFF"
    assert store.uploads == {}


def test_what_was_lost_on_its_way_is_sent_again(desk: Desk, store: Store) -> None:
    content = a_large_picture()
    upload = begun(desk, len(content))
    place = asked_for_part(desk, upload, 0)
    assert put(place["address"], content[:1000]) == 403
    assert told(desk, upload).headers["Upload-Offset"] == "0"
    assert put(place["address"], content[:PART]) == 200
    assert desk.tus("HEAD", upload).headers["Upload-Offset"] == "0"
    assert told(desk, upload).headers["Upload-Offset"] == str(PART)
    assert desk.tus("HEAD", upload).headers["Upload-Direct"] == "1"


def test_parts_may_go_on_by_way_of_us(desk: Desk, store: Store) -> None:
    content = a_large_picture()
    upload = begun(desk, len(content))
    assert put(asked_for_part(desk, upload, 0)["address"], content[:PART]) == 200
    told(desk, upload)
    assert desk.part(upload, PART, content[PART:]).status_code == 204
    with desk.app.app_context():
        work.drain(["media"])
    assert desk.media(UUID(upload.rsplit("/", 1)[-1])).state == "ready"


def test_what_it_is_shows_when_it_is_opened(desk: Desk, store: Store) -> None:
    media_id = sent(desk, b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    with desk.app.app_context():
        work.drain(["media"])
    media = desk.media(media_id)
    assert (media.state, media.trouble, media.renditions) == ("failed", "kind", {})


@pytest.mark.parametrize("offset", ["1", str(PART), str(10 * PART), "999999999999999"])
def test_a_part_begins_where_one_ends(desk: Desk, store: Store, offset: str) -> None:
    upload = begun(desk, 1000)
    assert desk.tus("POST", f"{upload}/parts", Upload_Offset=offset).status_code == 409


def test_others_get_no_address_and_tell_nothing(desk: Desk, store: Store) -> None:
    upload = begun(desk, 1000)
    person = a_person(desk.app, roles=("fan", "creator"))
    stranger = Desk(desk.app, person, signed_in(desk.app, person))
    assert stranger.tus("POST", f"{upload}/parts", Upload_Offset="0").status_code == 404
    assert told(stranger, upload).status_code == 404


def test_what_is_called_off_leaves_nothing_there(desk: Desk, store: Store) -> None:
    content = a_large_picture()
    upload = begun(desk, len(content))
    assert put(asked_for_part(desk, upload, 0)["address"], content[:PART]) == 200
    assert desk.tus("DELETE", upload).status_code == 204
    with desk.app.app_context():
        work.drain(["media"])
    assert (store.objects, store.uploads) == ({}, {})


def test_where_files_lie_here_nothing_is_said_of_it(desk: Desk) -> None:
    answer = desk.ask(1000)
    assert "Upload-Direct" not in answer.headers
    assert desk.tus("POST", f"{answer.headers['Location']}/parts", Upload_Offset="0").status_code == 404
