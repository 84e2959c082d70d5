"""Somebody looks at what they were told."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_, true, update

from app.extensions import db
from app.kit import clock
from app.notifications import kinds
from app.notifications.kinds import Family
from app.notifications.models import Notification
from app.notifications.queries_page import NEW
from app.platform import realtime
from app.platform.errors import NotFound
from app.platform.transaction import after_commit

LOOKED = "looked"


def open_one(user_id: UUID, notification_id: UUID) -> str:
    """Where it leads; read from now on."""
    found = db.session.get(Notification, notification_id)
    if found is None or found.user_id != user_id:
        raise NotFound
    if found.read_at is None:
        found.read_at = clock.now()
        _count_anew(user_id)
    return found.href


def read_all(user_id: UUID) -> int:
    return _mark(user_id, Notification.read_at.is_(None), read_at=clock.now())


def look(user_id: UUID, families: Collection[Family] | None = None, *among: ColumnElement[bool]) -> None:
    """The list was shown, or a part of it: nothing there is new any more, though not read."""
    of_them = Notification.event.in_(kinds.events_of(families)) if families else true()
    _mark(user_id, and_(NEW, of_them, *among), seen_at=clock.now())


def _mark(user_id: UUID, which: object, **values: object) -> int:
    theirs = update(Notification).where(Notification.user_id == user_id, which)  # type: ignore[arg-type]
    done = db.session.execute(theirs.values(**values).execution_options(synchronize_session=False))
    if done.rowcount:  # type: ignore[attr-defined]
        _count_anew(user_id)
    return int(done.rowcount)  # type: ignore[attr-defined]


def _count_anew(user_id: UUID) -> None:
    """Also on one's other pages."""
    after_commit(lambda: realtime.push_user(user_id, LOOKED), once=f"{LOOKED}:{user_id}")
