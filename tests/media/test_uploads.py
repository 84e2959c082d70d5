"""Sending files: whole by a plain form, in parts that are taken up again, called off, out of bounds."""

import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO, RawIOBase
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from psutil import Process
from sqlalchemy import select, update

from app.extensions import db
from app.media import kinds
from app.media.models import Media
from app.media.views.uploads import PART_MOST
from app.platform import work
from app.platform.models import WorkItem
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.factories.media import picture_bytes
from tests.factories.people import a_person, signed_in
from tests.media.conftest import JSON, PART, Desk

NOT_MINE = "01890a5d-ac96-774b-bcce-b302099a8057"


def all_media(app: Flask) -> list[Media]:
    with app.app_context():
        return list(db.session.scalars(select(Media).order_by(Media.id)))


def stored_keys(app: Flask) -> list[str]:
    with app.app_context():
        return list(storage().list("originals/"))


def test_a_plain_form_takes_several_files_and_they_become_ready(desk: Desk) -> None:
    page = desk.send_form((picture_bytes(), "sea.jpg"), (picture_bytes(form="PNG"), "näher 🌊.png"))
    assert "Received. They are being made ready." in page.text
    assert "Being made ready" in page.text
    with desk.app.app_context():
        work.drain(["media"])
    page = desk.page.get("/dashboard/media")
    assert page.text.count("Ready") == 2
    assert "näher 🌊.png" in page.text
    assert [media.state for media in all_media(desk.app)] == ["ready", "ready"]


def test_a_plain_form_leads_back_with_what_came_of_it(desk: Desk) -> None:
    data = {"file": (BytesIO(picture_bytes()), "a.jpg"), "next": "/dashboard?draft=1"}
    page = desk.page.post("/uploads", data | {"csrf_token": desk.token()}, follow=False)
    assert page.location == f"/dashboard?draft=1&media={all_media(desk.app)[0].id}"


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_a_plain_form_leads_nowhere_else(desk: Desk, next_page: str) -> None:
    page = desk.send_form((picture_bytes(), "a.jpg"), next=next_page)
    assert page.response.request.path == "/dashboard/media"


def test_a_plain_form_says_what_is_wrong_and_takes_nothing(desk: Desk) -> None:
    page = desk.send_form(
        (picture_bytes(), "fine.jpg"), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.jpg")
    )
    assert page.status == 415
    assert "This kind of file is not taken here" in page.text
    assert all_media(desk.app) == []
    assert "Choose a file first." in desk.page.post("/uploads", {"csrf_token": desk.token()}).text


def test_a_file_goes_in_parts_and_on_where_it_stopped(desk: Desk) -> None:
    content = picture_bytes(600, 400, quality=95)
    address = desk.ask(len(content)).headers["Location"]
    middle = len(content) // 2
    assert desk.part(address, 0, content[:middle]).headers["Upload-Offset"] == str(middle)

    # The answer was lost on the way: the same part again is refused, and the place is told.
    assert desk.part(address, 0, content[:middle]).status_code == 409
    head = desk.tus("HEAD", address)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (str(middle), str(len(content)))
    assert head.headers["Cache-Control"] == "no-store"
    assert head.headers["Tus-Resumable"] == "1.0.0"

    assert desk.part(address, middle, content[middle:]).status_code == 204
    with desk.app.app_context():
        work.drain(["media"])
        assert storage().open(f"originals/{address.rsplit('/', 1)[-1]}").read() == content
    assert desk.media(UUID(address.rsplit("/", 1)[-1])).state == "ready"


def test_what_was_written_and_not_remembered_is_overwritten(desk: Desk) -> None:
    content = picture_bytes(300, 200)
    address = desk.ask(len(content)).headers["Location"]
    desk.part(address, 0, content[:100])
    with desk.app.app_context():  # a process died between the file and the commit
        storage().append(f"originals/{address.rsplit('/', 1)[-1]}", {"size": 100}, BytesIO(b"lost" * 50))
    desk.part(address, 100, content[100:])
    with desk.app.app_context():
        work.drain(["media"])
        assert storage().open(f"originals/{address.rsplit('/', 1)[-1]}").read() == content


