"""Noting in Redis who has a page open: as they come and go, and now and then, as long as they stay.

A note ends by itself, so that a process which was killed leaves nobody online. Somebody may have pages at
several processes: whoever loses their last one shortens the note and says so, and who still has one writes it
anew. Nothing rests on it, and no database is asked.
"""

import json
import logging
from collections.abc import Collection, Iterator

import gevent
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.platform.online import key_of
from app.platform.realtime.hub import Hub
from app.platform.redis_address import redis_at

log = logging.getLogger(__name__)

CHANNEL = "online"
# A page that is left for another one is back before that.
LEAVES_WITHIN = 6
TIMEOUT, AT_ONCE = 2.0, 500


class Presence:
    def __init__(self, redis_url: str, hub: Hub) -> None:
        self._redis: redis.Redis = redis_at(
            redis_url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        self._hub = hub
        self._moved: set[str] = set()
        self._troubled = False
        hub.on_moved = self._note_soon

    def _note_soon(self, user_id: str) -> None:
        self._moved.add(user_id)

    def note_moved(self) -> None:
        moved, self._moved = self._moved, set()
        if moved:
            here = {user_id for user_id in moved if self._hub.has(user_id)}
            self._note(here, moved - here)

    def note_all(self) -> None:
        self._note(self._hub.people(), ())

    def hear_left(self, text: bytes | str) -> None:
        """Somebody left another process."""
        self._moved.update(user_id for user_id in json.loads(text) if self._hub.has(user_id))

    def _note(self, here: Collection[str], left: Collection[str]) -> None:
        try:
            for some in _in_parts(here):
                self._write_here(some)
            for some in _in_parts(left):
                self._write_left(some)
        except redis.RedisError as error:
            if not self._troubled:
                log.warning("presence is not noted", extra={"error": str(error)})
            self._troubled = True
        else:
            self._troubled = False

    def _write_here(self, some: list[str]) -> None:
        with self._redis.pipeline(transaction=False) as pipe:
            for user_id in some:
                pipe.set(key_of(user_id), 1, ex=self._hub.limits.online_for)
            pipe.execute()

    def _write_left(self, some: list[str]) -> None:
        with self._redis.pipeline(transaction=False) as pipe:
            for user_id in some:
                pipe.expire(key_of(user_id), LEAVES_WITHIN)
            pipe.publish(CHANNEL, json.dumps(some))
            pipe.execute()


def _in_parts(people: Collection[str]) -> Iterator[list[str]]:
    """Between them others have their turn: messages do not wait for this."""
    every = list(people)
    for at in range(0, len(every), AT_ONCE):
        yield every[at : at + AT_ONCE]
        gevent.sleep(0)
