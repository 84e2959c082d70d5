"""Something happened, and others may want to know: written with what happened, told afterwards.

    outbox.emit("account.joined", {"user_id": str(user.id)})       # inside transaction()
    outbox.subscribe("account.joined", "loyalty.welcome")          # in create_app: topic, kind of work

A subscriber's work gets the event's payload and `event_id`, once for each event.
"""

from datetime import timedelta

from sqlalchemy import or_

from app.extensions import db
from app.kit import clock
from app.platform import schedule, web, work
from app.platform.models import OutboxEvent
from app.platform.transaction import transaction
from app.platform.work import Payload

BATCH = 200
# While a release comes, its pages tell for some seconds of what the scheduler before it never heard of. What
# waits for a minute counts as late.
ANOTHER_HEARS_WITHIN = timedelta(seconds=45)

# Dictionaries keep order, and a second create_app changes nothing.
_subscriptions: dict[str, dict[str, None]] = {}


def subscribe(topic: str, kind: str) -> None:
    _subscriptions.setdefault(topic, {})[kind] = None


def subscriptions() -> dict[str, list[str]]:
    return {topic: list(kinds) for topic, kinds in _subscriptions.items()}


def emit(topic: str, payload: Payload) -> None:
    db.session.add(OutboxEvent(topic=topic, payload=payload, correlation_id=web.correlation_id()))
    schedule.hurry("outbox.relay")


@schedule.every(1, "outbox.relay")
def relay() -> None:
    while _relay_batch() == BATCH:
        continue


def _relay_batch() -> int:
    """Claimed by state: what commits late is seen late, but seen."""
    unheard_since = clock.now() - ANOTHER_HEARS_WITHIN
    with transaction():
        waiting = db.session.scalars(
            db.select(OutboxEvent)
            .where(
                OutboxEvent.delivered_at.is_(None),
                or_(OutboxEvent.topic.in_(_subscriptions), OutboxEvent.at < unheard_since),
            )
            .order_by(OutboxEvent.at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for event in waiting:
            _deliver(event)
    return len(waiting)


def _deliver(event: OutboxEvent) -> None:
    for kind in _subscriptions.get(event.topic, ()):
        work.enqueue(kind, event.payload | {"event_id": str(event.id)}, correlation_id=event.correlation_id)
    event.delivered_at = clock.now()
