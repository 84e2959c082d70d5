"""What a page shows to the realtime process: whose it is, for a minute.

Signed and not stored, so that a socket costs no database work. Its end is a moment of the app's clock.
"""

import json
import sys
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_encode

from app.kit import clock
from app.platform.realtime.topics import Allowed, Term
from app.platform.settings import settings
from app.platform.viewer import Viewer

LIFE = timedelta(seconds=60)
MAX_LENGTH = 8_192


@dataclass(frozen=True, slots=True)
class Ticket:
    user_id: str
    session_id: str
    session_ends: float
    topics: tuple[str, ...] = ()
    # Of those topics that are not for good, and when that was asked.
    terms: tuple[Term, ...] = ()
    asked: float = 0.0


def issue(viewer: Viewer, allowed: Allowed = Allowed()) -> str:  # noqa: B008 - frozen
    ends = viewer.expires_at.timestamp()
    heard = (allowed.topics, allowed.terms, allowed.asked)
    return sign(Ticket(str(viewer.id), str(viewer.session_id), ends, *heard), settings().secret_key)


def sign(ticket: Ticket, secret_key: str) -> str:
    until = (clock.now() + LIFE).timestamp()
    body = [until, ticket.user_id, ticket.session_id, ticket.session_ends, ticket.topics]
    if ticket.terms:
        body += [ticket.asked, *map(astuple, ticket.terms)]
    return str(_serializer(secret_key).dumps(body))


def read(text: str, secret_key: str) -> Ticket | None:
    """None for everything but a ticket of ours that still holds."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        until, user_id, session_id, session_ends, topics, *more = _serializer(secret_key).loads(text)
    except BadData:
        return None
    now = clock.now()
    if now > datetime.fromtimestamp(until, UTC) or now.timestamp() >= session_ends:
        return None
    asked, *terms = more or [0.0]
    # Many pages hear the same topics: one text for all of them.
    heard = tuple(map(sys.intern, topics)), tuple(_term(*term) for term in terms)
    return Ticket(user_id, session_id, session_ends, *heard, asked)


def _term(topic: str, until: float | None, scopes: list[str], counted: bool) -> Term:
    return Term(sys.intern(topic), until, tuple(map(sys.intern, scopes)), counted)


class Serializer(URLSafeSerializer):
    def dump_payload(self, obj: Any) -> bytes:
        """Packed only where it is long: most pages name no topics, and to pack takes longer than to sign."""
        return super().dump_payload(obj) if obj[4] else base64_encode(json.dumps(obj))


@lru_cache(maxsize=8)
def _serializer(secret_key: str) -> Serializer:
    return Serializer(secret_key, salt="live ticket")
