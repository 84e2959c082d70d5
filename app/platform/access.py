"""Access ends: written with what ended it, and told at once.

The row is the truth that realtime reads every two seconds; the published notice only makes it quicker.
"""

from uuid import UUID

from app.extensions import db
from app.platform import signals
from app.platform.models import AccessEnded

TOPIC = "access_ended"


def end_access(kind: str, user_id: UUID, subject_id: UUID) -> None:
    """`kind` says what ended: a `session`, an `account`; later a subscription, a membership."""
    db.session.add(AccessEnded(kind=kind, user_id=user_id, subject_id=subject_id))
    signals.publish(TOPIC, {"kind": kind, "user_id": str(user_id), "subject_id": str(subject_id)})
