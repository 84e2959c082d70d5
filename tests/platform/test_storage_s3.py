"""The same promises, kept in an object store; over the wire, by one that checks everything."""

import io
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.platform.errors import NotFound
from app.platform.storage import BadKey, LocalStorage, Storage, StorageFull
from app.platform.storage_s3 import PART, S3Storage, StorageAway
from tests.doubles.s3 import Store, s3_server

KIND = "application/octet-stream"
BIG = 2 * PART + 12_345


@pytest.fixture
def store() -> Iterator[Store]:
    with s3_server() as running:
        yield running


def connected(store: Store, **changed: str) -> S3Storage:
    chosen = {name.lower(): value for name, value in store.settings.items()} | changed
    return S3Storage(Settings.model_construct(**chosen))  # type: ignore[arg-type]


@pytest.fixture(params=["local", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path, store: Store) -> Storage:
    """Both, for what both promise."""
    return LocalStorage(tmp_path) if request.param == "local" else connected(store)


class Trickle(io.RawIOBase):
    """A stream that gives less than it is asked for, as sockets do; and may break."""

    def __init__(self, content: bytes, breaks_at: int | None = None) -> None:
        self._rest, self._breaks_at, self._given = content, breaks_at, 0

    def read(self, size: int = -1) -> bytes:
        if self._breaks_at is not None and self._given >= self._breaks_at:
            raise ConnectionResetError
        piece, self._rest = self._rest[: min(size, 300_000)], self._rest[min(size, 300_000) :]
        self._given += len(piece)
        return piece


def read(files: Storage, key: str) -> bytes:
    with files.open(key) as stream:
        return stream.read()


def appended(files: Storage, key: str, *pieces: bytes) -> Any:
    parts: Any = {}
    for piece in pieces:
        parts = files.append(key, parts, io.BytesIO(piece))
    return parts


@pytest.mark.parametrize("size", [0, 10, PART, BIG])
def test_what_is_put_is_there(files: Storage, size: int) -> None:
    content = os.urandom(size)
    assert files.put("a/b.bin", Trickle(content), KIND) == size  # type: ignore[arg-type]
    assert (read(files, "a/b.bin"), files.size("a/b.bin")) == (content, size)
    assert files.exists("a/b.bin")
    with files.local("a/b.bin") as path:
        assert path.read_bytes() == content


def test_a_reader_jumps(files: Storage) -> None:
    content = os.urandom(BIG)
    files.put("a", io.BytesIO(content), KIND)
    with files.open("a") as stream:
        for at in (BIG - 100, 5, PART):
            stream.seek(at)
            assert stream.read(100) == content[at : at + 100]
        stream.seek(-7, io.SEEK_END)
        assert stream.read() == content[-7:]


def test_what_breaks_on_its_way_is_not_there(files: Storage) -> None:
    with pytest.raises(ConnectionResetError):
        files.put("a", Trickle(os.urandom(BIG), PART + 1), KIND)  # type: ignore[arg-type]
    assert not files.exists("a")
    assert list(files.begun()) == []


def test_what_is_not_there_is_not_found(files: Storage) -> None:
    for ask in (files.open, files.size):
        with pytest.raises(NotFound):
            ask("nothing")
    with pytest.raises(NotFound), files.local("nothing"):
        pass
    with pytest.raises(NotFound):
        files.copy("nothing", "something")
    files.delete("nothing")


@pytest.mark.parametrize("key", ["", "/a", "../a", "a/../b", ".parts/a", "a" * 401, "ä"])
def test_other_keys_are_refused(files: Storage, key: str) -> None:
    with pytest.raises(BadKey):
        files.put(key, io.BytesIO(b""), KIND)


def test_listing_goes_by_prefix_and_in_order(files: Storage) -> None:
    keys = [f"m/{number:03}/x" for number in range(120)]
    for key in reversed(keys):
        files.put(key, io.BytesIO(b"x"), KIND)
    files.put("n/1", io.BytesIO(b"x"), KIND)
    appended(files, "m/unfinished", b"x")
    assert list(files.list("m/")) == keys
    assert list(files.list("m/01")) == keys[10:20]


def test_a_copy_lives_on_without_the_first(files: Storage) -> None:
    files.put("a", io.BytesIO(b"same"), KIND)
    files.copy("a", "b")
    files.delete("a")
    assert read(files, "b") == b"same"


@pytest.mark.parametrize(
    "cuts", [[10], [PART], [PART, PART, 9], [3_000_000, 7_000_000, 1, BIG], [BIG, 5]], ids=str
)
def test_parts_of_any_length_become_one_file(files: Storage, cuts: list[int]) -> None:
    pieces = [os.urandom(cut) for cut in cuts]
    parts = appended(files, "a", *pieces)
    assert parts["size"] == sum(cuts)
    assert not files.exists("a")
    assert list(files.begun()) == ["a"]
    files.compose("a", parts, KIND)
    files.compose("a", parts, KIND)
    assert read(files, "a") == b"".join(pieces)
    assert list(files.begun()) == []


def test_what_was_sent_and_not_remembered_is_overwritten(files: Storage) -> None:
    first, lost, second = os.urandom(PART + 100), os.urandom(PART + 7), os.urandom(2 * PART)
    parts = appended(files, "a", first)
    files.append("a", parts, io.BytesIO(lost))
    with suppress(ConnectionResetError):
        files.append("a", parts, Trickle(lost, 1_000_000))  # type: ignore[arg-type]
    parts = files.append("a", parts, io.BytesIO(second))
    files.compose("a", parts, KIND)
    assert read(files, "a") == first + second


def test_what_is_called_off_leaves_nothing(files: Storage) -> None:
    appended(files, "a", os.urandom(PART + 1))
    appended(files, "ab", b"another")
    files.discard("a", {})
    assert list(files.begun()) == ["ab"]
    files.discard("a", {})


def test_a_long_file_is_sent_in_small_pieces(store: Store) -> None:
    connected(store).put("a", io.BytesIO(bytes(5 * PART)), KIND)
    assert store.largest_body == PART


@pytest.mark.parametrize("changed", [{"s3_secret_key": "a-guess"}, {"s3_access_key": "somebody"}], ids=str)
def test_a_wrong_key_opens_nothing(store: Store, changed: dict[str, str]) -> None:
    connected(store).put("a", io.BytesIO(b"x"), KIND)
    stranger = connected(store, **changed)
    for ask in (lambda: stranger.open("a"), lambda: stranger.put("a", io.BytesIO(b"y"), KIND)):
        with pytest.raises(StorageAway):
            ask()
    assert store.objects["a"].body == b"x"


def test_a_full_store_refuses_and_goes_on_when_there_is_room(store: Store) -> None:
    files = connected(store)
    store.room = PART
    with pytest.raises(StorageFull):
        files.put("a", io.BytesIO(bytes(BIG)), KIND)
    assert (store.objects, store.uploads) == ({}, {})
    store.room = 10**9
    assert files.put("a", io.BytesIO(bytes(BIG)), KIND) == BIG


def test_a_hiccup_is_tried_again(store: Store) -> None:
    store.failing = 2
    assert connected(store).put("a", io.BytesIO(b"x"), KIND) == 1


def test_a_store_that_is_away_is_said_to_be(store: Store) -> None:
    files = connected(store, s3_endpoint="http://127.0.0.1:9")
    with pytest.raises(StorageAway):
        files.put("a", io.BytesIO(b"x"), KIND)


def send(address: str, content: bytes, **headers: str) -> int:
    asked = urllib.request.Request(address, content, headers, method="PUT")  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_browser_sends_parts_by_itself(store: Store) -> None:
    files = connected(store)
    parts = files.begin_direct("a", KIND)
    pieces = [os.urandom(PART), os.urandom(PART), os.urandom(100)]
    for number in (3, 1, 1):  # in any order, and one of them twice
        assert (
            send(files.sign_part("a", parts, number, len(pieces[number - 1]), 60), pieces[number - 1]) == 200
        )
    assert files.arrived("a", parts)["size"] == PART
    assert send(files.sign_part("a", parts, 2, PART, 60), pieces[1]) == 200
    parts = files.arrived("a", parts)
    assert parts["size"] == 2 * PART + 100
    files.compose("a", parts, KIND)
    assert read(files, "a") == b"".join(pieces)


def test_a_signed_part_is_for_that_part_that_length_and_that_time(store: Store) -> None:
    files = connected(store)
    parts = files.begin_direct("a", KIND)
    address = files.sign_part("a", parts, 1, 100, 60)
    assert send(address, bytes(101)) == 403
    assert send(address.replace("partNumber=1", "partNumber=2"), bytes(100)) == 403
    assert send(address.replace("/a?", "/b?"), bytes(100)) == 403
    assert send(address.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"), bytes(100)) == 403
    assert send(files.sign_part("a", parts, 1, 100, 0), bytes(100)) == 403
    assert store.uploads[parts["upload"]].parts == {}
    assert send(address, bytes(100)) == 200
