"""What others tell us, signed in the way of Standard Webhooks."""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from app.kit import clock

PREFIX, VERSION = "whsec_", "v1,"
TOLERANCE = timedelta(minutes=5)
ID_MAX = 255


class Forged(Exception):
    """Not signed by them, or too long ago."""


def verified_id(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """The message's id, the same however often it is sent; Forged for what they did not sign just now."""
    told, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not told or not told.isascii() or len(told) > ID_MAX or not _is_now(at):
        raise Forged
    key = base64.b64decode(secret.removeprefix(PREFIX))
    due = base64.b64encode(hmac.digest(key, b".".join((told.encode(), at.encode(), body)), "sha256"))
    signatures = headers.get("webhook-signature", "").split()
    # Several, while the sender is changing from one secret to another.
    given = [one.removeprefix(VERSION).encode() for one in signatures if one.startswith(VERSION)]
    if not any(hmac.compare_digest(due, one) for one in given):
        raise Forged
    return told


def _is_now(stamp: str) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    return abs(clock.now() - datetime.fromtimestamp(int(stamp), UTC)) <= TOLERANCE
