"""Which devices show notices, and what is on its way to them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select

from app.accounts.models import Session
from app.extensions import db
from app.kit import clock
from app.notifications.models_push import PushNotice, PushSubscription
from app.notifications.push_address import PURPOSE, PushAddress
from app.platform.settings import settings, vault


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """What goes where."""

    address: PushAddress
    words: bytes
    tag: str
    # Of the device: so often in a row nothing got there, and so long it is left alone.
    failures: int
    rest_until: datetime | None


def devices(user_id: UUID) -> Sequence[PushSubscription]:
    """Those where this person is signed in, the newest first."""
    wanted = select(PushSubscription).join(Session, Session.id == PushSubscription.session_id)
    theirs = wanted.where(PushSubscription.user_id == user_id, still_signed_in())
    return db.session.scalars(theirs.order_by(PushSubscription.id.desc())).all()


def reaches(person: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether somebody has a device that shows notices: a column of a statement about many."""
    return exists().where(PushSubscription.user_id == person)


def on_its_way(device_id: UUID, notice_id: UUID) -> OnItsWay | None:
    """None where the device is gone or signed out, or the notice was overtaken by a newer one."""
    wanted = (
        select(PushSubscription, PushNotice)
        .join(Session, Session.id == PushSubscription.session_id)
        .join(PushNotice, PushNotice.user_id == PushSubscription.user_id)
        .where(PushSubscription.id == device_id, PushNotice.id == notice_id, still_signed_in())
    )
    row = db.session.execute(wanted).first()
    if row is None:
        return None
    device, notice = row
    said = json.loads(vault().open(notice.sealed_words, PURPOSE)) | {"tag": notice.tag}
    return OnItsWay(
        PushAddress.unseal(device.sealed_address),
        json.dumps(said, ensure_ascii=False).encode(),
        notice.tag,
        device.failures,
        device.rest_until,
    )


def still_signed_in() -> ColumnElement[bool]:
    at = clock.now()
    idle_since = at - timedelta(days=settings().session_idle_days)
    return and_(Session.ended_at.is_(None), Session.expires_at > at, Session.last_used_at > idle_since)
