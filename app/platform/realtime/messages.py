"""What a page and its socket say to each other, beside the events that others push."""

import json
from typing import Any

from app.platform.realtime import frames

ENDED = frames.text(json.dumps({"type": "ended", "why": "session"}))
# Redis was away: something may have been said that nobody heard.
MISSED = frames.text(json.dumps({"type": "missed"}))


def ready(topics: tuple[str, ...]) -> bytes:
    return frames.text(json.dumps({"type": "ready", "topics": topics}))


class NotUnderstood(Exception):
    """Not a message of ours."""


def parse(data: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(data) if isinstance(data, str) else None
    except (ValueError, RecursionError):
        raise NotUnderstood from None
    if not isinstance(message, dict):
        raise NotUnderstood
    return message
