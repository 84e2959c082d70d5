"""Files in the backup: each content once, as they were at a moment, gone some time after being deleted."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest

from app.config import Settings
from app.platform.storage import LocalStorage
from workers.recovery import media
from workers.recovery.depot import Depot
from workers.recovery.media import MediaShipping
from workers.recovery.notes import Notes
from workers.recovery.sealing import Keyring

KEY = "the-key-of-the-backups-0123456789"
LATER = timedelta(days=1)
Save = Callable[..., datetime]


@pytest.fixture
def depot(tmp_path: Path) -> Depot:
    return Depot(LocalStorage(tmp_path / "store"), Keyring([KEY]))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "files/media/1").mkdir(parents=True)
    (tmp_path / "files/.parts").mkdir()
    return tmp_path / "files"


@pytest.fixture
def ship(app: object, settings: Settings, depot: Depot, files: Path) -> Callable[[], datetime]:
    """One round; a moment after it."""

    def turn() -> datetime:
        # Each time as a process that just started.
        MediaShipping(depot, Notes(settings.database_url), files, 1).turn()
        return datetime.now(UTC)

    return turn


def test_files_are_restored_as_they_were(depot: Depot, files: Path, ship: Callable[[], datetime]) -> None:
    (files / "media/1/a").write_bytes(b"first")
    (files / ".parts/half").write_bytes(b"half")
    first = ship()
    (files / "media/1/a").write_bytes(b"second")
    (files / "media/1/b").write_bytes(b"first")
    (files / "avatar").write_bytes(b"me")
    ship()
    (files / "avatar").unlink()
    last = ship()

    assert len(media.stored(depot)) == 3
    new = files.parent / "new"
    assert media.restore(depot, media.files_at(depot, last), new) == 2
    found = {path.relative_to(new).as_posix(): path.read_bytes() for path in new.rglob("*") if path.is_file()}
    assert found == {"media/1/a": b"second", "media/1/b": b"first"}
    assert media.restore(depot, media.files_at(depot, last), new) == 0
    (new / "media/1/b").write_bytes(b"later")
    assert media.restore(depot, media.files_at(depot, last), new) == 1
    assert (new / "media/1/b").read_bytes() == b"first", "as long, and not the same"
    # What came right after is taken along: the database may have spoken of it already.
    assert set(media.files_at(depot, first)) == {"media/1/a", "media/1/b", "avatar"}
    assert media.files_at(depot, first - LATER) == {}


def test_what_was_deleted_goes_once_no_moment_needs_it(
    depot: Depot, files: Path, ship: Callable[[], datetime]
) -> None:
    (files / "avatar").write_bytes(b"me")
    (files / "cover").write_bytes(b"here")
    before = ship()
    (files / "avatar").unlink()
    after = ship()
    media.prune(depot, before)
    assert len(media.stored(depot)) == 2
    # A list of all that is there, as one is written every day.
    depot.put_json(f"media/full/{after:{media.STAMP}}", media.files_at(depot, after))
    media.prune(depot, after)
    assert len(media.stored(depot)) == 1
    assert set(media.files_at(depot, after)) == {"cover"}
    assert media.content_matches(depot, media.files_at(depot, after)["cover"])


def test_files_that_were_brought_under_an_earlier_key_are_still_what_they_were(
    depot: Depot, files: Path, ship: Callable[[], datetime]
) -> None:
    (files / "avatar").write_bytes(b"me")
    entry = media.files_at(depot, ship())["avatar"]
    after = Depot(LocalStorage(files.parent / "store"), Keyring(["another-key-0123456789", KEY]))
    assert media.content_matches(after, entry)


def test_what_is_being_brought_does_not_go_with_what_is_old(
    depot: Depot, files: Path, settings: Settings, ship: Callable[[], datetime]
) -> None:
    ship()
    at = datetime.now(UTC)

    class Slow(LocalStorage):
        """Old files are removed right before it is written what a new content is."""

        def put(self, key: str, stream: IO[bytes], content_type: str) -> int:
            if key.startswith("media/log/"):
                tidying.start()
                tidying.join(0.5)  # it is done by then, or waits until this is written
            return super().put(key, stream, content_type)

    busy = Depot(Slow(files.parent / "store"), depot.keys)
    tidying = threading.Thread(target=media.prune, args=(busy, at))
    (files / "avatar").write_bytes(b"me")
    MediaShipping(busy, Notes(settings.database_url), files, 1).turn()
    tidying.join()
    assert media.content_matches(depot, media.files_at(depot, datetime.now(UTC))["avatar"])
