"""Saying something to open pages. A lost one costs time only: pages read again when they reconnect."""

import json
import threading
import time
from typing import Any
from uuid import UUID

from app.kit import clock
from app.platform.cache import PAUSE_SECONDS, Cache, cache
from app.platform.signals import soon

CHANNEL = "live"
MISSED = json.dumps({"missed": True})
_owing = threading.Lock()


def push_user(user_id: UUID, event: str, payload: dict[str, Any] | None = None) -> None:
    _push("user", str(user_id), event, payload)


def push_topic(topic: str, event: str, payload: dict[str, Any] | None = None) -> None:
    _push("topic", topic, event, payload)


def _push(kind: str, to: str, event: str, payload: dict[str, Any] | None) -> None:
    """What pages get is written here once, so that the realtime process hands it on unread."""
    message = json.dumps({"type": "event", "event": event, "payload": payload or {}})
    notice, store = json.dumps({kind: to, "message": message, "at": clock.now().timestamp()}), cache()
    soon(lambda: _say_or_own_up(store, notice))


def _say(store: Cache, notice: str) -> bool:
    return store.attempt(lambda r: r.publish(CHANNEL, notice) >= 0, otherwise=False)


def _say_or_own_up(store: Cache, notice: str) -> None:
    """Redis may not take it. The process of the sockets may be back there before us: so we say it, too."""
    if not _say(store, notice) and _owing.acquire(blocking=False):
        threading.Thread(target=_until_said, args=(store,), name="missed", daemon=True).start()


def _until_said(store: Cache) -> None:
    """What fails from here on is told by the next one."""
    while True:
        time.sleep(PAUSE_SECONDS)  # a thread of its own; asking faster would not bring Redis back
        _owing.release()
        if _say(store, MISSED) or not _owing.acquire(blocking=False):
            return
