"""Access ends: written with what ended it, and told at once.

The row is the truth that realtime reads every two seconds; the published notice only makes it quicker.
"""

from enum import StrEnum
from uuid import UUID

from app.extensions import db
from app.platform import signals
from app.platform.models import AccessEnded

TOPIC = "access_ended"


class Ended(StrEnum):
    """What ended. A feature adds its own: a subscription, a membership."""

    SESSION = "session"
    ACCOUNT = "account"
    # Its token or rights changed: processes forget what they cached, sockets stay.
    SESSION_CHANGED = "session_changed"
    # A grant was revoked or a denial made: what was opened by it closes.
    GRANT = "grant"


def end_access(kind: str, user_id: UUID, subject_id: UUID) -> None:
    db.session.add(AccessEnded(kind=Ended(kind).value, user_id=user_id, subject_id=subject_id))
    signals.publish(TOPIC, {"kind": kind, "user_id": str(user_id), "subject_id": str(subject_id)})
