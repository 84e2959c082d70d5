"""A room as somebody meets it, and what was said there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import ColumnElement, DateTime, Select, Uuid, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import HiddenPerson, User
from app.chat import words
from app.creators.faces import Face, face_columns, read_face
from app.creators.models import Creator, Tier
from app.entitlements.queries import held_column, read_held
from app.entitlements.rules import Audience, Kind, Lock, Outcome, judge
from app.extensions import db
from app.kit import clock
from app.platform.errors import NotFound
from app.platform.prepared import Prepared, parameter
from app.rooms.models import Room, RoomMessage, RoomPerson
from app.rooms.rules import Standing

AT_ONCE = 40
# More than this is read anew instead of being caught up with.
CHANGES_MOST = 200
PEOPLE_MOST = 200
# Who looks, at which room, and when.
ME, ABOUT, NOW = parameter(1, Uuid()), parameter(2, Uuid()), parameter(3, DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Visit:
    """A room as somebody meets it."""

    id: UUID
    name: str
    host: Face
    standing: Standing
    audience: str
    # The lowest tier that lets one in.
    tier_id: UUID | None
    tier_name: str | None
    slow_seconds: int
    pinned: int | None
    last_seq: int
    last_change: int
    adult: bool
    unwanted: Sequence[str]
    # Whom whoever looks does not want to see.
    hides: Sequence[str]
    # None: signed out.
    me: Face | None
    came_at: datetime | None
    spoke_at: datetime | None

    @property
    def href(self) -> str:
        return f"/rooms/{self.id}"

    @property
    def topic(self) -> str:
        return f"room:{self.id}"


@dataclass(frozen=True, slots=True)
class Said:
    """A message, the same for everybody who reads it."""

    room_id: UUID
    id: UUID
    seq: int
    change: int
    key: str
    author: Face
    hosts: bool
    keeps_order: bool
    # None: removed.
    body: str | None
    at: datetime

    @property
    def html(self) -> Markup:
        return words.linked(self.body or "")

    @property
    def line(self) -> str:
        return words.line(self.body or "")

    @property
    def href(self) -> str:
        return f"/rooms/{self.room_id}/{self.seq}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of what was said, the oldest first, and whether there is more on either side."""

    said: Sequence[Said]
    earlier: bool
    later: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody who keeps order in a room, or is muted there."""

    person: Face
    moderates: bool
    put_out: bool
    muted_until: datetime | None


def find_room(room_id: UUID, me: UUID | None) -> Visit:
    """One statement; NotFound where not even its existence may be known."""
    found = _statement().first(me, room_id, clock.now())
    if found is None:
        raise NotFound
    visit = _visit(found, me)
    if visit.standing.decision.outcome is Outcome.HIDDEN:
        raise NotFound
    return visit


def look_at_room(room: Room) -> Visit:
    """As the house does: whatever closes it, and whomever its host does not want to see."""
    found = _statement().first(room.creator_id, room.id, clock.now())
    return replace(_visit(found, room.creator_id), hides=())


def room_of(creator_id: UUID) -> Room | None:
    return db.session.scalars(select(Room).where(Room.creator_id == creator_id)).one_or_none()


def stretch(
    visit: Visit, *, before: int | None = None, after: int | None = None, around: int | None = None
) -> Stretch:
    """The last of what was said; or what comes before or after a number, or lies around it."""
    said = _said(visit)
    if around is not None:
        after = max(0, around - AT_ONCE // 2)
    if after is not None:
        rows = db.session.execute(
            said.where(RoomMessage.seq > after).order_by(RoomMessage.seq).limit(AT_ONCE + 1)
        ).all()
        shown = [_read(row, visit) for row in rows[:AT_ONCE]]
        return Stretch(shown, earlier=after > 0, later=len(rows) > AT_ONCE)
    if before is not None:
        said = said.where(RoomMessage.seq < before)
    rows = db.session.execute(said.order_by(RoomMessage.seq.desc()).limit(AT_ONCE + 1)).all()
    shown = [_read(row, visit) for row in reversed(rows[:AT_ONCE])]
    return Stretch(shown, earlier=len(rows) > AT_ONCE, later=before is not None)


def changes(visit: Visit, since: int) -> list[Said] | None:
    """What came or became otherwise after this change, in the order of the messages; None: too much."""
    wanted = _said(visit).where(RoomMessage.change > since).order_by(RoomMessage.change)
    rows = db.session.execute(wanted.limit(CHANGES_MOST + 1)).all()
    if len(rows) > CHANGES_MOST:
        return None
    return sorted((_read(row, visit) for row in rows), key=lambda said: said.seq)


def find_said(visit: Visit, seq: int) -> Said:
    found = _one_said(visit, seq)
    if found is None:
        raise NotFound
    return found


def pinned(visit: Visit) -> Said | None:
    """What stays on top; nothing, once it was removed, or of somebody whom one hides."""
    found = _one_said(visit, visit.pinned) if visit.pinned else None
    return found if found and found.body is not None else None


def sent_before(me: UUID, room_id: UUID, key: str) -> int | None:
    return db.session.scalar(
        select(RoomMessage.seq).where(
            RoomMessage.user_id == me, RoomMessage.key == key, RoomMessage.room_id == room_id
        )
    )


def person(room_id: UUID, user_id: UUID) -> RoomPerson | None:
    return db.session.get(RoomPerson, (room_id, user_id))


def parts(room: Room) -> list[Part]:
    """Who keeps order and who is muted, by name."""
    is_one = or_(RoomPerson.moderates, RoomPerson.put_out, RoomPerson.muted_until > clock.now())
    rows = db.session.execute(
        select(*face_columns(), RoomPerson.moderates, RoomPerson.put_out, RoomPerson.muted_until)
        .select_from(RoomPerson)
        .join(User, User.id == RoomPerson.user_id)
        .outerjoin(Creator, Creator.id == User.id)
        .where(RoomPerson.room_id == room.id, is_one)
        .order_by(User.display_name, User.id)
        .limit(PEOPLE_MOST)
    )
    return [Part(read_face(row), row.moderates, row.put_out, row.muted_until) for row in rows]


def said(visit: Visit, message: RoomMessage, author: Face) -> Said:
    """Of one who wrote it just now."""
    return _as_said(visit, message, author, keeps_order=visit.standing.keeps_order)


@lru_cache
def _statement() -> Prepared:
    my, my_page = aliased(User), aliased(Creator)
    return Prepared(
        select(
            *face_columns(),
            Room.id.label("room_id"),
            Room.name,
            Room.audience,
            Room.rank,
            Room.is_open,
            Room.slow_seconds,
            Room.pinned,
            Room.last_seq,
            Room.last_change,
            and_(Creator.state == "open", User.state == "active").label("out"),
            Creator.adult,
            Creator.blocked_words,
            _lowest_tier().label("tier"),
            held_column(ME, Room.id.expression, Room.creator_id.expression, at=NOW).label("held"),
            _hidden_by_me().label("hides"),
            *(column.label(f"my_{column.name}") for column in face_columns(my, my_page)),
            my.created_at.label("came_at"),
            RoomPerson.moderates,
            RoomPerson.muted_until,
            RoomPerson.spoke_at,
        )
        .select_from(Room)
        .join(Creator, Creator.id == Room.creator_id)
        .join(User, User.id == Room.creator_id)
        .outerjoin(my, my.id == ME)
        .outerjoin(my_page, my_page.id == ME)
        .outerjoin(RoomPerson, and_(RoomPerson.room_id == Room.id, RoomPerson.user_id == ME))
        .where(Room.id == ABOUT),
        parameters=3,
    )


def _lowest_tier() -> ColumnElement[Any]:
    return (
        select(func.jsonb_build_array(Tier.id, Tier.name))
        .where(Tier.creator_id == Room.creator_id, Tier.rank >= Room.rank, Tier.archived_at.is_(None))
        .order_by(Tier.rank)
        .limit(1)
        .correlate(Room)
        .scalar_subquery()
    )


def _hidden_by_me() -> ColumnElement[Any]:
    hidden = func.jsonb_agg(HiddenPerson.hidden_id)
    return select(hidden).where(HiddenPerson.user_id == ME).scalar_subquery()


def _visit(row: Any, me: UUID | None) -> Visit:
    host, room_id = _face(row), UUID(str(row.room_id))
    lock = Lock(room_id, host.id, Audience(row.audience), row.rank, private=not row.out)
    # Whoever decides about what was reported there reads a copy: to look at a page is no way into its room.
    held = [holding for holding in read_held(row.held) if holding.kind is not Kind.STAFF]
    decision = judge(lock, me, held)
    tier_id, tier_name = row.tier or (None, None)
    standing = Standing(
        decision,
        row.is_open,
        hosts=me == host.id and decision.open,
        named=bool(row.moderates),
        muted_until=row.muted_until,
    )
    return Visit(
        room_id,
        row.name,
        host,
        standing,
        row.audience,
        UUID(tier_id) if tier_id else None,
        tier_name,
        row.slow_seconds,
        row.pinned,
        row.last_seq,
        row.last_change,
        row.adult,
        row.blocked_words,
        row.hides or (),
        _face(row, "my_") if row.my_person_id else None,
        row.came_at,
        row.spoke_at,
    )


def _face(row: Any, prefix: str = "") -> Face:
    names = ("person_id", "handle", "display_name", "avatar_hue", "avatar", "here")
    known, *rest = (getattr(row, prefix + name) for name in names)
    return Face(UUID(str(known)), *rest)


def _said(visit: Visit) -> Select[Any]:
    in_the_room = and_(RoomPerson.room_id == visit.id, RoomPerson.user_id == RoomMessage.user_id)
    return (
        select(RoomMessage, *face_columns(), func.coalesce(RoomPerson.moderates, False).label("moderates"))
        .join(User, User.id == RoomMessage.user_id)
        .outerjoin(Creator, Creator.id == User.id)
        .outerjoin(RoomPerson, in_the_room)
        .where(RoomMessage.room_id == visit.id, RoomMessage.user_id.not_in(map(UUID, visit.hides)))
    )


def _one_said(visit: Visit, seq: int) -> Said | None:
    row = db.session.execute(_said(visit).where(RoomMessage.seq == seq)).first()
    return _read(row, visit) if row else None


def _read(row: Any, visit: Visit) -> Said:
    return _as_said(visit, row[0], read_face(row), keeps_order=row.moderates)


def _as_said(visit: Visit, message: RoomMessage, author: Face, *, keeps_order: bool) -> Said:
    # What somebody said who was sent away is not read any more.
    shown = author.here and message.sealed_body is not None
    hosts = author.id == visit.host.id
    return Said(
        message.room_id,
        message.id,
        message.seq,
        message.change,
        message.key,
        author,
        hosts,
        keeps_order and not hosts,
        words.unseal(message.sealed_body) if shown else None,
        message.created_at,
    )
