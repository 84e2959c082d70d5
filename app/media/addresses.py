"""Where renditions are fetched. Public ones at an address for good, all others at one made for a viewer.

A made address names the viewer, the thing that holds the media, and the hour of its end. It opens nothing
by itself: at each request the holder's lock is asked for this viewer again. It is the same for an hour, so
that browsers keep what they fetched.
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from app.kit import clock, crypto
from app.media.shown import Described, is_public
from app.platform.settings import settings

HOUR = 3_600
# Long enough for a film with pauses; access ends sooner, at the request after it ended.
LIFE = timedelta(hours=6)
HEAD = struct.Struct(">16s16s16sI")
PROOF = 16
NOBODY = UUID(int=0)
MAX_LENGTH = 400
# An owner looks at what nothing shows yet, and at what is shown to nobody else while their page is closed.
OWN = "media"

Holder = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Ticket:
    media_id: UUID
    name: str
    holder: Holder
    viewer_id: UUID | None
    ends: datetime


def address(described: Described, name: str, *, holder: Holder, viewer_id: UUID | None) -> str:
    if is_public(described, name) and holder[0] != OWN:
        return public_address(described, name)
    ends = -(-int(clock.now().timestamp() + LIFE.total_seconds()) // HOUR)
    return _made(settings().secret_key, described["id"], name, holder, viewer_id, ends)


@lru_cache(maxsize=20_000)
def _made(
    secret_key: str, media_id: str, name: str, holder: Holder, viewer_id: UUID | None, ends: int
) -> str:
    """The same for an hour: signed once."""
    return f"/media/{_signed(secret_key, UUID(media_id), name, holder, viewer_id, ends)}"


def public_address(described: Described, name: str) -> str:
    file = described["names"][name]["key"].rsplit("/", 1)[-1]
    return f"/media/p/{described['id']}/{described['secret']}/{file}"


def on_page(described: Described, name: str, alone: UUID | None) -> str:
    """Of a face or a cover; `alone` is who sees the page while it is closed."""
    if alone is None:
        return public_address(described, name)
    return address(described, name, holder=(OWN, UUID(described["id"])), viewer_id=alone)


def beside(ticket: Ticket, name: str) -> str:
    """Another file of the same media, for the same viewer and as long: the segments of a playlist."""
    ends = int(ticket.ends.timestamp()) // HOUR
    return _made(settings().secret_key, str(ticket.media_id), name, ticket.holder, ticket.viewer_id, ends)


def read(text: str) -> Ticket | None:
    """None for everything but an address of ours that still holds."""
    ticket = _read(settings().secret_key, text) if len(text) <= MAX_LENGTH else None
    return ticket if ticket and clock.now() < ticket.ends else None


@lru_cache(maxsize=20_000)
def _read(secret_key: str, text: str) -> Ticket | None:
    """Whatever the time is: a proof that held once holds."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
    body, proof = raw[:-PROOF], raw[-PROOF:]
    if len(body) < HEAD.size or not hmac.compare_digest(proof, _proof(secret_key, body)):
        return None
    media, holder, viewer, ends = HEAD.unpack_from(body)
    kind, name = body[HEAD.size :].decode().split("\0")
    until = datetime.fromtimestamp(ends * HOUR, UTC)
    looks = UUID(bytes=viewer)
    return Ticket(
        UUID(bytes=media), name, (kind, UUID(bytes=holder)), None if looks == NOBODY else looks, until
    )


def _signed(
    secret_key: str, media_id: UUID, name: str, holder: Holder, viewer_id: UUID | None, ends: int
) -> str:
    kind, holder_id = holder
    body = HEAD.pack(media_id.bytes, holder_id.bytes, (viewer_id or NOBODY).bytes, ends)
    body += f"{kind}\0{name}".encode()
    return base64.urlsafe_b64encode(body + _proof(secret_key, body)).rstrip(b"=").decode()


def _proof(secret_key: str, body: bytes) -> bytes:
    return hmac.digest(_key(secret_key), body, "sha256")[:PROOF]


@lru_cache(maxsize=8)
def _key(secret_key: str) -> bytes:
    return crypto.derive_key(secret_key, "media addresses")
