"""The store that backups go to: a folder or a bucket, in which everything is sealed."""

import io
import json
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.config import BackupSettings, Settings
from app.platform.errors import NotFound
from app.platform.storage import LocalStorage, Storage
from workers.recovery.errors import RecoveryError
from workers.recovery.sealing import Keyring

KIND = "application/octet-stream"


class Gone(RecoveryError):
    """It was never there, or is no more."""


class Depot:
    def __init__(self, files: Storage, keys: Keyring, prefix: str = "") -> None:
        self._files, self._prefix = files, prefix
        self.keys = keys
        # Held until it is written what new contents are, and while those go that nothing tells of.
        self.contents = threading.Lock()

    def put(self, name: str, chunks: Iterable[bytes], *, packed: bool = True) -> int:
        """Whole or not at all; how long it is there."""
        sealed = Poured(self.keys.seal(chunks, name, packed=packed))
        size = self._files.put(self._prefix + name, sealed, KIND)  # type: ignore[arg-type]
        if self._files.size(self._prefix + name) != size:
            raise RecoveryError(f"The store took {name}, but not all of it.")
        return size

    def chunks(self, name: str) -> Iterator[bytes]:
        try:
            stream = self._files.open(self._prefix + name)
        except NotFound:
            raise Gone(f"{name} is not in the store.") from None
        with stream:
            yield from self.keys.open(stream, name)

    def read(self, name: str) -> bytes:
        return b"".join(self.chunks(name))

    def put_json(self, name: str, value: object) -> None:
        self.put(name, [json.dumps(value).encode()])

    def read_json(self, name: str) -> Any:
        return json.loads(self.read(name))

    def names(self, prefix: str = "") -> list[str]:
        start = len(self._prefix)
        return [name[start:] for name in self._files.list(self._prefix + prefix)]

    def delete(self, name: str) -> None:
        self._files.delete(self._prefix + name)


class Poured(io.RawIOBase):
    """What comes in pieces, as a file that somebody else reads."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            fresh = next(self._chunks, None)
            if fresh is None:
                return 0
            self._rest = memoryview(fresh)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def open_depot(settings: BackupSettings) -> Depot:
    if not settings.backup_to:
        raise RecoveryError(
            "BACKUP_TO is not set: name the folder or the bucket (s3://bucket/house) of backups."
        )
    keys = Keyring(settings.backup_key)
    if not settings.backup_to.startswith("s3://"):
        folder = Path(settings.backup_to)
        # Made by us it would hide that a disk is not mounted.
        if not folder.is_dir():
            raise RecoveryError(f"BACKUP_TO: {folder} is not there. Make it, or mount what it lies on.")
        return Depot(LocalStorage(folder), keys)
    place = urlsplit(settings.backup_to)
    prefix = place.path.strip("/")
    return Depot(_bucket(settings, place.netloc), keys, f"{prefix}/" if prefix else "")


def _bucket(settings: BackupSettings, name: str) -> Storage:
    # Half a second and some megabytes that only those pay who use it.
    from app.platform.storage_s3 import S3Storage  # noqa: PLC0415

    chosen = Settings.model_construct(
        s3_bucket=name,
        s3_endpoint=settings.backup_s3_endpoint,
        s3_region=settings.backup_s3_region,
        s3_access_key=settings.backup_s3_access_key,
        s3_secret_key=settings.backup_s3_secret_key,
    )
    return S3Storage(chosen)
