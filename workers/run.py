"""The worker: does the work that RQ wakes it for.

    python -m workers.run [queue ...]

Each lane of queues has a thread of its own, so that no payment waits for a film. Without Redis it looks into
the table itself, so that nothing waits for Redis to come back.
"""

import logging
import sys
import threading
from collections.abc import Sequence
from functools import partial

import redis
from flask import Flask
from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout
from rq.job import Job
from sqlalchemy.exc import SQLAlchemyError

from app.config import ConfigError, Settings, load_settings
from app.platform import work
from app.platform.redis_address import redis_at
from app.platform.work.queueing import SERIALIZER
from workers.stack.until_told import run_until_told

log = logging.getLogger("fanlight.worker")

# What goes to very many takes its time; notices wait for push services, which are whoever people's browsers
# name. Media take minutes, nearly all of them in programs of their own.
LANES = (("payments", "default"), ("notices",), ("bulk",), ("media",))
# How long it takes at most until a stop is seen.
LISTEN_SECONDS = 1
WITHOUT_REDIS_SECONDS = 1.0
WITHOUT_REDIS_BATCH = 100


class LeasedWorker(SimpleWorker):
    """RQ's worker without RQ's bookkeeping: state, attempts and errors stand in the row.

    A job is nothing but its id, which is the row's; what else it holds is not looked at.
    """

    def __init__(self, queues: Sequence[str], connection: redis.Redis, stop: threading.Event) -> None:
        super().__init__(
            list(queues), connection=connection, serializer=SERIALIZER, log_job_description=False
        )
        self._stop = stop

    def execute_job(self, job: Job, queue: Queue) -> None:
        _run(job.id)
        with self.connection.pipeline(transaction=False) as pipe:
            pipe.delete(job.key)
            pipe.lrem(queue.intermediate_queue_key, 1, job.id)
            pipe.execute()

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Asks again each second, so that a stop breaks into no talk with Redis. None ends `work()`."""
        while not self._stop.is_set():
            try:
                return Queue.dequeue_any(
                    self.queues, LISTEN_SECONDS, connection=self.connection, serializer=SERIALIZER
                )
            except DequeueTimeout:
                self.heartbeat()
        return None

    def _install_signal_handlers(self) -> None:
        """`main` did. A second signal (terminal and supervisor at once) must not break the job off."""

    def subscribe(self) -> None:
        """Commands come as signals, not over Redis."""


def serve(app: Flask, queues: Sequence[str], stop: threading.Event) -> None:
    settings: Settings = app.extensions["fanlight.settings"]
    connection = redis_at(settings.redis_url, socket_connect_timeout=2)
    with app.app_context():
        while not stop.is_set():
            _with_redis(queues, connection, stop)
            if not stop.is_set():
                _without_redis(app, queues, stop)


def _with_redis(queues: Sequence[str], connection: redis.Redis, stop: threading.Event) -> None:
    """Until a stop, or until Redis goes away."""
    try:
        # What RQ would log about a lost Redis is said in one line below.
        LeasedWorker(queues, connection, stop).work(logging_level="CRITICAL")
    except redis.RedisError as error:
        log.warning("no redis: looking into the table instead", extra={"error": str(error)})


def _without_redis(app: Flask, queues: Sequence[str], stop: threading.Event) -> None:
    try:
        with app.app_context():
            overdue = [each for queue in queues for each in work.due(queue, WITHOUT_REDIS_BATCH)]
    except SQLAlchemyError as error:
        log.warning("no database either", extra={"error": str(error)})
        overdue = []
    for work_id in overdue:
        if stop.is_set():
            return
        _run(str(work_id))
    stop.wait(WITHOUT_REDIS_SECONDS)


def _run(work_id: str) -> None:
    try:
        work.run(work_id)
    except Exception:
        # Most likely PostgreSQL went away. The lease runs out, and a sweep brings the work back.
        log.exception("work could not be settled", extra={"work": work_id})


def main(arguments: Sequence[str]) -> int:
    from app import create_app  # noqa: PLC0415 - settings are checked first
    from app.platform import logs  # noqa: PLC0415
    from app.platform.watching import reporting  # noqa: PLC0415
    from app.platform.watching.beating import Beating  # noqa: PLC0415

    try:
        settings = load_settings()
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return 2
    logs.configure("worker", settings.log_level)
    reporting.start("worker", settings)
    Beating("worker", settings).start()
    app, lanes = create_app(settings), [arguments] if arguments else LANES
    return 0 if run_until_told(*(partial(serve, app, queues) for queues in lanes)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
