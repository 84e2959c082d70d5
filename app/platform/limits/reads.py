"""Reads, counted in this process and shared with the others twice a second.

Two buckets stand for a sliding window: what the last one held fades as the present one fills. It
is approximate by what the other processes saw in the last half second, and costs microseconds.
"""

import logging
import os
import threading
import time
import weakref
from dataclasses import dataclass

import redis

from app.kit import clock
from app.platform.cache import Cache
from app.platform.limits.quotas import Quota, Verdict

log = logging.getLogger(__name__)

SYNC_SECONDS = 0.5
KEEP_ENTRIES = 100_000

_all: "weakref.WeakSet[Reads]" = weakref.WeakSet()


@dataclass(slots=True)
class Entry:
    bucket: int
    before: int = 0  # in the bucket before this one
    seen: int = 0  # in this bucket, by everybody as far as known
    untold: int = 0  # of ours, since the last comparison

    def used(self, passed: float) -> float:
        return self.before * (1 - passed) + self.seen + self.untold


class Reads:
    def __init__(self, cache: Cache, quota: Quota) -> None:
        self._cache = cache
        self._quota = quota
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._process = 0
        _all.add(self)

    def take(self, who: str) -> Verdict:
        if self._process != os.getpid():
            self._start()
        bucket, passed = self._place()
        with self._lock:
            entry = self._entries.get(who)
            if entry is None or entry.bucket != bucket:
                entry = self._turn(who, entry, bucket)
            left = self._quota.amount - entry.used(passed)
            if left < 1:
                return Verdict(self._quota, 0, self._wait(entry, passed))
            entry.untold += 1
        return Verdict(self._quota, int(left) - 1)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def sync(self) -> None:
        """Tells Redis what was counted here, and hears what others counted for the same people."""
        news = self._collect()
        if not news:
            return
        nothing: list[tuple[int, int]] = []
        totals = self._cache.attempt(lambda r: self._exchange(r, news), nothing)
        with self._lock:
            for (who, bucket, _), (total, before) in zip(news, totals, strict=False):
                entry = self._entries.get(who)
                if entry and entry.bucket == bucket:
                    entry.seen = max(entry.seen, total)
                    entry.before = max(entry.before, before)

    def _collect(self) -> list[tuple[str, int, int]]:
        bucket, _ = self._place()
        news = []
        with self._lock:
            for who, entry in list(self._entries.items()):
                if entry.bucket < bucket - 1:
                    del self._entries[who]
                elif entry.untold:
                    news.append((who, entry.bucket, entry.untold))
                    entry.seen += entry.untold
                    entry.untold = 0
        return news

    def _exchange(self, client: redis.Redis, news: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
        with client.pipeline(transaction=False) as pipe:
            for who, bucket, count in news:
                key = f"limit:read:{{{who}}}:"
                pipe.incrby(f"{key}{bucket}", count)
                pipe.expire(f"{key}{bucket}", 2 * self._quota.seconds)
                pipe.get(f"{key}{bucket - 1}")
            answers = pipe.execute()
        pairs = zip(answers[::3], answers[2::3], strict=True)
        return [(int(total), int(before or 0)) for total, before in pairs]

    def _place(self) -> tuple[int, float]:
        """Which bucket it is, and how much of it has passed."""
        bucket, into = divmod(clock.now().timestamp(), self._quota.seconds)
        return int(bucket), into / self._quota.seconds

    def _turn(self, who: str, entry: Entry | None, bucket: int) -> Entry:
        follows = entry is not None and entry.bucket == bucket - 1
        before = entry.seen + entry.untold if entry and follows else 0
        if len(self._entries) >= KEEP_ENTRIES:
            self._entries.clear()  # open rather than out of memory
        new = self._entries[who] = Entry(bucket, before)
        return new

    def _wait(self, entry: Entry, passed: float) -> float:
        """Until enough has faded for one more."""
        now = entry.used(1)
        if now + 1 <= self._quota.amount:
            parts = 1 - (self._quota.amount - 1 - now) / entry.before - passed
        else:
            parts = 1 - passed + 1 - (self._quota.amount - 1) / now
        return max(0.001, parts * self._quota.seconds)

    def _start(self) -> None:
        """By the first request of the process, because a thread does not live through a fork."""
        with self._lock:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
        threading.Thread(target=_keep_in_sync, args=(weakref.ref(self),), name="limits", daemon=True).start()


def _keep_in_sync(found: "weakref.ref[Reads]") -> None:
    while True:
        time.sleep(SYNC_SECONDS)  # a thread of its own: this is the pace at which counts are shared
        reads = found()
        if reads is None:
            return
        try:
            reads.sync()
        except Exception:
            # Without the others' counts this process counts on alone; the loop must not end.
            log.exception("counts of reads not compared")
        del reads


def clear() -> None:
    """Forgets what this process counted."""
    for reads in _all:
        reads.clear()
