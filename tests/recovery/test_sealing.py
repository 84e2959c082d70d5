"""What was sealed opens as it was or not at all: cut, rearranged, renamed, or by another key."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.storage import LocalStorage
from workers.recovery.depot import Depot, Gone, Poured
from workers.recovery.errors import RecoveryError
from workers.recovery.sealing import CHUNK, HEADER, TAG, Keyring

KEY, OTHER = "the-key-of-the-backups-0123456789", "another-key-altogether-987654321"
NAME = "system/wal/000000010000000000000001"
LONG = bytes(range(256)) * (2 * CHUNK // 256) + b"and a little more"


def sealed(content: bytes, key: str = KEY, *, packed: bool = False) -> bytes:
    return b"".join(Keyring([key]).seal([content], NAME, packed=packed))


def opened(sealed: bytes, *keys: str, name: str = NAME) -> bytes:
    return b"".join(Keyring(list(keys or [KEY])).open(io.BytesIO(sealed), name))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_what_was_sealed_opens_as_it_was(length: int, packed: bool) -> None:
    content = LONG[:length]
    pieces = [content[start : start + 100_003] for start in range(0, length, 100_003)]
    whole = b"".join(Keyring([KEY]).seal(pieces, NAME, packed=packed))
    assert opened(whole) == content


@pytest.mark.parametrize("left", [0, HEADER - 1, HEADER, HEADER + 5, HEADER + CHUNK + TAG, -TAG, -1])
def test_what_was_cut_does_not_open(left: int) -> None:
    with pytest.raises(RecoveryError):
        opened(sealed(LONG)[:left])


def test_chunks_have_their_places() -> None:
    whole = sealed(LONG)
    head, length = whole[:HEADER], CHUNK + TAG
    first, second = whole[HEADER : HEADER + length], whole[HEADER + length : HEADER + 2 * length]
    rest = whole[HEADER + 2 * length :]
    for changed in (
        head + second + first + rest,
        head + first + rest,
        head + first + first + rest,
        whole + rest,
    ):
        with pytest.raises(RecoveryError, match="changed or cut"):
            opened(changed)


@given(st.integers(0, len(sealed(b"short")) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(at: int, by: int) -> None:
    whole = bytearray(sealed(b"short"))
    whole[at] ^= by
    with pytest.raises(RecoveryError):
        opened(bytes(whole))


def test_what_lay_under_one_name_does_not_open_under_another() -> None:
    with pytest.raises(RecoveryError):
        opened(sealed(b"a"), name=f"{NAME}.00000000")


def test_another_key_is_named_and_an_earlier_one_still_opens() -> None:
    with pytest.raises(RecoveryError, match="BACKUP_KEY is another one"):
        opened(sealed(b"a"), OTHER)
    assert opened(sealed(b"a"), OTHER, KEY) == b"a"


def test_a_store_holds_nothing_that_can_be_read(tmp_path: Path) -> None:
    depot = Depot(LocalStorage(tmp_path), Keyring([KEY]), "house/")
    depot.put("a/b", [b"a secret"] * 1000)
    assert depot.read("a/b") == b"a secret" * 1000
    assert (depot.names(), depot.names("a/"), depot.names("c")) == (["a/b"], ["a/b"], [])
    assert b"secret" not in (tmp_path / "house/a/b").read_bytes()
    with pytest.raises(Gone):
        depot.read("a/c")


def test_what_breaks_on_its_way_is_not_there(tmp_path: Path) -> None:
    depot = Depot(LocalStorage(tmp_path), Keyring([KEY]))

    def breaking() -> Iterator[bytes]:
        yield LONG
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        depot.put("a", breaking())
    assert depot.names() == []


@given(st.lists(st.binary(max_size=50), max_size=8), st.integers(1, 20))
def test_pieces_are_read_as_a_file(pieces: list[bytes], at_once: int) -> None:
    stream = Poured(iter(pieces))
    assert b"".join(iter(lambda: stream.read(at_once) or b"", b"")) == b"".join(pieces)
