"""What a provider tells us: stored and deduplicated before anything is done about it.

A source is registered with `@inbox.source("stripe", queue="payments")` above its handler; its webhook calls
`receive("stripe", event["id"], event)` inside transaction(). What could not be handled is tried again for a
month: a provider tells for three days at most, and may itself be what is away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform import schedule, work
from app.platform.models import InboxEvent
from app.platform.transaction import in_transaction, transaction
from app.platform.work import Payload

AGAIN_AFTER, GIVEN_UP_AFTER, BATCH = timedelta(hours=1), timedelta(days=30), 1_000


@dataclass(frozen=True, slots=True)
class Received:
    id: UUID
    external_id: str
    payload: dict[str, Any]
    received_at: datetime


Handle = Callable[[Received], object]
_sources: set[str] = set()


def source(name: str, *, queue: str = "default", transactional: bool = True) -> Callable[[Handle], Handle]:
    """Registers who handles a source's events; `transactional` as for work."""

    def register(handle: Handle) -> Handle:
        _sources.add(name)

        @work.handler(_kind(name), queue=queue, transactional=transactional)
        def run(payload: Payload) -> None:
            _handle(handle, UUID(payload["event_id"]))

        return handle

    return register


def sources() -> list[str]:
    return sorted(_sources)


def receive(source_name: str, external_id: str, payload: dict[str, Any]) -> bool:
    """Whether it is new. What was handled before changes nothing."""
    event_id = db.session.execute(
        insert(InboxEvent)
        .values(
            id=new_id(),
            source=source_name,
            external_id=external_id,
            payload=payload,
            received_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["source", "external_id"])
        .returning(InboxEvent.id)
    ).scalar()
    if event_id is not None:
        _ask(source_name, event_id)
        return True
    if (known := _unhandled(source_name, external_id)) is not None:
        _ask(source_name, known)
    return False


@schedule.every(3_600, "inbox.again")
def again() -> None:
    at = clock.now()
    found = select(InboxEvent.source, InboxEvent.id).where(
        InboxEvent.source.in_(_sources),
        InboxEvent.handled_at.is_(None),
        InboxEvent.received_at.between(at - GIVEN_UP_AFTER, at - AGAIN_AFTER),
    )
    with transaction():
        for source_name, event_id in db.session.execute(found.order_by(InboxEvent.received_at).limit(BATCH)):
            _ask(source_name, event_id)


def _ask(source_name: str, event_id: UUID) -> None:
    """Once, however often it is told."""
    work.enqueue(_kind(source_name), {"event_id": str(event_id)}, unique_key=f"inbox:{event_id}")


def _unhandled(source_name: str, external_id: str) -> UUID | None:
    return db.session.scalars(
        select(InboxEvent.id).where(
            InboxEvent.source == source_name,
            InboxEvent.external_id == external_id,
            InboxEvent.handled_at.is_(None),
        )
    ).one_or_none()


def _kind(source_name: str) -> str:
    return f"inbox.{source_name}"


def _handle(handle: Handle, event_id: UUID) -> None:
    event = db.session.get(InboxEvent, event_id)
    if event is None or event.handled_at:
        return
    handle(Received(event.id, event.external_id, event.payload, event.received_at))
    if in_transaction():
        _mark(event_id)
        return
    with work.recording():
        _mark(event_id)


def _mark(event_id: UUID) -> None:
    db.session.execute(db.update(InboxEvent).where(InboxEvent.id == event_id).values(handled_at=clock.now()))
