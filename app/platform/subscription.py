"""Listening to Redis for as long as the process lives, however often Redis goes away."""

import logging
import time
from collections.abc import Callable, Mapping

import redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.retry import Retry

from app.platform.redis_address import redis_at

log = logging.getLogger(__name__)

Hear = Callable[[bytes], None]

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
# A connection that died without a word is noticed after twice this.
PROBE_SECONDS = 10


def listen(url: str, channels: Mapping[str, Hear], on_back: Callable[[], None] = lambda: None) -> None:
    """Never returns. `on_back` is told when notices may have been missed: Redis was away and is back."""
    client = redis_at(url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
    pause, away = FIRST_PAUSE, False
    while True:
        try:
            with client.pubsub() as subscription:  # type: ignore[no-untyped-call]
                subscription.subscribe(*channels)
                if away:
                    log.info("redis is back")
                    on_back()
                pause, away = FIRST_PAUSE, False
                _hear_all(subscription, channels)
        except (redis.RedisError, OSError) as error:
            if not away:
                log.warning("redis unavailable", extra={"error": str(error)})
            away = True
            time.sleep(pause)  # nothing can be heard meanwhile; asking faster would not bring Redis back
            pause = min(LONGEST_PAUSE, pause * 2)


def _hear_all(subscription: PubSub, channels: Mapping[str, Hear]) -> None:
    probed = False
    while True:
        message = subscription.get_message(timeout=PROBE_SECONDS)
        if message is None and probed:
            raise redis.ConnectionError("no answer to a ping")
        probed = message is None
        if message is None:
            subscription.ping()
        elif message["type"] == "message":
            _hear(channels[message["channel"].decode()], message["data"])


def _hear(handle: Hear, message: bytes) -> None:
    try:
        handle(message)
    except Exception:
        # One notice that makes no sense must not end the listening.
        log.exception("notice not understood")
