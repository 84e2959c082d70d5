"""The pool of connections, which says when somebody has to wait for one."""

from time import perf_counter
from typing import Any

from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from app.platform.watching.counters import POOL, POOL_ROOM, POOL_TIMEOUTS, POOL_WAIT_SECONDS, POOL_WAITS


class WatchedPool(QueuePool):
    @property
    def room(self) -> int:
        return self.size() + self._max_overflow

    def _do_get(self) -> ConnectionPoolEntry:
        if self.checkedout() < self.room:
            return super()._do_get()
        began = perf_counter()
        POOL_WAITS.inc()
        try:
            return super()._do_get()
        except PoolTimeout:
            POOL_TIMEOUTS.inc()
            raise
        finally:
            POOL_WAIT_SECONDS.inc(perf_counter() - began)


def watch_pool(engine: Engine) -> None:
    # A set and not a count: a connection that broke is handed back more than once.
    taken: set[int] = set()

    def out(_: object, record: object, __: object) -> None:
        taken.add(id(record))
        POOL.set(len(taken))

    def back(_: Any, record: object) -> None:
        taken.discard(id(record))
        POOL.set(len(taken))

    event.listen(engine, "checkout", out)
    event.listen(engine, "checkin", back)
    if isinstance(engine.pool, WatchedPool):
        POOL_ROOM.set(engine.pool.room)
