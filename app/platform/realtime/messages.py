"""What a page and its socket say to each other, beside the events that others push."""

import json
from collections.abc import Iterable
from typing import Any

from app.platform.realtime import frames

ENDED = frames.text(json.dumps({"type": "ended", "why": "session"}))
# Redis was away: something may have been said that nobody heard.
MISSED = frames.text(json.dumps({"type": "missed"}))


def ready(topics: tuple[str, ...]) -> bytes:
    return frames.text(json.dumps({"type": "ready", "topics": topics}))


def withdrawn(topics: Iterable[str]) -> bytes:
    """These are heard no longer; whoever still may gets them back by a fresh ticket."""
    return frames.text(json.dumps({"type": "withdrawn", "topics": list(topics)}))


def event(name: str, payload: dict[str, Any]) -> str:
    return json.dumps({"type": "event", "event": name, "payload": payload})


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
