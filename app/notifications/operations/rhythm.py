"""Choosing when one is written to."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.notifications.models import NotificationDelivery, NotificationSettings
from app.platform import audit
from app.platform.audit import Action


@dataclass(frozen=True, slots=True)
class Rhythm:
    zone: str
    quiet_from: int | None
    quiet_until: int | None
    mails: str


def choose(user_id: UUID, wish: Rhythm) -> None:
    """What waits is looked at anew: it may go out earlier now, or later."""
    values = asdict(wish)
    row = insert(NotificationSettings).values(user_id=user_id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))
    db.session.execute(
        update(NotificationDelivery)
        .where(NotificationDelivery.user_id == user_id, NotificationDelivery.state == "waiting")
        .values(due_at=clock.now(), gathered=False)
        .execution_options(synchronize_session=False)
    )
    audit.record(Action.PREFERENCES_CHANGED, actor=user_id, subject=("user", user_id), **values)
