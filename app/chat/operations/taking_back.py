"""What one person told many (spreading.py) is taken back in many conversations at once.

As one message is (writing.unsend): its words and what it carries are gone for both, that there was something
is not. Who paid for what it carries keeps all of it. What was reported stays until a moderator decided.

A few statements for all of them, under the locks of their conversations, taken in the same order as spreading
takes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.chat import live
from app.chat.live import Told
from app.chat.operations.parcels import MESSAGE
from app.entitlements.queries import who_holds
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.moderation.queries import reported_among

LOCK = text("""
    select id from conversations where id = any(cast(:talks as uuid[])) order by id for no key update
""")
FIND = text("""
    select m.id, given.user_id, given.talk_id, m.parcel_id
    from unnest(cast(:people as uuid[]), cast(:talks as uuid[]), cast(:seqs as bigint[]))
        as given (user_id, talk_id, seq)
    join messages m on m.conversation_id = given.talk_id and m.seq = given.seq
    where m.user_id = :me and m.unsent_at is null
""")
EMPTY = text("""
    with given as (
        select * from unnest(cast(:ids as uuid[]), cast(:people as uuid[]), cast(:talks as uuid[]))
            as given (id, user_id, talk_id)
    ), changed as (
        update conversations c set last_change = c.last_change + 1
        from given where c.id = given.talk_id
        returning c.id as talk_id, c.last_change
    ), emptied as (
        update messages m set
            sealed_body = null, unsent_at = :at, change = changed.last_change,
            parcel_id = case when m.id = any(cast(:reported as uuid[])) then m.parcel_id end
        from given join changed on changed.talk_id = given.talk_id
        where m.id = given.id
        returning given.user_id, given.talk_id, m.seq, m.change
    ), unsigned as (
        delete from message_reactions r using emptied e where r.conversation_id = e.talk_id and r.seq = e.seq
    )
    select user_id, talk_id, seq, change from emptied
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody was told."""

    user_id: UUID
    talk_id: UUID
    seq: int


@dataclass(frozen=True, slots=True)
class Outcome:
    # How many do not have it any more, and how many bought it.
    taken: int = 0
    kept: int = 0


def take_back(me: UUID, places: Sequence[Place]) -> Outcome:
    """In each at most one message; one that was taken back before counts no more."""
    if not places:
        return Outcome()
    talks = [str(one.talk_id) for one in places]
    db.session.execute(LOCK, {"talks": talks})
    people, seqs = [str(one.user_id) for one in places], [one.seq for one in places]
    found = db.session.execute(FIND, {"me": me, "people": people, "talks": talks, "seqs": seqs}).all()
    # Under the locks: who pays for it meanwhile waits for them (selling.py).
    bought = {
        (parcel_id, user_id)
        for parcel_id in {row.parcel_id for row in found if row.parcel_id}
        for user_id in who_holds(parcel_id, Kind.PURCHASE, [row.user_id for row in found])
    }
    going = [row for row in found if (row.parcel_id, row.user_id) not in bought]
    if going:
        _empty(going)
    return Outcome(len(going), len(found) - len(going))


def _empty(going: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in going]
    given = {
        "ids": [str(one) for one in ids],
        "people": [str(row.user_id) for row in going],
        "talks": [str(row.talk_id) for row in going],
        "reported": [str(one) for one in reported_among(MESSAGE, ids)],
        "at": clock.now(),
    }
    live.spread([Told(*row) for row in db.session.execute(EMPTY, given)])
