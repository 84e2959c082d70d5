"""Redis, which may vanish at any moment: every caller says what holds without it."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from flask import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.platform.redis_address import redis_at
from app.platform.watching.counters import REDIS_ERRORS

log = logging.getLogger(__name__)
T = TypeVar("T")

PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 0.5


class Cache:
    """A client that rests for a second once Redis failed, so that nobody waits in line for it."""

    def __init__(self, url: str) -> None:
        self.client: redis.Redis = redis_at(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
            health_check_interval=30,
        )
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def attempt(self, action: Callable[[redis.Redis], T], otherwise: T) -> T:
        if time.monotonic() < self._closed_until:
            return otherwise
        try:
            return action(self.client)
        except redis.RedisError as error:
            REDIS_ERRORS.inc()
            self._rest(error)
            return otherwise

    def alive(self) -> bool:
        return self.attempt(lambda r: bool(r.ping()), otherwise=False)

    def _rest(self, error: redis.RedisError) -> None:
        with self._lock:
            if time.monotonic() >= self._closed_until:
                log.warning("redis unavailable", extra={"error": str(error)})
            self._closed_until = time.monotonic() + PAUSE_SECONDS


def cache() -> Cache:
    found = current_app.extensions["fanlight.cache"]
    assert isinstance(found, Cache)
    return found
