"""Addresses of media in a private feed: for players, which bring no cookie.

Each is bound to the feed, and so to its one reader, and to the post that shows the file. It opens
nothing by itself: the feed must live still, and its reader must be let in, at each request. It never
changes, so that a player that found an episode once finds it again.
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from uuid import UUID

from app.kit import crypto
from app.platform.settings import settings

IDS = struct.Struct(">16s16s16s")
PROOF = 16
MAX_LENGTH = 200
ENDINGS = {"audio/mp4": "m4a", "audio/mpeg": "mp3", "video/mp4": "mp4", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Pass:
    feed_id: UUID
    post_id: UUID
    media_id: UUID
    name: str

    def __str__(self) -> str:
        body = IDS.pack(self.feed_id.bytes, self.post_id.bytes, self.media_id.bytes) + self.name.encode()
        return base64.urlsafe_b64encode(body + _proof(body)).rstrip(b"=").decode()

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for everything that is not ours."""
        if len(text) > MAX_LENGTH:
            return None
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (ValueError, binascii.Error):
            return None
        body, proof = raw[:-PROOF], raw[-PROOF:]
        if len(body) <= IDS.size or not hmac.compare_digest(proof, _proof(body)):
            return None
        feed, post, media = IDS.unpack_from(body)
        return cls(UUID(bytes=feed), UUID(bytes=post), UUID(bytes=media), body[IDS.size :].decode())


def file_name(name: str, type_: str) -> str:
    """Players go by the ending of an address."""
    return f"{name}.{ENDINGS.get(type_, 'bin')}"


def _proof(body: bytes) -> bytes:
    return hmac.digest(_key(settings().secret_key), body, "sha256")[:PROOF]


@lru_cache(maxsize=8)
def _key(secret_key: str) -> bytes:
    return crypto.derive_key(secret_key, "private feeds")
