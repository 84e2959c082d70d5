"""What was sent to somebody in the last month, what waits, and what was not sent, and why."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from app.extensions import db
from app.kit import clock
from app.notifications import kinds, known, lines
from app.notifications.models import MAIL, Notification, NotificationDelivery
from app.notifications.queries_page import Actor, Place, find_actors
from app.platform.models import Mail

AT_ONCE, SHOWN_FOR = 30, timedelta(days=30)
REFUSED = "It could not be delivered."


@dataclass(frozen=True, slots=True)
class Sent:
    id: UUID
    at: datetime
    what: str
    channel: str
    state: str
    reason: str
    # When what waits goes out.
    due_at: datetime | None


def sent(me: UUID, before: Place | None) -> tuple[list[Sent], Place | None]:
    """What tells of lines, mails of their own, the people in the lines, and what may still be known of it."""
    found = sorted([*_deliveries(me, before), *_letters(me, before)], key=_place, reverse=True)
    shown = found[:AT_ONCE]
    return shown, Place(*_place(shown[-1])) if len(found) > AT_ONCE else None


def _place(one: Sent) -> tuple[datetime, UUID]:
    return one.at, one.id


def _deliveries(me: UUID, before: Place | None) -> list[Sent]:
    wanted = (
        select(NotificationDelivery, Notification, Mail.state.label("mail_state"))
        .join(Notification, Notification.id == NotificationDelivery.notification_id)
        .outerjoin(Mail, Mail.id == NotificationDelivery.mail_id)
        .where(NotificationDelivery.user_id == me)
    )
    rows = db.session.execute(_page(wanted, NotificationDelivery, before)).all()
    faces = find_actors(actor for row in rows for actor in row[1].actors)
    gone = known.gone(me, (row[1].subject for row in rows))
    return [_delivery(row, faces, gone) for row in rows]


def _delivery(row: Any, faces: Mapping[UUID, Actor], gone: AbstractSet[str]) -> Sent:
    delivery, about, failed = row[0], row[1], row.mail_state == "failed"
    _, event = kinds.events().get(about.event, (None, None))
    if about.subject in gone:
        event = None
    names = [faces[actor].display_name for actor in about.actors if actor in faces]
    return Sent(
        delivery.id,
        delivery.created_at,
        lines.plain(event, about.words, names, about.count)
        if event
        else "Something that is no longer told of",
        delivery.channel,
        "failed" if failed else delivery.state,
        REFUSED if failed else delivery.reason,
        delivery.due_at if delivery.state == "waiting" else None,
    )


def _letters(me: UUID, before: Place | None) -> list[Sent]:
    """By what they are, because what they say is forgotten once they are sent."""
    wanted = select(Mail).where(Mail.user_id == me, Mail.template != MAIL)
    rows = db.session.scalars(_page(wanted, Mail, before))
    return [
        Sent(
            row.id,
            row.created_at,
            row.template.replace("_", " ").capitalize(),
            "mail",
            row.state,
            REFUSED if row.state == "failed" else "",
            None,
        )
        for row in rows
    ]


def _page(wanted: Any, table: Any, before: Place | None) -> Any:
    wanted = wanted.where(table.created_at > clock.now() - SHOWN_FOR)
    if before:
        wanted = wanted.where(tuple_(table.created_at, table.id) < (before.at, before.id))
    return wanted.order_by(table.created_at.desc(), table.id.desc()).limit(AT_ONCE + 1)
