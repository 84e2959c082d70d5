"""Closed pictures with the handle of whoever looks, where their creator wants it so.

Nobody knows who will look, so each is made when it is asked for the first time, and kept for a week or two.
"""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Lock
from uuid import UUID

from flask import current_app

from app.kit import clock
from app.media.doors import Remembered, Stored
from app.media.shown import TEASER, File
from app.platform.errors import NotFound, Unavailable
from app.platform.storage import storage

FOLDER = "marked/"
TYPE = "image/webp"
WAIT_SECONDS = 5.0

# Making one keeps a core busy for 10 to 100 ms. One at a time in a process: then the pages that its other
# threads make go on beside it, however many pictures somebody's browser asks for at once.
_turn = Lock()
_sizes: Remembered[str, int] = Remembered()


def for_reader(media: Stored, file: File, reader_id: UUID, handle: str) -> File:
    """What this reader gets in place of the file; the file itself where nothing is to be marked."""
    if not media.marked or reader_id == media.owner_id or file is media.files.get(TEASER):
        return file
    key = _key(media.id, reader_id, handle, file)
    size = _sizes.get(key, lambda: _size(key) or _make(key, file, f"@{handle}"))
    return {**file, "key": key, "type": TYPE, "bytes": size}


def folder(media_id: UUID) -> str:
    return f"{FOLDER}{media_id}/"


def is_fresh(key: str) -> bool:
    """Made in this week or the last one."""
    made = key.rsplit("/", 1)[-1].partition(".")[0]
    return key.startswith(FOLDER) and made in {_week(), _week(before=1)}


def forget(reader_id: UUID) -> None:
    """Whose account is gone has their handle on nothing."""
    files = storage()
    for key in [key for key in files.list(FOLDER) if f".{reader_id}." in key]:
        files.delete(key)


def _key(media_id: UUID, reader_id: UUID, handle: str, file: File) -> str:
    source = file["key"].rsplit("/", 1)[-1]
    return f"{folder(media_id)}{_week()}.{reader_id}.{handle}.{source}"


def _week(*, before: int = 0) -> str:
    return f"{clock.now() - timedelta(weeks=before):%G%V}"


def _size(key: str) -> int | None:
    try:
        return storage().size(key)
    except NotFound:
        return None


def _make(key: str, file: File, words: str) -> int:
    # Pillow, for those who need it.
    from app.media.drawing import marked  # noqa: PLC0415

    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Many pictures are being made ready. Try again in a moment.")
    try:
        # Another of their requests may have made it meanwhile.
        if size := _size(key):
            return size
        with storage().open(file["key"]) as source:
            made = marked(source, words, Path(current_app.static_folder or "static") / "fonts")
        return storage().put(key, BytesIO(made), TYPE)
    finally:
        _turn.release()
