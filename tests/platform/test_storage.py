"""Files are there whole or not at all."""

import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.platform.cleanup import clean
from app.platform.errors import NotFound
from app.platform.storage import BadKey, LocalStorage, StorageFull, storage
from tests.support import eventually

WRITER = """
import sys
from pathlib import Path
from app.platform.storage import LocalStorage

class Endless:
    def read(self, size):
        return b"x" * size

LocalStorage(Path(sys.argv[1])).put("big.bin", Endless(), "application/octet-stream")
"""


@pytest.fixture
def files(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage")


def put(files: LocalStorage, key: str, content: bytes = b"hello") -> int:
    return files.put(key, io.BytesIO(content), "text/plain")


def everything_in(files: LocalStorage) -> list[Path]:
    return [path for path in files._folder.rglob("*") if path.is_file()]


def test_what_is_put_is_there(files: LocalStorage) -> None:
    content = os.urandom(3_000_000)
    assert put(files, "exports/a/data.zip", content) == 3_000_000
    with files.open("exports/a/data.zip") as stream:
        assert stream.read() == content
    assert files.size("exports/a/data.zip") == 3_000_000
    assert files.exists("exports/a/data.zip")


def test_a_second_put_replaces_and_a_reader_of_the_first_is_not_disturbed(files: LocalStorage) -> None:
    put(files, "a", b"old")
    with files.open("a") as reading:
        put(files, "a", b"new")
        assert reading.read() == b"old"
    with files.open("a") as reading:
        assert reading.read() == b"new"


def test_what_is_not_there_is_not_found(files: LocalStorage) -> None:
    put(files, "folder/a")
    for key in ("b", "folder"):
        assert not files.exists(key)
        with pytest.raises(NotFound):
            files.open(key)
        with pytest.raises(NotFound):
            files.size(key)


def test_deleting_twice_is_as_good_as_once(files: LocalStorage) -> None:
    put(files, "a")
    files.delete("a")
    files.delete("a")
    assert not files.exists("a")


def test_keys_are_listed_by_prefix(files: LocalStorage) -> None:
    for key in ("b/2", "a/1", "b/1", "b2"):
        put(files, key)
    assert list(files.list()) == ["a/1", "b/1", "b/2", "b2"]
    assert list(files.list("b/")) == ["b/1", "b/2"]
    assert list(files.list("c")) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../a",
        "a/../../b",
        "a/./b",
        "a//b",
        "a/",
        ".unfinished/a",
        "a\0b",
        "a\nb",
        "a\n",
        "ä",
        "x" * 401,
    ],
)
def test_a_key_leads_nowhere_else(files: LocalStorage, key: str) -> None:
    for use in (files.open, files.size, files.exists, files.delete):
        with pytest.raises(BadKey):
            use(key)
    with pytest.raises(BadKey):
        put(files, key)


def test_a_stream_that_breaks_leaves_nothing(files: LocalStorage) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    put(files, "a", b"old")
    with pytest.raises(ConnectionResetError):
        files.put("a", Breaking(), "text/plain")
    with files.open("a") as stream:
        assert stream.read() == b"old"
    assert len(everything_in(files)) == 1


@pytest.fixture
def no_room() -> Iterator[None]:
    """The kernel refuses to write more than 100 kB into a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_without_room_the_refusal_is_clean(files: LocalStorage, no_room: None) -> None:
    with pytest.raises(StorageFull) as refused:
        put(files, "a", os.urandom(3_000_000))
    assert refused.value.status == 503
    assert everything_in(files) == []
    assert put(files, "a", b"small") == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_refused_cleanly_and_recovers(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        files = LocalStorage(disk / "storage")
        put(files, "first", os.urandom(1_200_000))
        with pytest.raises(StorageFull):
            put(files, "second", os.urandom(1_200_000))
        assert list(files.list()) == ["first"]
        files.delete("first")
        assert put(files, "second", os.urandom(1_200_000)) == 1_200_000
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_writer_that_is_killed_leaves_nothing_to_be_seen(context: Flask) -> None:
    files = storage()
    assert isinstance(files, LocalStorage)
    for path in everything_in(files):  # of tests before this one
        path.unlink()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(files._folder)])
    try:
        eventually(lambda: everything_in(files)[0].stat().st_size > 1_000_000)
    finally:
        writer.kill()
        writer.wait()
    assert list(files.list()) == []
    left = everything_in(files)[0]
    clean()
    assert left.exists(), "somebody may still be writing"
    day_before_yesterday = time.time() - 2 * 86_400
    os.utime(left, (day_before_yesterday, day_before_yesterday))
    clean()
    assert not left.exists()
