"""Notices between processes, over Redis. A lost one costs seconds, never correctness."""

import json
import os
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from app.config import Settings
from app.platform.cache import cache
from app.platform.subscription import listen
from app.platform.transaction import after_commit, in_transaction

CHANNEL = "signals"

Handler = Callable[[dict[str, Any]], None]
_handlers: dict[str, list[Handler]] = {}
_listening: dict[tuple[int, str], threading.Thread] = {}


def on(topic: str, handler: Handler) -> None:
    _handlers.setdefault(topic, []).append(handler)


def publish(topic: str, payload: dict[str, Any]) -> None:
    message = json.dumps({"topic": topic, "payload": payload})
    tell(CHANNEL, message)
    soon(lambda: dispatch(message))  # this process need not wait for its own echo


def tell(channel: str, message: str) -> None:
    """Says it to whoever listens, once what it is about is committed."""
    store = cache()
    soon(lambda: store.attempt(lambda r: r.publish(channel, message), otherwise=0))


def soon(action: Callable[[], object]) -> None:
    if in_transaction():
        after_commit(action)
    else:
        action()


def dispatch(message: str | bytes) -> None:
    notice = json.loads(message)
    for handler in _handlers.get(notice["topic"], []):
        handler(notice["payload"])


def init_signals(app: Flask) -> None:
    app.before_request(lambda: ensure_listening(app))


def ensure_listening(app: Flask) -> None:
    """One listener a process. Begun by its first request, because a thread does not live through a fork."""
    settings: Settings = app.extensions["fanlight.settings"]
    key = (os.getpid(), settings.redis_url)
    if key in _listening:
        return
    channels = {CHANNEL: dispatch}
    thread = threading.Thread(target=listen, args=(key[1], channels), name="signals", daemon=True)
    if _listening.setdefault(key, thread) is thread:
        thread.start()
