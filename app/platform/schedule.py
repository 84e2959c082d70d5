"""What happens by the clock. The scheduler runs it; two schedulers do no harm.

@schedule.every(1, "audit.seal")
def seal() -> None: ...
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import redis
from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.platform.cache import cache
from app.platform.transaction import after_commit

log = logging.getLogger(__name__)

HURRY = "scheduler:hurry"
MOST_HURRIED = 100
LOCK = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")

Run = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    seconds: float
    run: Run


_jobs: dict[str, Job] = {}


def every(seconds: float, name: str) -> Callable[[Run], Run]:
    """Runs at the scheduler's start and then in this rhythm; so it must bear being run too often."""

    def register(run: Run) -> Run:
        if name in _jobs:
            raise ValueError(f"{name} is scheduled twice")
        _jobs[name] = Job(name, seconds, run)
        return run

    return register


def jobs() -> list[Job]:
    return sorted(_jobs.values(), key=lambda job: job.seconds)


def run(job: Job) -> bool:
    """Runs it in a context of its own, unless another scheduler is at it. False when it was or went wrong.

    The lock has a connection to itself, so that a job may use as many transactions as it likes.
    """
    try:
        with current_app.app_context(), db.engine.begin() as holder:
            if not holder.execute(LOCK, {"name": job.name}).scalar():
                return False
            job.run()
    except OperationalError as error:
        log.warning("scheduled job put off", extra={"job": job.name, "error": str(error)})
        return False
    except Exception:
        # The others have their turn all the same, and so does this one the next time.
        log.exception("scheduled job failed", extra={"job": job.name})
        return False
    return True


def hurry(name: str) -> None:
    """Asks the scheduler, after the commit, not to wait for the job's next turn."""

    def ask(connection: redis.Redis) -> None:
        with connection.pipeline(transaction=False) as pipe:
            pipe.lpush(HURRY, name)
            pipe.ltrim(HURRY, 0, MOST_HURRIED - 1)
            pipe.execute()

    after_commit(lambda: cache().attempt(ask, otherwise=None), once=f"hurry:{name}")
