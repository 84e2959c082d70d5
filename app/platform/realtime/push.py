"""Saying something to open pages. A lost one costs time only: pages read again when they reconnect."""

import json
from typing import Any
from uuid import UUID

from app.platform.signals import tell

CHANNEL = "live"


def push_user(user_id: UUID, event: str, payload: dict[str, Any] | None = None) -> None:
    _push("user", str(user_id), event, payload)


def push_topic(topic: str, event: str, payload: dict[str, Any] | None = None) -> None:
    _push("topic", topic, event, payload)


def _push(kind: str, to: str, event: str, payload: dict[str, Any] | None) -> None:
    """What pages get is written here once, so that the realtime process hands it on unread."""
    message = json.dumps({"type": "event", "event": event, "payload": payload or {}})
    tell(CHANNEL, json.dumps({kind: to, "message": message}))
