"""Access ends in the middle of a film: five seconds later no request gets another byte of it.

Two real web processes, players that never pause, with Redis and without it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, IncompleteRead
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask

from app.config import Settings
from app.creators.operations import following
from app.extensions import db
from app.media.addresses import address
from app.media.delivery import RANGE_MOST
from app.media.models import Media
from app.media.shown import Described, describe
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.factories.creators import a_creator, follows
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, a_session
from tests.factories.posts import a_post
from tests.faults import processes
from tests.faults.threads import meanwhile
from tests.support import eventually, free_port
from workers.stack.embedded import EmbeddedServers

START_SECONDS = 60
PROMISED = 5.0
# With Redis a notice says so; a busy machine may take its time to hear it.
TOLD = 3.0
WATCHED_ON = 1.5
MB = 1024 * 1024
FILM = 60 * MB
SEGMENTS, SEGMENT = 10, 400_000
MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360\nhls-360.m3u8\n"


@dataclass
class Answer:
    asked_at: float
    status: int
    length: int


@dataclass
class Viewer:
    """Somebody's browser, as far as films go: each request on a connection of its own, to either process."""

    port: int
    cookie: str
    answers: list[Answer] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> bytes:
        asked_at, got = time.monotonic(), b""
        with self.open(path, **headers) as connection:
            answer = connection.getresponse()
            try:
                got = answer.read()
            except IncompleteRead as broken:
                got = broken.partial
        given = answer.status in {200, 206}
        self.answers.append(Answer(asked_at, answer.status, len(got) if given else 0))
        return got if given else b""

    @contextmanager
    def open(self, path: str, **headers: str) -> Iterator[HTTPConnection]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Cookie": self.cookie, **headers})
            yield connection
        finally:
            connection.close()

    def lines(self, path: str) -> list[str]:
        text = self.get(path).decode()
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    def got_after(self, moment: float) -> int:
        return sum(answer.length for answer in self.answers if answer.asked_at >= moment)


@dataclass
class Cinema:
    """A post with a film for followers, one who follows, and the web processes that they watch it from."""

    app: Flask
    port: int
    mara: Person
    fan: Person
    film: Described
    post: UUID

    def viewer(self) -> Viewer:
        token = a_session(self.app, self.fan)
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        signed = signer.dumps({"_user_id": token, "_fresh": True})
        return Viewer(self.port, f"{self.app.config['SESSION_COOKIE_NAME']}={signed}")

    def place(self, name: str) -> str:
        with self.app.app_context():
            return address(self.film, name, holder=("post", self.post), viewer_id=self.fan.id)

    def unfollow(self) -> None:
        with self.app.app_context(), transaction():
            following.unfollow(self.fan.id, self.mara.id)

    def block(self) -> None:
        with self.app.app_context(), transaction():
            following.block(self.mara.id, self.fan.id)


def a_film(app: Flask, mara: Person) -> Described:
    """Not one that plays: bytes under the names that players ask for."""
    shown = a_picture(app, mara)
    with app.app_context(), transaction():
        media = db.session.get_one(Media, UUID(shown["id"]))
        parts = {f"hls-360-{number:05}.ts": bytes(SEGMENT) for number in range(SEGMENTS)}
        parts["hls-360.m3u8"] = "".join(f"#EXTINF:6,\n{name}\n" for name in parts).encode()
        files = {"mp4.mp4": bytes(FILM), "hls.m3u8": MASTER.encode(), **parts}
        for name, content in files.items():
            storage().put(f"media/{media.id}/{name}", BytesIO(content), "")
        media.kind, sizes = "video", {name: len(content) for name, content in files.items()}
        media.renditions = {
            "mp4": {"key": f"media/{media.id}/mp4.mp4", "type": "video/mp4", "bytes": FILM},
            "hls": {
                "key": f"media/{media.id}/hls.m3u8",
                "type": "application/vnd.apple.mpegurl",
                "bytes": sizes["hls.m3u8"],
                "parts": {name: sizes[name] for name in parts},
            },
        }
        return describe(media)


