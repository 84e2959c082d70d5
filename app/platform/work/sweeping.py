"""Finding work that nobody was woken for: Redis was lost, a worker was killed, its time has come."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from app.extensions import db
from app.kit import clock
from app.platform import schedule
from app.platform.work.queueing import awake, wake
from app.platform.work.registry import QUEUES

BATCH = 1_000

DUE = text("""
    select id from work_items
    where queue = :queue and state in ('due', 'running') and due_at <= :now
      and (state = 'due' or leased_until < clock_timestamp())
    order by due_at limit :batch
""")


def due(queue: str, at_most: int) -> Sequence[UUID]:
    """Not locked: whoever claims decides, and a row named twice is done once."""
    return db.session.execute(DUE, {"queue": queue, "now": clock.now(), "batch": at_most}).scalars().all()


@schedule.every(5, "work.sweep")
def sweep() -> None:
    for queue in QUEUES:
        _wake_overdue(queue)


def _wake_overdue(queue: str) -> None:
    """What RQ holds already is left alone, so that a long backlog does not pile up twice."""
    known = awake(queue, BATCH)
    if known is not None and len(known) < BATCH:
        wake(queue, [work_id for work_id in due(queue, BATCH) if str(work_id) not in known])
