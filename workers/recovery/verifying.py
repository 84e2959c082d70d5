"""A base backup against its own manifest: as it passes by in a tar, and as files that were laid out again."""

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.recovery.errors import RecoveryError

MANIFEST = "backup_manifest"
BLOCK = 512
READ = 1024 * 1024


@dataclass
class TarWatch:
    """Reads along: what lies in the tar, by name, and the manifest, which comes last."""

    digests: dict[str, tuple[int, str]] = field(default_factory=dict)
    manifest: bytes = b""

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        parser = self._parse()
        next(parser)
        for chunk in chunks:
            parser.send(chunk)
            yield chunk

    def _parse(self) -> Generator[None, bytes, None]:
        """Is sent one chunk after the other."""
        buffer = bytearray()
        while True:
            while len(buffer) < BLOCK:
                buffer += yield
            header = bytes(buffer[:BLOCK])
            del buffer[:BLOCK]
            if not header.strip(b"\0"):
                continue
            name, size, is_file = _member(header)
            left, digest, kept = size, hashlib.sha256(), bytearray()
            while left:
                if not buffer:
                    buffer += yield
                piece = bytes(buffer[:left])
                del buffer[: len(piece)]
                left -= len(piece)
                digest.update(piece)
                if name == MANIFEST:
                    kept += piece
            padding = -size % BLOCK
            while len(buffer) < padding:
                buffer += yield
            del buffer[:padding]
            if name == MANIFEST:
                self.manifest = bytes(kept)
            elif is_file:
                self.digests[name] = size, digest.hexdigest()

    def check(self) -> "Manifest":
        if not self.manifest:
            raise RecoveryError("The backup came without a manifest: it was cut off.")
        manifest = Manifest(self.manifest)
        manifest.compare(self.digests)
        return manifest


class Manifest:
    def __init__(self, text: bytes) -> None:
        self.text = text
        self._said: dict[str, Any] = json.loads(text)
        wal = self._said["WAL-Ranges"][-1]
        self.timeline = int(wal["Timeline"])
        self.start, self.stop = lsn(wal["Start-LSN"]), lsn(wal["End-LSN"])
        self.files = {_path(entry): (int(entry["Size"]), _digest(entry)) for entry in self._said["Files"]}

    def compare(self, found: dict[str, tuple[int, str]]) -> None:
        wrong = [name for name, said in self.files.items() if found.get(name) != said]
        if wrong:
            raise RecoveryError(f"The backup is not what its manifest says: {', '.join(sorted(wrong)[:5])}.")

    def check_folder(self, folder: Path) -> None:
        self.compare({name: _of_file(folder / name) for name in self.files if (folder / name).is_file()})


def lsn(text: str) -> int:
    """A place in the log as a number."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def _member(header: bytes) -> tuple[str, int, bool]:
    name = header[:100].rstrip(b"\0").decode(errors="surrogateescape")
    raw = header[124:136]
    # Beyond eight digits of octal tar writes the number as such.
    size = int.from_bytes(raw[1:]) if raw[0] & 0x80 else int(raw.strip(b"\0 ") or b"0", 8)
    is_file = header[156:157] in {b"0", b"\0"}
    return name.removeprefix("./"), size, is_file


def _path(entry: dict[str, Any]) -> str:
    if "Encoded-Path" in entry:
        return bytes.fromhex(entry["Encoded-Path"]).decode(errors="surrogateescape")
    return str(entry["Path"])


def _digest(entry: dict[str, Any]) -> str:
    return str(entry.get("Checksum", ""))


def _of_file(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(READ):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()
