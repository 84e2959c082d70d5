"""Whose turn a piece of work is. A lease is short, and kept alive as long as its holder lives.

Leases run on the database's own clock: neither a shifted clock nor the difference between two
hosts may let two workers think that they hold the same one.
"""

import logging
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, and_, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from app.platform.work.registry import Payload

log = logging.getLogger(__name__)

LEASE_SECONDS = 20.0
HEARTBEAT_SECONDS = 5.0
MAX_ERROR = 2_000

CLAIM = text("""
    update work_items
    set state = 'running', lease_id = :lease, attempts = attempts + 1,
        leased_until = clock_timestamp() + make_interval(secs => :seconds)
    where id = :id and state in ('due', 'running') and due_at <= :now
      and (state = 'due' or leased_until < clock_timestamp())
    returning kind, payload, attempts, max_attempts, correlation_id
""")


class LeaseLost(Exception):
    """Somebody else took this work over. Nothing of this attempt may be kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    id: UUID
    lease: UUID
    kind: str
    payload: Payload
    attempt: int
    max_attempts: int
    correlation_id: str


def claim(work_id: UUID) -> Claim | None:
    """Takes it, if it is due and nobody holds it. Work whose holder fell silent is due."""
    lease = new_id()
    with transaction():
        row = db.session.execute(
            CLAIM, {"id": work_id, "lease": lease, "now": clock.now(), "seconds": LEASE_SECONDS}
        ).first()
    return Claim(work_id, lease, *row) if row else None


def must_hold(claimed: Claim) -> None:
    """Locks the row to the end of the transaction, so that nobody takes it over before the commit."""
    if db.session.execute(select(WorkItem.id).where(_held(claimed)).with_for_update()).first() is None:
        raise LeaseLost


def finish(claimed: Claim) -> None:
    _settle(claimed, "done", finished_at=clock.now())


def fail(claimed: Claim, error: str) -> None:
    _settle(claimed, "failed", finished_at=clock.now(), error=_storable(error))


def try_again(claimed: Claim, error: str, due_at: datetime) -> None:
    _settle(claimed, "due", due_at=due_at, error=_storable(error))


def _settle(claimed: Claim, state: str, *, error: str | None = None, **values: object) -> None:
    changed = db.session.execute(
        update(WorkItem)
        .where(_held(claimed))
        .values(state=state, last_error=error, lease_id=None, leased_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        raise LeaseLost


def _held(claimed: Claim) -> ColumnElement[bool]:
    return and_(WorkItem.id == claimed.id, WorkItem.lease_id == claimed.lease, WorkItem.state == "running")


def _storable(error: str) -> str:
    """PostgreSQL takes neither NUL nor half a surrogate pair, and an error may quote both."""
    return error[:MAX_ERROR].replace("\0", "").encode(errors="replace").decode()


class Heartbeat(AbstractContextManager["Heartbeat"]):
    """Keeps a lease alive from a thread of its own, over a connection of its own."""

    def __init__(self, claimed: Claim) -> None:
        self._claimed = claimed
        self._engine: Engine = db.engine
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT_SECONDS):
            try:
                if not self._extend():
                    return
            except SQLAlchemyError as error:
                log.warning("heartbeat missed", extra={"work": str(self._claimed.id), "error": str(error)})

    def _extend(self) -> bool:
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(WorkItem)
                .where(_held(self._claimed))
                .values(leased_until=func.clock_timestamp() + timedelta(seconds=LEASE_SECONDS))
            )
        return changed.rowcount == 1
