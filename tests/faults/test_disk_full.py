"""F9: the disk of database and files is full to the last byte, a real one. Then there is room again."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from app.kit import clock
from app.media.models import Media
from app.media.operations import sweeping
from app.platform import work
from app.platform.audit_chain import seal
from app.platform.audit_verify import verify
from app.platform.storage import storage
from tests.chat.talking import all_said, begin
from tests.factories.creators import a_creator
from tests.factories.media import picture_bytes
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.platform.houses import a_mortal_house
from tests.support import eventually
from workers.stack.embedded import EmbeddedServers

pytestmark = [pytest.mark.fault_long, pytest.mark.timeout(300)]

DISK = "500m"
# So that the first refusals come while something still fits, and the last ones when nothing does.
LEFT = 128 * 1024
REFUSED = 8
MOST = 400
WORDS = "x" * 3_900
RECOVERS_WITHIN = 30.0

House = tuple[Flask, EmbeddedServers, Path]


@pytest.fixture
def house() -> Iterator[House]:
    """On a small disk, into which the account of the servers may go."""
    disk = Path(tempfile.mkdtemp(prefix="fanlight-full-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=711", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        disk.rmdir()
        pytest.skip("only root can mount a small disk")
    try:
        with a_mortal_house(disk / "house", limit_write=10_000, limit_read=10_000) as (app, servers):
            app.testing = False
            yield app, servers, disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
        shutil.rmtree(disk)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    ballast = disk / "ballast"
    room = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - LEFT)
    try:
        yield
    finally:
        ballast.unlink()


def known(app: Flask) -> list[Media]:
    with app.app_context():
        return list(db.session.scalars(db.select(Media)))


def comes_back(servers: EmbeddedServers) -> bool:
    """As the runner of processes does with a server that ended, where its log had no room either."""
    if not servers.postgres.answers():
        servers.postgres.restart()
    return True


class Writer:
    def __init__(self, page: PageClient, talk: str) -> None:
        self.page, self.talk = page, talk
        self.form = page.get(talk).form(talk)
        self.acknowledged: list[str] = []
        self._number = 0

    def write(self) -> int:
        self._number += 1
        words = f"{self._number} {WORDS}"
        # Each form a key of its own, kept while pages cannot be had.
        fields = self.form.fields | {"body": words, "idempotency_key": f"message-number-{self._number}"}
        answer = self.page.post(self.talk, fields, follow=False)
        if answer.status == 303:
            self.acknowledged.append(words)
        else:
            assert (answer.status, "Retry-After" in answer.response.headers) == (503, True), answer.text
        return answer.status

    def send_file(self) -> int:
        listing = self.page.get("/dashboard/media")
        if listing.status != 200:
            return listing.status
        token = listing.form("/uploads").fields["csrf_token"]
        data = {"file": [(BytesIO(picture_bytes(1600, 1200)), "sea.jpg")], "csrf_token": token}
        return self.page.post("/uploads", data, follow=False).status


def test_nothing_half_is_seen_and_it_recovers_by_itself(house: House) -> None:
    app, servers, disk = house
    mara, ben = a_creator(app), a_person(app)
    talk = begin(signed_in(app, ben), mara.handle)
    writer = Writer(signed_in(app, mara), talk)
    assert (writer.write(), writer.send_file()) == (303, 303)
    with full(disk):
        refused = 0
        while refused < REFUSED:
            refused += writer.write() == 503
            assert len(writer.acknowledged) < MOST, "it is not full"
        print(f"{len(writer.acknowledged)} messages before it was full")
        assert writer.send_file() == 503
        assert len(known(app)) == 1, "nothing of what was refused"
    eventually(lambda: comes_back(servers) and writer.write() == 303, within=RECOVERS_WITHIN)
    eventually(lambda: writer.send_file() == 303, within=RECOVERS_WITHIN)
    assert [words for _, _, words in all_said(app)][1:] == writer.acknowledged, "all, once, in their order"
    with app.app_context():
        work.drain(["media"])
        assert [one.state for one in known(app)] == ["ready", "ready"]
        with clock.using(clock.FixedClock(clock.now() + timedelta(days=3))):
            sweeping.sweep_files()
        assert len(list(storage().list("originals/"))) == 2, "what nobody knows of goes"
        seal()
        assert verify() is None
