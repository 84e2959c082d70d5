"""Where files lie. Names are keys, as in an object store, so that one can take this one's place.

storage().put("exports/0199.../data.zip", stream, "application/zip")
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol, cast

from flask import Flask, current_app

from app.config import Settings
from app.kit.ids import new_id
from app.platform.errors import NotFound, Unavailable

CHUNK = 1024 * 1024
MAX_KEY = 400
# Segments of letters, digits, dot, dash, underscore; none begins with a dot, so none leads upwards.
KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
UNFINISHED = ".unfinished"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class BadKey(ValueError):
    """Keys are made by us; a bad one is a mistake of ours, or an attempt to get somewhere else."""


class StorageFull(Unavailable):
    def __init__(self) -> None:
        super().__init__("There is no room for files at the moment. Try again later.", retry_after=60)


class Storage(Protocol):
    def put(self, key: str, stream: IO[bytes], content_type: str) -> int:
        """Stores all of the stream, or nothing. What was there before is replaced. The size."""

    def open(self, key: str) -> IO[bytes]:
        """To read; NotFound when it is not there."""

    def size(self, key: str) -> int: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Also when it is gone already."""

    def list(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with `prefix`, in order."""


class LocalStorage:
    """Files below one folder. The type of content is kept by whoever knows the key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / UNFINISHED

    def put(self, key: str, stream: IO[bytes], content_type: str) -> int:
        target = self._path(key)
        with _room_or_refusal():
            self._unfinished.mkdir(parents=True, exist_ok=True)
            making = self._unfinished / new_id().hex
            try:
                size = _write(making, stream)
                target.parent.mkdir(parents=True, exist_ok=True)
                making.rename(target)
            except BaseException:
                making.unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)
        return size

    def open(self, key: str) -> IO[bytes]:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError):
            raise NotFound from None

    def size(self, key: str) -> int:
        with self.open(key) as file:
            return os.fstat(file.fileno()).st_size

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def list(self, prefix: str = "") -> Iterator[str]:
        keys = (
            path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file()
        )
        yield from sorted(key for key in keys if key.startswith(prefix) and not key.startswith(UNFINISHED))

    def clear_unfinished(self, before: float) -> None:
        """What a killed process left half-written, begun before this moment (seconds of the epoch)."""
        if not self._unfinished.is_dir():
            return
        for path in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _path(self, key: str) -> Path:
        if len(key) > MAX_KEY or not KEY.fullmatch(key):
            raise BadKey(key)
        return self._folder / key


def storage() -> Storage:
    return cast(Storage, current_app.extensions["fanlight.storage"])


def init_storage(app: Flask, settings: Settings) -> None:
    app.extensions["fanlight.storage"] = LocalStorage((settings.data_dir / "storage").absolute())


def _write(path: Path, stream: IO[bytes]) -> int:
    size = 0
    with path.open("xb") as file:
        while chunk := stream.read(CHUNK):
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size


def _sync_folder(folder: Path) -> None:
    """The new name must outlast a power cut as well as the content does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _room_or_refusal() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull from error
        raise
