"""What somebody was told, page by page, the latest first."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, func, literal_column, select, true, tuple_
from sqlalchemy.orm import aliased

from app.accounts import portraits
from app.accounts.models import User
from app.extensions import db
from app.notifications import kinds, known, lines
from app.notifications.kinds import Family
from app.notifications.models import Notification, NotificationSettings

AT_ONCE, AHEAD_MOST, COUNTED_MOST = 20, 5, 100
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
NEW = and_(Notification.shown, Notification.seen_at.is_(None), Notification.read_at.is_(None))


@dataclass(frozen=True, slots=True)
class Actor:
    """For the `avatar` component."""

    handle: str
    display_name: str
    avatar_hue: int
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class Line:
    id: UUID
    html: Markup
    icon: str
    actors: Sequence[Actor]
    at: datetime
    # In its reader's own zone.
    day: datetime
    new: bool
    read: bool

    @property
    def href(self) -> str:
        return f"/notifications/{self.id}"


@dataclass(frozen=True, slots=True)
class Place:
    """After which line a page begins."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // MICROSECOND:x}-{self.id.hex}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no place: such an address begins at the top."""
        at, _, line_id = text.partition("-")
        try:
            return cls(EPOCH + int(at, 16) * MICROSECOND, UUID(line_id))
        except (ValueError, OverflowError):
            return None


def told(me: UUID, families: Collection[Family], before: Place | None) -> tuple[list[Line], Place | None]:
    """The lines, the people in them, and which of it may still be known: a few statements.

    Where nothing of a page may be known any more, the page is the next that has something, within reason.
    """
    for _ in range(AHEAD_MOST):
        found, older = _told(me, families, before)
        if found or older is None:
            break
        before = older
    return found, older


def _told(me: UUID, families: Collection[Family], before: Place | None) -> tuple[list[Line], Place | None]:
    chosen = select(NotificationSettings.zone).where(NotificationSettings.user_id == me).scalar_subquery()
    wanted = (
        select(Notification, func.coalesce(chosen, "UTC").label("zone"))
        .where(
            Notification.user_id == me,
            Notification.shown,
            # Of events that nobody tells of any more, nobody knows the words.
            Notification.event.in_(kinds.events_of(families)),
        )
        .order_by(Notification.updated_at.desc(), Notification.id.desc())
        .limit(AT_ONCE + 1)
    )
    if before:
        wanted = wanted.where(tuple_(Notification.updated_at, Notification.id) < (before.at, before.id))
    rows = db.session.execute(wanted).all()
    of_page = rows[:AT_ONCE]
    gone = known.gone(me, (row[0].subject for row in of_page))
    shown = [row for row in of_page if row[0].subject not in gone]
    faces = find_actors(actor for row in shown for actor in row[0].actors)
    last = of_page[-1][0] if len(rows) > AT_ONCE else None
    older = Place(last.updated_at, last.id) if last else None
    return [_line(row[0], faces, row.zone) for row in shown], older


def on_page(before: Place | None, older: Place | None) -> ColumnElement[bool]:
    """What a page reached that begins after the one place and ends at the other; None: the whole way."""
    place = tuple_(Notification.updated_at, Notification.id)
    return and_(
        place < (before.at, before.id) if before else true(),
        place >= (older.at, older.id) if older else true(),
    )


def new(me: UUID, *among: ColumnElement[bool]) -> int:
    theirs = select(Notification.id).where(Notification.user_id == me, NEW, *among)
    waiting = theirs.limit(COUNTED_MOST).subquery()
    return db.session.scalar(select(func.count()).select_from(waiting)) or 0


def find_actors(ids: Iterable[UUID]) -> dict[UUID, Actor]:
    """Those who are still there."""
    u = aliased(User, name="u")  # as portraits name whom they are of
    portrait: ColumnElement[Any] = literal_column(portraits.column()).label("portrait")
    wanted = select(u.id, u.handle, u.display_name, u.avatar_hue, portrait)
    rows = db.session.execute(wanted.where(u.id.in_(set(ids)), u.state != "deleted"))
    return {
        row.id: Actor(row.handle, row.display_name, row.avatar_hue, portraits.address(row.portrait))
        for row in rows
    }


def _line(found: Notification, faces: dict[UUID, Actor], zone: str) -> Line:
    _, event = kinds.events()[found.event]
    actors = [faces[actor] for actor in found.actors if actor in faces]
    return Line(
        found.id,
        lines.marked(event, found.words, [actor.display_name for actor in actors], found.count),
        event.icon,
        actors,
        found.updated_at,
        found.updated_at.astimezone(ZoneInfo(zone)),
        new=found.seen_at is None and found.read_at is None,
        read=found.read_at is not None,
    )
