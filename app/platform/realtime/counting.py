"""Counting who listens, and telling them: the sum of what all processes of sockets see.

Somebody with pages in two processes counts twice. Without Redis each process tells what it sees itself.
"""

from collections.abc import Mapping

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.kit import chance, clock
from app.platform.realtime.hub import Hub
from app.platform.realtime.present import FRESH_SECONDS, key, sum_of
from app.platform.redis_address import redis_at

EVERY = 3.0
TIMEOUT_SECONDS = 0.5


class Counting:
    def __init__(self, hub: Hub, url: str) -> None:
        self._hub = hub
        self._name = chance.token(9)
        self._client = redis_at(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._told: dict[str, int] = {}

    def tell(self) -> None:
        here = self._hub.present()
        try:
            sums = self._exchange(here) if here or self._told else {}
        except redis.RedisError:
            sums = here
        for topic, count in sums.items():
            if self._told.get(topic) != count:
                self._hub.say(topic, "present", {"topic": topic, "count": count})
        self._told = {topic: sums[topic] for topic in here}

    def _exchange(self, here: Mapping[str, int]) -> dict[str, int]:
        """Ours for everybody's, topic by topic, and nothing where nobody listens any more."""
        topics = list(here.keys() | self._told.keys())
        with self._client.pipeline(transaction=False) as pipe:
            for topic in topics:
                if topic in here:
                    pipe.hset(key(topic), self._name, f"{here[topic]}:{int(clock.now().timestamp())}")
                    pipe.expire(key(topic), FRESH_SECONDS)
                else:
                    pipe.hdel(key(topic), self._name)
                pipe.hgetall(key(topic))
            answers = pipe.execute()
        found = [answer for answer in answers if isinstance(answer, dict)]
        return {topic: sum_of(counts) for topic, counts in zip(topics, found, strict=True)}
