"""Films fetched as a player does it, segment by segment; and one whose maker was killed."""

from uuid import UUID

import psutil
import pytest
from flask import Flask

from app.config import Settings
from app.entitlements.operations import grants
from app.entitlements.rules import Audience, Kind, Lock
from app.media import doors, holders
from app.media.addresses import address, public_address
from app.media.holders import Showing
from app.media.models import Media
from app.media.operations import holding
from app.media.shown import Described
from app.platform import work
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person, signed_in
from tests.faults import processes
from tests.media import films
from tests.media.conftest import Desk
from tests.page_client import PageClient
from tests.support import eventually

HELD = UUID("01890a5d-ac96-774b-bcce-b302099a8001")
PLAYLIST = "application/vnd.apple.mpegurl"
VIDEO = {"name": "walk.mp4", "kind": "video/mp4"}


@pytest.fixture
def media(desk: Desk) -> Media:
    """Thirteen seconds in one size."""
    lock = Lock(HELD, desk.person.id, Audience.SUBSCRIBERS, rank=1)
    made = desk.made(films.film("320x180", 13, rate=10), **VIDEO)
    showing = Showing(lock, frozenset({made.id}))
    holders.register("screen", lambda one: showing if one == HELD else None)
    return made


@pytest.fixture
def fan(desk: Desk) -> Person:
    person = a_person(desk.app, "fan")
    with desk.app.app_context(), transaction():
        grants.grant(person.id, desk.person.id, Kind.SUBSCRIPTION, cause="test", extent=grants.Extent(1))
    return person


def shown(desk: Desk, media: Media, *, public: bool) -> Described:
    with desk.app.app_context(), transaction():
        described = holding.attach([media.id], desk.person.id, public)[0]
    doors.clear()
    return described


def closed(app: Flask, described: Described, person: Person, name: str = "hls") -> str:
    with app.app_context():
        return address(described, name, holder=("screen", HELD), viewer_id=person.id)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def playlist(page: PageClient, path: str) -> list[str]:
    answer = page.http.get(path)
    assert (answer.status_code, answer.content_type) == (200, PLAYLIST)
    return lines(answer.get_data(as_text=True))


def test_everything_that_a_closed_playlist_names_is_fetched_by_its_viewer(
    desk: Desk, media: Media, fan: Person
) -> None:
    page = signed_in(desk.app, fan)
    sizes = playlist(page, closed(desk.app, shown(desk, media, public=False), fan))
    assert len(sizes) == 1
    segments = playlist(page, sizes[0])
    assert len(segments) == 3
    film = b""
    for segment in segments:
        answer = page.http.get(segment)
        assert (answer.status_code, answer.content_type) == (200, "video/mp2t")
        assert answer.headers["Cache-Control"] == "private, no-cache"
        film += answer.data
    assert films.seconds_of(film, ".ts") == pytest.approx(13, abs=0.2)


def test_the_addresses_in_a_closed_playlist_are_of_use_to_its_viewer_alone(
    desk: Desk, media: Media, fan: Person
) -> None:
    sizes = playlist(signed_in(desk.app, fan), closed(desk.app, shown(desk, media, public=False), fan))
    other = a_person(desk.app)
    with desk.app.app_context(), transaction():
        grants.grant(other.id, desk.person.id, Kind.SUBSCRIPTION, cause="other", extent=grants.Extent(1))
    for page in (PageClient(desk.app), signed_in(desk.app, other)):
        assert page.http.get(sizes[0]).status_code == 404


def test_after_access_ended_the_next_segment_is_refused(desk: Desk, media: Media, fan: Person) -> None:
    page = signed_in(desk.app, fan)
    sizes = playlist(page, closed(desk.app, shown(desk, media, public=False), fan))
    first, second, _ = playlist(page, sizes[0])
    assert page.http.get(first).status_code == 200
    with desk.app.app_context(), transaction():
        grants.revoke(fan.id, cause="test")
    assert page.http.get(second).status_code == 402
    assert page.http.get(sizes[0]).status_code == 402


def test_a_public_film_is_fetched_by_everybody_for_good(desk: Desk, media: Media) -> None:
    described = shown(desk, media, public=True)
    with desk.app.app_context():
        top = public_address(described, "hls")
    folder, page = top.rsplit("/", 1)[0], PageClient(desk.app)
    for size in playlist(page, top):
        for segment in playlist(page, f"{folder}/{size}"):
            answer = page.http.get(f"{folder}/{segment}")
            assert (answer.status_code, answer.content_type) == (200, "video/mp2t")
            assert "immutable" in answer.headers["Cache-Control"]


def test_of_a_closed_film_strangers_get_the_teaser_alone(desk: Desk, media: Media) -> None:
    described = shown(desk, media, public=False)
    page = PageClient(desk.app)
    with desk.app.app_context():
        folder = public_address(described, "hls").rsplit("/", 1)[0]
    assert page.http.get(f"{folder}/teaser.webp").status_code == 200
    for file in ("hls.m3u8", "hls-360.m3u8", "hls-360-00000.ts", "mp4.mp4", "w800.webp", "preview.webp"):
        assert page.http.get(f"{folder}/{file}").status_code == 404


def test_the_waveform_cannot_do_anything_when_opened_by_itself(desk: Desk) -> None:
    described = shown(desk, desk.made(films.song(), name="a.mp3", kind="audio/mpeg"), public=True)
    with desk.app.app_context():
        answer = desk.app.test_client().get(public_address(described, "wave"))
    assert answer.content_type.startswith("image/svg+xml")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def encoders(worker: processes.Started) -> list[psutil.Process]:
    return [one for one in psutil.Process(worker.pid).children(recursive=True) if "ffmpeg" in one.name()]


@pytest.mark.fault_long
def test_a_film_is_made_ready_although_its_worker_was_killed(desk: Desk, settings: Settings) -> None:
    env = processes.environment(settings) | {"LEASE_SECONDS": "2", "HEARTBEAT_SECONDS": "0.3"}
    media_id = desk.upload(films.film("768x480", 40), **VIDEO)
    with processes.start("tests.faults.worker_program", env) as worker:
        eventually(lambda: desk.media(media_id).progress > 0, within=60)
        at_work = eventually(lambda: encoders(worker))
        worker.kill()
    assert psutil.wait_procs(at_work, timeout=5)[1] == []
    assert desk.media(media_id).state == "processing"

    def made_again() -> bool:
        with desk.app.app_context():
            work.drain(["media"])
        return desk.media(media_id).state == "ready"

    eventually(made_again, within=90)
    assert len(desk.media(media_id).renditions["hls"]["parts"]) == 2 + 2 * 7
