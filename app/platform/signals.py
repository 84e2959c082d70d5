"""Notices between processes, over Redis. A lost one costs seconds, never correctness."""

import json
from collections.abc import Callable
from typing import Any

from app.platform.cache import cache
from app.platform.transaction import after_commit, in_transaction

CHANNEL = "signals"

Handler = Callable[[dict[str, Any]], None]
_handlers: dict[str, list[Handler]] = {}


def on(topic: str, handler: Handler) -> None:
    _handlers.setdefault(topic, []).append(handler)


def publish(topic: str, payload: dict[str, Any]) -> None:
    message = json.dumps({"topic": topic, "payload": payload})

    def send() -> None:
        store = cache()
        store.attempt(lambda r: r.publish(CHANNEL, message), otherwise=0)
        dispatch(message)  # this process need not wait for its own echo

    if in_transaction():
        after_commit(send)
    else:
        send()


def dispatch(message: str | bytes) -> None:
    notice = json.loads(message)
    for handler in _handlers.get(notice["topic"], []):
        handler(notice["payload"])
