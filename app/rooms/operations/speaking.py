"""Saying something in a room, and removing what was said.

Whatever changes a room takes its next number under the lock of its row, so that the order is the same for
all, and whoever missed something asks for what came after the last number they saw. All talk at once there,
so the lock is taken by the last statement but the commit.
"""

import math
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.chat import words
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.kit.text import has_any
from app.moderation import screening
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound, Refused
from app.platform.limits.quotas import in_words
from app.rooms import live, queries
from app.rooms.errors import NotYet, ShutOut
from app.rooms.models import Room, RoomMessage, RoomPerson
from app.rooms.queries import Said, Visit
from app.rooms.rules import Standing

NEW_FOR = timedelta(days=1)
NO_SITES = "Addresses of other sites can be sent here a day after you joined."
UNWANTED = "It has words that are not wanted here. Say it in other ones."
SAY = text("""
    with room as (
        update rooms set last_seq = last_seq + 1, last_change = last_change + 1
        where id = :room_id returning last_seq, last_change
    )
    insert into room_messages (id, room_id, user_id, seq, change, key, sealed_body, created_at)
    select :id, :room_id, :user_id, last_seq, last_change, :key, :sealed_body, :created_at from room
    returning seq, change
""")


def say(me: UUID, room_id: UUID, body: str, key: str) -> Said:
    """Once for each key, however often it comes."""
    visit = queries.find_room(room_id, me)
    if not visit.standing.inside or visit.me is None:
        raise ShutOut("The room is not open to you.", "body")
    if known := queries.sent_before(me, room_id, key):
        return queries.find_said(visit, known)
    _hold_to_order(visit, me, body)
    values = {
        "id": new_id(),
        "room_id": room_id,
        "user_id": me,
        "key": key,
        "sealed_body": words.seal(body),
        "created_at": clock.now(),
    }
    audit.record(Action.ROOM_SAID, actor=me, subject=("room_message", values["id"]))
    db.session.flush()
    seq, change = db.session.execute(SAY, values).one()
    said = queries.said(visit, RoomMessage(seq=seq, change=change, **values), visit.me)
    live.told(said)
    return said


def remove(me: UUID, room_id: UUID, seq: int) -> Said:
    """One's own, or by who keeps order. The words are gone."""
    visit = queries.find_room(room_id, me)
    said = queries.find_said(visit, seq)
    if not visit.standing.inside or not (visit.standing.keeps_order or said.author.id == me):
        raise NotFound
    if said.hosts and not visit.standing.hosts:
        raise NotFound
    audit.record(Action.ROOM_REMOVED, actor=me, subject=("room_message", said.id))
    return _remove(visit, seq)


def take_down(message_id: UUID) -> None:
    """By the house, after a report. The words stay with the report's copy."""
    message = db.session.get(RoomMessage, message_id)
    room = db.session.get(Room, message.room_id) if message else None
    if message and room:
        _remove(queries.look_at_room(room), message.seq)


def _remove(visit: Visit, seq: int) -> Said:
    row = (
        update(Room)
        .where(Room.id == visit.id)
        .values(last_change=Room.last_change + 1)
        .returning(Room.last_change, Room.pinned)
        .execution_options(synchronize_session=False)
    )
    change, pinned = db.session.execute(row).one()
    message = db.session.scalars(
        select(RoomMessage).where(RoomMessage.room_id == visit.id, RoomMessage.seq == seq)
    ).one()
    message.sealed_body, message.change = None, change
    db.session.flush()
    said = queries.find_said(visit, seq)
    live.told(said)
    if pinned == seq:
        live.top_changed(visit, None)
    return said


def muted_words(standing: Standing) -> str | None:
    """What somebody is told who may only read along for a while."""
    at = clock.now()
    if not standing.muted(at):
        return None
    assert standing.muted_until is not None
    left = math.ceil((standing.muted_until - at).total_seconds())
    return f"You are muted here. You can write again in {in_words(left)}."


def _hold_to_order(visit: Visit, me: UUID, body: str) -> None:
    at, standing = clock.now(), visit.standing
    screening.screen("room", me, body)
    if standing.keeps_order:
        return
    if muted := muted_words(standing):
        raise ShutOut(muted, "body")
    if has_any(body, visit.unwanted):
        raise Refused(UNWANTED, "body")
    if visit.came_at and at - visit.came_at < NEW_FOR and words.names_a_site(body):
        raise Refused(NO_SITES, "body")
    if visit.slow_seconds:
        _take_turn(visit, me)


def _take_turn(visit: Visit, me: UUID) -> None:
    """One message in so many seconds, also of one who sends two at once."""
    at, pause = clock.now(), timedelta(seconds=visit.slow_seconds)
    row = {"room_id": visit.id, "user_id": me, "moderates": False, "put_out": False, "spoke_at": at}
    taken = (
        insert(RoomPerson)
        .values(**row)
        .on_conflict_do_update(
            index_elements=["room_id", "user_id"],
            set_={"spoke_at": at},
            where=or_(RoomPerson.spoke_at.is_(None), RoomPerson.spoke_at <= at - pause),
        )
        .returning(RoomPerson.user_id)
    )
    if db.session.execute(taken).first() is None:
        since = at - (visit.spoke_at or at)
        left = max(1, math.ceil((pause - since).total_seconds()))
        raise NotYet(f"The room is slow: you can write again in {in_words(left)}.", "body")
