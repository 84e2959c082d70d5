"""A base backup is read along with while it passes, and compared with its own manifest."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.recovery.errors import RecoveryError
from workers.recovery.verifying import MANIFEST, Manifest, TarWatch

FILES = {"global/pg_control": b"c" * 8192, "base/1/1259": b"", "base/1/2619": b"data" * 3000}


def a_manifest(files: dict[str, bytes]) -> bytes:
    return json.dumps(
        {
            "Files": [
                {"Path": name, "Size": len(data), "Checksum": hashlib.sha256(data).hexdigest()}
                for name, data in files.items()
            ],
            "WAL-Ranges": [{"Timeline": 3, "Start-LSN": "1/2000028", "End-LSN": "1/2000158"}],
        }
    ).encode()


def a_tar(files: dict[str, bytes], manifest: bytes) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        folder = tarfile.TarInfo("base")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, data in {**files, **({MANIFEST: manifest} if manifest else {})}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return whole.getvalue()


def watched(tar: bytes, at_once: int) -> Manifest:
    watch = TarWatch()
    pieces = [tar[start : start + at_once] for start in range(0, len(tar), at_once)]
    assert b"".join(watch.through(pieces)) == tar
    return watch.check()


@given(st.integers(1, 30_000))
def test_it_is_whole_in_whatever_pieces_it_comes(at_once: int) -> None:
    found = watched(a_tar(FILES, a_manifest(FILES)), at_once)
    assert (found.timeline, found.start, found.stop) == (3, 0x1_0200_0028, 0x1_0200_0158)


@pytest.mark.parametrize(
    "wrong", [{"base/1/2619": b"atad" * 3000}, {"base/1/2619": b"data"}, {"base/1/9": b""}]
)
def test_what_differs_from_the_manifest_is_named(wrong: dict[str, bytes]) -> None:
    with pytest.raises(RecoveryError, match=next(iter(wrong))):
        watched(a_tar(FILES, a_manifest(FILES | wrong)), 4096)


def test_without_a_manifest_it_was_cut_off() -> None:
    with pytest.raises(RecoveryError, match="cut off"):
        watched(a_tar(FILES, b""), 4096)


def test_a_folder_is_compared_file_by_file(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    Manifest(a_manifest(FILES)).check_folder(tmp_path)
    (tmp_path / "base/1/1259").unlink()
    with pytest.raises(RecoveryError, match="base/1/1259"):
        Manifest(a_manifest(FILES)).check_folder(tmp_path)
