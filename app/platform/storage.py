"""Where files lie. Names are keys, as in an object store, so that one can take this one's place.

storage().put("exports/0199.../data.zip", stream, "application/zip")
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol, cast

from flask import Flask, current_app

from app.config import Settings
from app.kit.ids import new_id
from app.platform.errors import NotFound, Unavailable

CHUNK = 1024 * 1024
MAX_KEY = 400
# Segments of letters, digits, dot, dash, underscore; none begins with a dot, so none leads upwards.
KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
UNFINISHED = ".unfinished"
# Apart from it, because somebody may come back for these after days.
PARTS = ".parts"
# What a storage remembers of the parts it has: its own affair, kept by the caller as JSON.
Parts = dict[str, Any]
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

    def append(self, key: str, parts: Parts, stream: IO[bytes]) -> Parts:
        """One more part of something long, after those in `parts` ({} for the first).

        Nothing is to be seen under the key before `compose`. What was written and not remembered, because
        the caller died in between, is overwritten.
        """

    def compose(self, key: str, parts: Parts, content_type: str) -> None:
        """Of all its parts one file, whole or not at all. Done again it changes nothing."""

    def discard(self, key: str, parts: Parts) -> None:
        """The parts of what will not be composed."""

    def begun(self) -> Iterator[str]:
        """The keys of which there are parts."""

    def copy(self, source: str, target: str) -> None:
        """The same content under another key; each lives on without the other."""

    def local(self, key: str) -> AbstractContextManager[Path]:
        """As a file on this machine, to read, for programs that want one."""


class DirectStorage(Storage, Protocol):
    """One to which browsers can send parts by themselves."""

    part_length: int

    def begin_direct(self, key: str, content_type: str) -> Parts:
        """`append` may go on with these as well."""

    def sign_part(self, key: str, parts: Parts, number: int, length: int, seconds: int) -> str:
        """Where part `number`, of exactly this length, is sent by PUT."""

    def arrived(self, key: str, parts: Parts) -> Parts:
        """What has come of them, in order and without a gap."""


class LocalStorage:
    """Files below one folder. The type of content is kept by whoever knows the key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / UNFINISHED
        self._parts = folder / PARTS

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
        below = self._folder / prefix.rpartition("/")[0]
        keys = (path.relative_to(self._folder).as_posix() for path in below.rglob("*") if path.is_file())
        yield from sorted(key for key in keys if key.startswith(prefix) and not key.startswith("."))

    def append(self, key: str, parts: Parts, stream: IO[bytes]) -> Parts:
        begun = int(parts.get("size", 0))
        making = self._making(key)
        with _room_or_refusal():
            self._parts.mkdir(parents=True, exist_ok=True)
            with self._reopened(making) if begun else making.open("wb") as file:
                file.truncate(begun)
                file.seek(begun)
                try:
                    size = begun + _pour(stream, file)
                except BaseException:
                    file.truncate(begun)
                    raise
        return {"size": size}

    def compose(self, key: str, parts: Parts, content_type: str) -> None:
        target, making = self._path(key), self._making(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            making.rename(target)
        except FileNotFoundError:
            if not target.is_file():
                raise NotFound from None
        _sync_folder(target.parent)

    def discard(self, key: str, parts: Parts) -> None:
        self._making(key).unlink(missing_ok=True)

    def begun(self) -> Iterator[str]:
        if self._parts.is_dir():
            yield from sorted(path.name.replace("~", "/") for path in self._parts.iterdir())

    def copy(self, source: str, target: str) -> None:
        """A second name for the same bytes: nothing of ours ever writes into a file that is there."""
        path = self._path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._unfinished.mkdir(parents=True, exist_ok=True)
        making = self._unfinished / new_id().hex
        with _room_or_refusal():
            try:
                making.hardlink_to(self._path(source))
            except FileNotFoundError:
                raise NotFound from None
            making.replace(path)
            making.unlink(missing_ok=True)  # still there when both names meant this file before
            _sync_folder(path.parent)

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        path = self._path(key)
        if not path.is_file():
            raise NotFound
        yield path

    def clear_unfinished(self, before: float) -> None:
        """What a killed process left half-written, begun before this moment (seconds of the epoch)."""
        if not self._unfinished.is_dir():
            return
        for path in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _making(self, key: str) -> Path:
        return self._parts / self._path(key).relative_to(self._folder).as_posix().replace("/", "~")

    def _reopened(self, making: Path) -> IO[bytes]:
        try:
            return making.open("r+b")
        except FileNotFoundError:
            raise NotFound from None

    def _path(self, key: str) -> Path:
        if len(key) > MAX_KEY or not KEY.fullmatch(key):
            raise BadKey(key)
        return self._folder / key


def storage() -> Storage:
    return cast(Storage, current_app.extensions["fanlight.storage"])


def direct_storage() -> DirectStorage | None:
    """None where files come by way of us."""
    files = storage()
    return cast(DirectStorage, files) if hasattr(files, "sign_part") else None


def init_storage(app: Flask, settings: Settings) -> None:
    if settings.s3_bucket:
        # Half a second and some megabytes that only those pay who use it.
        from app.platform.storage_s3 import S3Storage  # noqa: PLC0415

        app.extensions["fanlight.storage"] = S3Storage(settings)
        return
    app.extensions["fanlight.storage"] = LocalStorage((settings.data_dir / "storage").absolute())


def _write(path: Path, stream: IO[bytes]) -> int:
    with path.open("xb") as file:
        return _pour(stream, file)


def _pour(stream: IO[bytes], file: IO[bytes]) -> int:
    size = 0
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
