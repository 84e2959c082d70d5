"""The scheduler: runs what is registered in app/platform/schedule.py, each in its rhythm.

    python -m workers.scheduler

Two of them do no harm: each job runs under a lock in PostgreSQL.
"""

import logging
import sys
import threading
import time

import redis
from flask import Flask

from app.config import ConfigError, Settings, load_settings
from app.kit import clock
from app.platform import schedule
from app.platform.redis_address import redis_at
from workers.stack.until_told import run_until_told

log = logging.getLogger("fanlight.scheduler")

# How long it takes at most until a stop is seen.
LONGEST_PAUSE = 0.5
# Seconds by which the clock went elsewhere than time passed: a machine that slept, or one that was set.
A_JUMP = 60


class Scheduler:
    def __init__(self, app: Flask, stop: threading.Event) -> None:
        settings: Settings = app.extensions["fanlight.settings"]
        self._app = app
        self._stop = stop
        self._redis = redis_at(settings.redis_url, socket_timeout=LONGEST_PAUSE + 2, socket_connect_timeout=1)
        self._next = {job.name: 0.0 for job in schedule.jobs()}
        self._ahead = _ahead()

    def run(self) -> None:
        with self._app.app_context():
            while not self._stop.is_set():
                self._turn()
                self._pause()

    def _turn(self) -> None:
        """After a jump of the clock all are due, also those that come once a day."""
        if abs(_ahead() - self._ahead) > A_JUMP:
            self._ahead = _ahead()
            self._next = dict.fromkeys(self._next, 0.0)
        for job in schedule.jobs():
            if self._next[job.name] <= time.monotonic() and not self._stop.is_set():
                self._next[job.name] = time.monotonic() + job.seconds
                schedule.run(job)

    def _pause(self) -> None:
        """Until the next job's time, or until somebody is in a hurry."""
        seconds = min(max(min(self._next.values()) - time.monotonic(), 0.01), LONGEST_PAUSE)
        try:
            for name in self._hurried(seconds):
                self._next[name] = 0.0
        except redis.RedisError:
            self._stop.wait(seconds)

    def _hurried(self, seconds: float) -> set[str]:
        first = self._redis.blpop([schedule.HURRY], seconds)
        if first is None:
            return set()
        others = self._redis.lpop(schedule.HURRY, schedule.MOST_HURRIED) or []
        return {name.decode() for name in (first[1], *others)} & self._next.keys()


def _ahead() -> float:
    return clock.now().timestamp() - time.monotonic()


def main() -> int:
    from app import create_app  # noqa: PLC0415 - settings are checked first
    from app.platform import logs  # noqa: PLC0415
    from app.platform.watching import reporting  # noqa: PLC0415
    from app.platform.watching.beating import Beating  # noqa: PLC0415

    try:
        settings = load_settings()
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return 2
    logs.configure("scheduler", settings.log_level)
    reporting.start("scheduler", settings)
    Beating("scheduler", settings).start()
    app = create_app(settings)
    return 0 if run_until_told(lambda stop: Scheduler(app, stop).run()) else 1


if __name__ == "__main__":
    sys.exit(main())
