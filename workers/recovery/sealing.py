"""How backups are sealed: AES-256-GCM in chunks, so that something long is neither cut nor rearranged unseen.

magic | how | fingerprint of the key | salt | chunk, tag | chunk, tag | ...

Every object has a key of its own, made of the owner's key, the salt and the object's name: what was put under
one name does not open under another. A chunk's number and whether it is the last are in its nonce.
"""

import hashlib
import hmac
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.kit import chance
from workers.recovery.errors import RecoveryError

MAGIC = b"FLB1"
PLAIN, PACKED = b"\0", b"\1"
FINGERPRINT, SALT, TAG = 8, 32, 16
HEADER = len(MAGIC) + 1 + FINGERPRINT + SALT
CHUNK = 256 * 1024
# Quick rather than small: a restore waits for it.
LEVEL = 1


class Keyring:
    """The first key seals, the others still open."""

    def __init__(self, secrets: list[str]) -> None:
        self._keys = {_fingerprint(secret): secret.encode() for secret in secrets}
        self.current = _fingerprint(secrets[0])

    def seal(self, chunks: Iterable[bytes], name: str, *, packed: bool) -> Iterator[bytes]:
        header = MAGIC + (PACKED if packed else PLAIN) + self.current + chance.token_bytes(SALT)
        cipher = self._cipher(header, name)
        yield header
        for number, (chunk, last) in enumerate(_with_last(_even(_squeezed(chunks) if packed else chunks))):
            yield cipher.encrypt(_nonce(number, last), chunk, header)

    def open(self, stream: IO[bytes], name: str) -> Iterator[bytes]:
        header = _whole(stream, HEADER)
        if len(header) < HEADER or header[: len(MAGIC)] != MAGIC:
            raise RecoveryError(f"{name} is not part of a backup, or was cut.")
        plain = self._chunks(stream, self._cipher(header, name), header, name)
        return _released(plain) if header[len(MAGIC) : len(MAGIC) + 1] == PACKED else plain

    def digest(self, of: bytes) -> str:
        """A name for some content that tells strangers nothing of it."""
        return self._digest(self.current, of)

    def is_digest(self, name: str, of: bytes) -> bool:
        """Also by a key from before, under which it was named."""
        return any(name == self._digest(key, of) for key in self._keys)

    def _digest(self, key: bytes, of: bytes) -> str:
        return hmac.new(self._keys[key], b"content" + of, hashlib.sha256).hexdigest()

    def _chunks(self, stream: IO[bytes], cipher: AESGCM, header: bytes, name: str) -> Iterator[bytes]:
        sealed = iter(lambda: _whole(stream, CHUNK + TAG), b"")
        count = 0
        for number, (chunk, last) in enumerate(_with_last(sealed)):
            count += 1
            try:
                yield cipher.decrypt(_nonce(number, last), chunk, header)
            except InvalidTag:
                raise RecoveryError(f"{name} was changed or cut after it was sealed.") from None
        if not count:
            raise RecoveryError(f"{name} was changed or cut after it was sealed.")

    def _cipher(self, header: bytes, name: str) -> AESGCM:
        mark = header[len(MAGIC) + 1 : -SALT]
        if mark not in self._keys:
            ours = ", ".join(key.hex() for key in self._keys)
            raise RecoveryError(
                f"BACKUP_KEY is another one: {name} was sealed by the key {mark.hex()}, this one is {ours}."
            )
        info = b"fanlight backup " + header[:-SALT] + name.encode()
        derived = HKDF(algorithm=SHA256(), length=32, salt=header[-SALT:], info=info)
        return AESGCM(derived.derive(self._keys[mark]))


def _fingerprint(secret: str) -> bytes:
    return hashlib.sha256(b"backup key id" + secret.encode()).digest()[:FINGERPRINT]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


def _even(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """All of one length but the last, which may be empty."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > CHUNK:
            yield bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
    yield bytes(waiting)


def _with_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    before: bytes | None = None
    for chunk in chunks:
        if before is not None:
            yield before, False
        before = chunk
    if before is not None:
        yield before, True


def _squeezed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(LEVEL)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


def _released(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    for chunk in chunks:
        yield unpacker.decompress(chunk)
    yield unpacker.flush()


def _whole(stream: IO[bytes], wanted: int) -> bytes:
    """As much as wanted, unless the stream ends before; streams may give less at a time."""
    found = bytearray()
    while len(found) < wanted and (piece := stream.read(wanted - len(found))):
        found += piece
    return bytes(found)
