"""Keeping a room: its door and its pace, what stays on top, who keeps order and who is muted."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import User
from app.creators.models import Creator
from app.entitlements.operations import grants
from app.entitlements.queries import decide
from app.entitlements.rules import Audience, Closed, Lock
from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.access import close_to_all
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.rooms import live, queries
from app.rooms.errors import NoRoom, NotOfTheirs
from app.rooms.models import Room, RoomPerson
from app.rooms.queries import Visit
from app.rooms.rules import MUTED_FOR, Mute

CAUSE = "room"
NOT_INSIDE = "Nobody of that handle may come into your room. Name somebody who follows you or subscribes."
DOOR = ("audience", "rank", "is_open")


@dataclass(frozen=True, slots=True)
class Wish:
    name: str
    audience: Audience
    rank: int
    is_open: bool
    slow_seconds: int


def keep(creator_id: UUID, wish: Wish) -> UUID:
    """Opens it for the first time, or changes it. Who may not come in any more hears nothing more."""
    values = asdict(wish) | {"audience": wish.audience.value}
    room = _lock(creator_id) or _new(creator_id, wish)
    changed = [name for name, value in values.items() if getattr(room, name) != value]
    for name in changed:
        setattr(room, name, values[name])
    db.session.execute(update(Creator).where(Creator.id == creator_id).values(room=wish.is_open))
    db.session.flush()
    audit.record(Action.ROOM_KEPT, actor=creator_id, subject=("room", room.id), fields=changed)
    if set(DOOR) & set(changed):
        close_to_all(room.id)
    if changed:
        visit = queries.look_at_room(room)
        live.top_changed(visit, queries.pinned(visit))
    return room.id


def pin(me: UUID, room_id: UUID, seq: int) -> None:
    visit = _in_order(me, room_id)
    said = queries.find_said(visit, seq)
    if said.body is None:
        raise NotFound
    _pin(visit, seq)
    audit.record(Action.ROOM_PINNED, actor=me, subject=("room_message", said.id))
    live.top_changed(visit, said)


def unpin(me: UUID, room_id: UUID) -> None:
    visit = _in_order(me, room_id)
    _pin(visit, None)
    audit.record(Action.ROOM_UNPINNED, actor=me, subject=("room", room_id))
    live.top_changed(visit, None)


def mute(me: UUID, room_id: UUID, seq: int, how_long: Mute) -> None:
    """Whoever said this. Neither the host, nor who keeps order: the host lets those go first."""
    visit = _in_order(me, room_id)
    said = queries.find_said(visit, seq)
    user_id, span = said.author.id, MUTED_FOR.get(how_long)
    if said.hosts or said.keeps_order or user_id == me:
        raise NotFound
    if span:
        _set(room_id, user_id, muted_until=clock.now() + span)
    else:
        _set(room_id, user_id, put_out=True)
        grants.deny(room_id, Closed.BLOCK, cause=CAUSE, user_id=user_id)
    audit.record(Action.ROOM_MUTED, actor=me, subject=("user", user_id), room=str(room_id), how_long=how_long)


def unmute(creator_id: UUID, user_id: UUID) -> None:
    room = _own(creator_id)
    _set(room.id, user_id, put_out=False, muted_until=None)
    grants.lift(room.id, cause=CAUSE, user_id=user_id)
    audit.record(Action.ROOM_UNMUTED, actor=creator_id, subject=("user", user_id), room=str(room.id))


def name_moderator(creator_id: UUID, handle: str) -> None:
    """One of those who may come in."""
    room = _own(creator_id)
    named = func.lower(User.handle) == handle.removeprefix("@").lower()
    user_id = db.session.scalar(select(User.id).where(named, User.state == "active"))
    if user_id is None or user_id == creator_id:
        raise NotOfTheirs(NOT_INSIDE, "handle")
    lock = Lock(room.id, creator_id, Audience(room.audience), room.rank)
    if not decide(user_id, [lock])[room.id].open:
        raise NotOfTheirs(NOT_INSIDE, "handle")
    _set(room.id, user_id, moderates=True, muted_until=None)
    audit.record(Action.ROOM_MODERATOR_NAMED, actor=creator_id, subject=("user", user_id), room=str(room.id))


def let_moderator_go(creator_id: UUID, user_id: UUID) -> None:
    room = _own(creator_id)
    _set(room.id, user_id, moderates=False)
    audit.record(Action.ROOM_MODERATOR_LEFT, actor=creator_id, subject=("user", user_id), room=str(room.id))


def _lock(creator_id: UUID) -> Room | None:
    row = select(Room).where(Room.creator_id == creator_id).with_for_update()
    return db.session.scalars(row.execution_options(populate_existing=True)).one_or_none()


def _own(creator_id: UUID) -> Room:
    room = queries.room_of(creator_id)
    if room is None:
        raise NoRoom
    return room


def _new(creator_id: UUID, wish: Wish) -> Room:
    """Of two forms that open it at once, the second one changes what the first made."""
    values = asdict(wish) | {"audience": wish.audience.value}
    row = Room(creator_id=creator_id, **values)
    db.session.get_one(Creator, creator_id, with_for_update=True, populate_existing=True)
    if known := _lock(creator_id):
        return known
    db.session.add(row)
    db.session.flush()
    return row


def _in_order(me: UUID, room_id: UUID) -> Visit:
    visit = queries.find_room(room_id, me)
    if not visit.standing.keeps_order:
        raise NotFound
    return visit


def _pin(visit: Visit, seq: int | None) -> None:
    row = update(Room).where(Room.id == visit.id).values(pinned=seq)
    db.session.execute(row.execution_options(synchronize_session=False))


def _set(room_id: UUID, user_id: UUID, **values: object) -> None:
    row = {"room_id": room_id, "user_id": user_id, "moderates": False, "put_out": False} | values
    db.session.execute(
        insert(RoomPerson)
        .values(**row)
        .on_conflict_do_update(index_elements=["room_id", "user_id"], set_=values)
    )
