"""One attempt at one piece of work."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from flask import current_app, g

from app.kit import chance, clock
from app.platform.transaction import transaction
from app.platform.work import lease, registry, sweeping
from app.platform.work.lease import Claim, Heartbeat, LeaseLost
from app.platform.work.registry import QUEUES, Kind

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3_600.0


class GiveUp(Exception):
    """Raised by a handler when another attempt cannot help."""


class NotBefore(Exception):
    """Raised by a handler that was told when to come again."""

    def __init__(self, told: str, seconds: float) -> None:
        super().__init__(told)
        self.pause = timedelta(seconds=min(seconds, LONGEST_PAUSE))


class Abandoned(Exception):
    """Every attempt ended without a word: whoever made it was killed."""


def run(work_id: UUID | str) -> None:
    """Does the work if it is due and free. Never raises for what goes wrong with the work itself."""
    with current_app.app_context():
        claimed = lease.claim(UUID(str(work_id)))
        if claimed is None:
            return
        g.correlation_id = claimed.correlation_id or chance.token(12)
        g.work_claim = claimed
        with Heartbeat(claimed):
            _attempt(claimed)


@contextmanager
def recording() -> Iterator[None]:
    """For handlers that run without one: a transaction that commits only while the work is still theirs."""
    with transaction():
        yield
        lease.must_hold(g.work_claim)


def drain(queues: Sequence[str] = QUEUES, at_most: int = 1_000) -> int:
    """Does what is due now in this process, without a queue: for tests, and for workers without Redis."""
    done = 0
    for queue in queues:
        for work_id in sweeping.due(queue, at_most):
            run(work_id)
            done += 1
    return done


def _attempt(claimed: Claim) -> None:
    started = time.monotonic()
    try:
        if claimed.attempt > claimed.max_attempts:
            raise Abandoned(f"{claimed.max_attempts} attempts ended without a word")
        _perform(registry.find(claimed.kind), claimed)
    except LeaseLost:
        log.warning("work was taken over, this attempt is dropped", extra=_facts(claimed))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # native libraries panic past Exception
        _settle(claimed, error)
    else:
        log.info("work done", extra=_facts(claimed) | {"seconds": round(time.monotonic() - started, 3)})


def _perform(kind: Kind, claimed: Claim) -> None:
    if not kind.transactional:
        kind.run(claimed.payload)
    with transaction():
        if kind.transactional:
            kind.run(claimed.payload)
        lease.finish(claimed)


def _settle(claimed: Claim, error: BaseException) -> None:
    told = f"{type(error).__name__}: {error}"
    last = claimed.attempt >= claimed.max_attempts or isinstance(error, GiveUp)
    level = logging.ERROR if last else logging.WARNING
    log.log(level, "work failed" if last else "attempt failed", exc_info=error, extra=_facts(claimed))
    with transaction():
        if last:
            lease.fail(claimed, told)
            _say_failed(claimed)
        else:
            lease.try_again(claimed, told, clock.now() + max(pause_after(claimed.attempt), _asked_for(error)))


def _asked_for(error: BaseException) -> timedelta:
    return error.pause if isinstance(error, NotBefore) else timedelta()


def _say_failed(claimed: Claim) -> None:
    kind = registry.look_up(claimed.kind)
    if kind and kind.on_failure:
        kind.on_failure(claimed.payload)


def pause_after(attempt: int) -> timedelta:
    """Twice as long each time, and never the same for two that failed together."""
    longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
    spread = chance.token_bytes(1)[0] / 255
    return timedelta(seconds=longest * (0.75 + 0.25 * spread))


def _facts(claimed: Claim) -> dict[str, object]:
    return {"work": str(claimed.id), "kind": claimed.kind, "attempt": claimed.attempt}
