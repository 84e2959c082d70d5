"""Asking for work, and waking a worker for it."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import cast
from uuid import UUID

import redis
from rq import Queue
from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform import web
from app.platform.cache import cache
from app.platform.models import WorkItem
from app.platform.transaction import after_commit
from app.platform.work.registry import Payload, find

MAX_PAYLOAD = 8_000
RUN = "app.platform.work.runner.run"
# RQ's default, pickle, would let whoever writes into Redis run code in a worker.
SERIALIZER = "json"
OPEN = text("state in ('due', 'running')")
WORK = cast("Table", WorkItem.__table__)
# Put together once: nearly everything that is done asks for work.
PUT = (
    insert(WORK).on_conflict_do_nothing(index_elements=["unique_key"], index_where=OPEN).returning(WORK.c.id)
)


def enqueue(
    kind: str,
    payload: Payload,
    *,
    due_at: datetime | None = None,
    unique_key: str | None = None,
    correlation_id: str | None = None,
) -> UUID | None:
    """Ids and small facts only. None when the same work, by `unique_key`, is waiting or running already."""
    chosen, at = find(kind), clock.now()
    if len(json.dumps(payload)) > MAX_PAYLOAD:
        raise ValueError(f"{kind}: a payload names things, it does not carry them")
    row = {
        "id": new_id(),
        "kind": chosen.name,
        "queue": chosen.queue,
        "payload": payload,
        "unique_key": unique_key,
        "due_at": due_at or at,
        "max_attempts": chosen.max_attempts,
        "correlation_id": web.correlation_id() if correlation_id is None else correlation_id,
        "created_at": at,
    }
    work_id = db.session.execute(PUT, row).scalar()
    if work_id is not None and (due_at is None or due_at <= at):
        after_commit(lambda: wake(chosen.queue, [work_id]))
    return work_id


def wake(queue: str, work_ids: Iterable[UUID]) -> None:
    """Tells a worker. When Redis does not take it, the sweep tells it later."""
    jobs = [
        Queue.prepare_data(
            RUN, (str(work_id),), job_id=str(work_id), description="work", timeout=-1, result_ttl=0
        )
        for work_id in work_ids
    ]

    def push(connection: redis.Redis) -> None:
        Queue(queue, connection=connection, serializer=SERIALIZER).enqueue_many(jobs)

    if jobs:
        cache().attempt(push, otherwise=None)


def awake(queue: str, at_most: int) -> set[str] | None:
    """What RQ holds for this queue already; None without Redis."""

    def look(connection: redis.Redis) -> set[str] | None:
        return set(Queue(queue, connection=connection, serializer=SERIALIZER).get_job_ids(0, at_most))

    return cache().attempt(look, otherwise=None)