def test_two_tabs_that_send_the_same_part_leave_it_there_once(desk: Desk) -> None:
    """Whichever comes second is told where to go on; the file is handed to a worker once."""
    content = picture_bytes(300, 200)
    address = desk.ask(len(content)).headers["Location"]
    token = desk.token()
    with ThreadPoolExecutor(2) as tabs:
        sent = [tabs.submit(desk.part, address, 0, content, X_CSRFToken=token) for _ in range(2)]
    assert sorted(one.result().status_code for one in sent) == [204, 409]
    with desk.app.app_context():
        assert len(db.session.scalars(select(WorkItem).where(WorkItem.kind == "media.process")).all()) == 1
        work.drain(["media"])
    assert desk.media(UUID(address.rsplit("/", 1)[-1])).state == "ready"
    assert desk.part(address, len(content), b"").status_code == 409, "it is complete"


def test_two_uploads_at_once_do_not_touch_each_other(desk: Desk) -> None:
    first, second = picture_bytes(300, 200), picture_bytes(200, 300, "PNG")
    addresses = [desk.ask(len(content)).headers["Location"] for content in (first, second)]
    for start, end in ((0, 80), (80, None)):
        for address, content in zip(addresses, (first, second), strict=True):
            assert desk.part(address, start, content[start:end]).status_code == 204
    with desk.app.app_context():
        work.drain(["media"])
    sizes = {(media.width, media.height) for media in all_media(desk.app)}
    assert sizes == {(300, 200), (200, 300)}


class Zeros(RawIOBase):
    """A long body that is never in memory."""

    def __init__(self, length: int) -> None:
        self.left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        given = min(len(buffer), self.left)
        self.left -= given
        return given


def test_half_a_gigabyte_goes_through_in_small_pieces(desk: Desk) -> None:
    head = b"\x00\x00\x00\x20ftypisom" + bytes(52)
    size = len(head) + 8 * PART_MOST
    address = desk.ask(size, "film.mp4", "video/mp4").headers["Location"]
    assert size > 500_000_000 - 500_000
    offset = int(desk.part(address, 0, head).headers["Upload-Offset"])
    before, token = Process().memory_info().rss, desk.token()
    for _ in range(8):
        headers = {"X-CSRFToken": token, "Upload-Offset": str(offset)}
        answer = desk.page.http.patch(
            address,
            content_type=PART,
            headers=JSON | {"Tus-Resumable": "1.0.0", "User-Agent": desk.page.agent} | headers,
            environ_overrides={"wsgi.input": Zeros(PART_MOST), "CONTENT_LENGTH": str(PART_MOST)},
        )
        offset = int(answer.headers["Upload-Offset"])
    assert offset == size
    assert Process().memory_info().rss - before < 20 * 1024 * 1024
    assert desk.media(UUID(address.rsplit("/", 1)[-1])).state == "received"
    with desk.app.app_context():
        storage().discard(address.replace("/uploads/", "originals/"), {})