@pytest.fixture(scope="module")
def port(settings: Settings, whole_app: Flask) -> Iterator[int]:
    """Two web processes on one port."""
    chosen = free_port()
    env = processes.environment(settings) | {"PORT": str(chosen), "WEB_PROCESSES": "2", "LOG_LEVEL": "ERROR"}
    with processes.start_anew("wsgi", env):
        eventually(lambda: Viewer(chosen, "").get("/static/icons.svg"), within=START_SECONDS)
        yield chosen


@pytest.fixture
def cinema(app: Flask, port: int) -> Cinema:
    mara, fan = a_creator(app), a_person(app)
    follows(app, fan, mara)
    film = a_film(app, mara)
    post = a_post(app, mara.id, media=[film], audience="followers")
    return Cinema(app, port, mara, fan, film, post)


def by_ranges(viewer: Viewer, path: str) -> Callable[[threading.Event], None]:
    """As browsers fetch an MP4: from where they are to the end, again and again. At the end they seek."""

    def play(enough: threading.Event) -> None:
        at = 0
        while not enough.wait(0.05):
            got = len(viewer.get(path, Range=f"bytes={at}-"))
            assert got <= RANGE_MOST
            at = (at + got) % FILM

    return play


def by_segments(viewer: Viewer, path: str) -> Callable[[threading.Event], None]:
    """As browsers play HLS; the playlists are fetched but once."""
    segments = [one for size in viewer.lines(path) for one in viewer.lines(size)]
    assert len(segments) == SEGMENTS

    def play(enough: threading.Event) -> None:
        while not enough.is_set():
            for segment in segments:
                if not enough.wait(0.05):
                    viewer.get(segment)

    return play


@contextmanager
def redis_away(servers: EmbeddedServers) -> Iterator[None]:
    servers.redis.kill()
    try:
        yield
    finally:
        servers.redis.restart()
        eventually(servers.redis.answers, within=START_SECONDS)


@pytest.mark.parametrize("end", [Cinema.block, pytest.param(Cinema.unfollow, marks=pytest.mark.fault_long)])
@pytest.mark.parametrize("away", [False, True], ids=["with redis", "without redis"])
def test_no_request_is_answered_five_seconds_after_access_ended(
    cinema: Cinema, servers: EmbeddedServers, end: Callable[[Cinema], None], away: bool
) -> None:
    promised = PROMISED if away else TOLD
    viewers = [cinema.viewer() for _ in range(4)]
    places = [cinema.place(name) for name in ("mp4", "hls", "mp4", "hls")]
    players = [
        (by_segments if number % 2 else by_ranges)(viewer, place)
        for number, (viewer, place) in enumerate(zip(viewers, places, strict=True))
    ]
    with ExitStack() as stack:
        if away:
            stack.enter_context(redis_away(servers))
        stack.enter_context(meanwhile(*players))
        eventually(lambda: all(len(viewer.answers) > 8 for viewer in viewers))
        assert {answer.status for viewer in viewers for answer in viewer.answers} <= {200, 206}
        end(cinema)
        ended = time.monotonic()
        eventually(lambda: time.monotonic() > ended + promised + WATCHED_ON, within=PROMISED + 10)
    for viewer in viewers:
        late = [answer for answer in viewer.answers if answer.asked_at >= ended + promised]
        assert late, "they go on asking"
        assert viewer.got_after(ended + promised) == 0
        assert {answer.status for answer in late} == {404 if end is Cinema.block else 403}


@pytest.mark.parametrize("away", [False, True], ids=["with redis", "without redis"])
def test_a_download_of_the_whole_breaks_off(cinema: Cinema, servers: EmbeddedServers, away: bool) -> None:
    """Whoever takes the film at once, slowly, gets what was on its way and no more."""
    with ExitStack() as stack:
        if away:
            stack.enter_context(redis_away(servers))
        connection = stack.enter_context(cinema.viewer().open(cinema.place("mp4")))
        answer = connection.getresponse()
        assert (answer.status, answer.length) == (200, FILM)
        got = len(answer.read(MB))
        cinema.unfollow()
        ended = time.monotonic()
        eventually(lambda: time.monotonic() > ended + PROMISED, within=PROMISED + 10)
        while part := answer.read(MB):
            got += len(part)
    print(f"{got / MB:.1f} MB of {FILM / MB:.0f} arrived")
    assert got < FILM - 10 * MB
