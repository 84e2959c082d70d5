"""Access ends: written with what ended it, and told at once.

The row is the truth that realtime reads every two seconds; the published notice only makes it quicker.
"""

import json
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select

from app.extensions import db
from app.kit.ids import new_id
from app.platform import signals
from app.platform.models import AccessEnded

TOPIC = "access_ended"
# Longer than any request takes, and than a process remembers a session.
LATELY = timedelta(minutes=2)


class Ended(StrEnum):
    """What ended. A feature adds its own: a subscription, a membership."""

    SESSION = "session"
    # Gone for good: realtime takes no ticket of theirs for a while, whatever it is of.
    ACCOUNT = "account"
    # Its token or rights changed: processes forget what they cached, sockets stay.
    SESSION_CHANGED = "session_changed"
    # A grant was revoked or gives less, or a denial was made: what was opened by it closes, to one person.
    GRANT = "grant"
    # It closed, or asks for something else, to everybody.
    CLOSED = "closed"


def end_access(kind: str, user_id: UUID, subject_id: UUID) -> None:
    row = AccessEnded(id=new_id(), kind=Ended(kind).value, user_id=user_id, subject_id=subject_id)
    db.session.add(row)
    ended = {"kind": row.kind, "user_id": str(user_id), "subject_id": str(subject_id), "id": str(row.id)}
    signals.publish(TOPIC, ended)


def has_ended(user_id: UUID, session_id: UUID) -> bool:
    """Whether this session ended while a request of it was under way, or since it was last looked up."""
    for_good = AccessEnded.kind == Ended.ACCOUNT, AccessEnded.subject_id == user_id
    by_itself = AccessEnded.kind == Ended.SESSION, AccessEnded.subject_id == session_id
    recent = AccessEnded.at > func.clock_timestamp() - LATELY
    return bool(db.session.scalar(select(exists().where(recent, or_(and_(*for_good), and_(*by_itself))))))


def forget_session(user_id: UUID, session_id: UUID) -> None:
    """In this process, which was not told that it ended."""
    ended = {"kind": Ended.SESSION.value, "user_id": str(user_id), "subject_id": str(session_id)}
    signals.dispatch(json.dumps({"topic": TOPIC, "payload": ended}))


def close_to_all(subject_id: UUID) -> None:
    """Whoever still may is let in again when they ask."""
    end_access(Ended.CLOSED, subject_id, subject_id)