def test_a_part_that_is_too_long_is_refused_before_it_is_read(desk: Desk) -> None:
    address = desk.ask(PART_MOST * 2, "film.mp4", "video/mp4").headers["Location"]
    assert desk.part(address, 0, bytes(PART_MOST + 1)).status_code == 413


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """As on a disk with so much room: more is not written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_a_clean_refusal_and_passes(desk: Desk) -> None:
    content = picture_bytes(900, 600, quality=95) + bytes(400_000)
    address = desk.ask(len(content)).headers["Location"]
    assert desk.part(address, 0, content[:1000]).status_code == 204
    with files_at_most(200_000):
        answer = desk.part(address, 1000, content[1000:])
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert desk.tus("HEAD", address).headers["Upload-Offset"] == "1000"
        page = desk.send_form((content, "sea.jpg"))
        assert page.status == 503
    assert len(all_media(desk.app)) == 1, "nothing of what was refused"
    assert desk.part(address, 1000, content[1000:]).status_code == 204
    with desk.app.app_context():
        work.drain(["media"])
        assert storage().open(address.replace("/uploads/", "originals/")).read() == content


def test_a_disk_that_is_full_while_it_is_made_ready_holds_it(desk: Desk) -> None:
    media_id = desk.upload(picture_bytes(1200, 900))
    with desk.app.app_context():
        with files_at_most(400):
            work.drain(["media"])
        held = desk.media(media_id)
        assert (held.state, held.trouble, held.renditions) == ("processing", "no_room", {})
        assert "It waits for room" in desk.page.get("/dashboard/media").text
        with transaction():
            db.session.execute(update(WorkItem).values(due_at=WorkItem.created_at))
        work.drain(["media"])
    assert desk.media(media_id).state == "ready"


def test_the_server_says_what_it_speaks(desk: Desk) -> None:
    answer = desk.tus("OPTIONS", "/uploads")
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,termination"
    assert desk.tus("POST", "/uploads", Tus_Resumable="0.2.2").status_code == 412


@pytest.mark.parametrize("size", ["", "-1", "1e9", "¹", "9" * 16])
def test_a_size_that_is_none_is_refused(desk: Desk, size: str) -> None:
    assert desk.tus("POST", "/uploads", Upload_Length=size.encode().decode("latin-1")).status_code == 400


def test_more_than_was_said_is_refused(desk: Desk) -> None:
    content = picture_bytes()
    address = desk.ask(len(content)).headers["Location"]
    assert desk.part(address, 0, content + b"more").status_code == 409
    assert desk.part(address, 5, content).status_code == 409


def test_an_upload_is_called_off(desk: Desk) -> None:
    content = picture_bytes()
    address = desk.ask(len(content)).headers["Location"]
    desk.part(address, 0, content[:50])
    assert desk.tus("DELETE", address).status_code == 204
    assert desk.tus("HEAD", address).status_code == 404
    assert desk.part(address, 50, content[50:]).status_code == 404
    assert address.replace("/uploads/", "originals/") not in stored_keys(desk.app)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415),
        (b"<!doctype html><script>alert(1)</script>", 415),
        (b"PK\x03\x04" + bytes(60), 415),
        (b"MZ" + bytes(60), 415),
        (b"%PDF-1.7" + bytes(60), 415),
        (b"\x00\x00\x00\x20ftypheic" + bytes(60), 415),
    ],
)
def test_what_is_no_picture_is_refused_at_its_first_bytes(desk: Desk, content: bytes, status: int) -> None:
    address = desk.ask(len(content)).headers["Location"]
    answer = desk.part(address, 0, content)
    assert answer.status_code == status
    assert "not taken here" in answer.json["detail"]  # type: ignore[index]


@pytest.mark.parametrize("first", [0, 1, 7, 511])
def test_a_first_part_may_be_too_short_to_tell_what_it_is(desk: Desk, first: int) -> None:
    content = picture_bytes(300, 200)
    address = desk.ask(len(content)).headers["Location"]
    for start, end in ((0, first), (first, first + 1), (first + 1, None)):
        assert desk.part(address, start, content[start:end]).status_code == 204
    with desk.app.app_context():
        work.drain(["media"])
        assert storage().open(address.replace("/uploads/", "originals/")).read() == content
    media = desk.media(UUID(address.rsplit("/", 1)[-1]))
    assert (media.state, media.content_type) == ("ready", "image/jpeg")


@pytest.mark.parametrize("size", [20, 5_000])
def test_what_begins_in_short_parts_is_refused_as_soon_as_it_is_known(desk: Desk, size: int) -> None:
    content = b"%PDF-1.7" + bytes(size - 8)
    address = desk.ask(size).headers["Location"]
    enough = min(size, kinds.HEAD)
    for start, end in ((0, 0), (0, 4), (4, enough - 1)):
        assert desk.part(address, start, content[start:end]).status_code == 204
    answer = desk.part(address, enough - 1, content[enough - 1 :])
    assert answer.status_code == 415
    assert "not taken here" in answer.json["detail"]  # type: ignore[index]
    assert desk.tus("HEAD", address).headers["Upload-Offset"] == str(enough - 1)


def test_bounds_are_by_what_it_is_not_by_what_it_is_called(desk: Desk) -> None:
    too_big = kinds.LARGEST[kinds.Kind.IMAGE] + 1
    assert desk.ask(too_big).status_code == 413
    address = desk.ask(too_big, kind="video/mp4").headers["Location"]
    answer = desk.part(address, 0, picture_bytes())
    assert answer.status_code == 413
    assert "This picture is too big: at most 50 MB." in answer.json["detail"]  # type: ignore[index]
    assert desk.ask(0).status_code == 422
    assert desk.ask(10, kind="video/mp4", purpose="avatar").status_code == 415


def test_a_full_library_takes_no_more(desk: Desk) -> None:
    with desk.app.app_context():
        fill = {"purpose": "post", "kind": "video", "size": 20 * 1024**3, "secret": "x"}
        with transaction():
            db.session.add(Media(user_id=desk.person.id, **fill))
    answer = desk.ask(1)
    assert answer.status_code == 413
    assert "Your library is full" in answer.json["detail"]


def test_fans_send_files_in_messages_alone_and_strangers_none(app: Flask, desk: Desk) -> None:
    fan = signed_in(app, a_person(app))
    token = str(fan.get("/settings/profile").form("/settings/profile").fields["csrf_token"])
    for purpose in ("", "post", "avatar", "cover"):
        assert fan.post("/uploads", {"csrf_token": token, "purpose": purpose}).status == 403
    assert fan.post("/uploads", {"csrf_token": token, "purpose": "message"}).status == 422
    assert app.test_client().post("/uploads", data={}).status_code == 400


def test_uploads_of_others_do_not_exist(app: Flask, desk: Desk) -> None:
    address = desk.ask(10).headers["Location"]
    other = Desk(app, a_person(app, "noa", roles=("fan", "creator")), signed_in(app, None))
    other.page = signed_in(app, other.person)
    for path in (address, f"/uploads/{NOT_MINE}"):
        assert other.tus("HEAD", path).status_code == 404
        assert other.tus("GET", path).status_code == 404
        assert other.part(path, 0, b"x").status_code == 404
        assert other.tus("DELETE", path).status_code == 404
        token = {"csrf_token": other.token(), "idempotency_key": "k" * 20, "alt": "mine now"}
        assert other.page.post(f"{path}/alt", token).status == 404
        assert other.page.post(f"{path}/remove", token).status == 404
    assert desk.tus("HEAD", address).status_code == 200


def test_words_for_those_who_cannot_see_it(desk: Desk) -> None:
    media = desk.made(picture_bytes())
    page = desk.page.get("/dashboard/media")
    page = desk.page.send(page.form(f"/uploads/{media.id}/alt"), alt="  البحر  at\nnight 🌙 ")
    assert "The description is saved." in page.text
    assert desk.media(media.id).alt == "البحر at night 🌙"


def test_removed_is_gone_with_its_files(desk: Desk) -> None:
    media = desk.made(picture_bytes())
    page = desk.page.get("/dashboard/media")
    page = desk.page.send(page.form(f"/uploads/{media.id}/remove"))
    assert "Nothing here yet" in page.text
    with desk.app.app_context():
        work.drain(["media"])
        assert [key for key in storage().list("media/") if str(media.id) in key] == []
        assert not storage().exists(f"originals/{media.id}")
