"""The same words from one person to many, each in the conversation that the two have.

A few statements for all of them, however many they are, and one transaction: either all of them have it, or
nobody does. Conversations are locked in the order of their ids, so that two who write to the same people
never wait for each other in a circle.

It is heard, and not a talk that was begun: whom somebody told something has not been asked to answer, what
waits to be read by whoever tells it waits on, their list keeps its order, and a conversation that was made
for it stays put away on their side until the other one answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from app.chat import live, queries_talk
from app.chat.live import Told
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id

MAKE = text("""
    insert into conversations (id, low_id, high_id, last_seq, last_change, created_at)
    select id, least(user_id, :me), greatest(user_id, :me), 0, 0, :at
    from unnest(cast(:ids as uuid[]), cast(:people as uuid[])) as given (id, user_id)
    order by 2, 3
    on conflict do nothing
""")
LOCK = text("""
    select c.id from unnest(cast(:people as uuid[])) as given (user_id)
    join conversations c on c.low_id = least(user_id, :me) and c.high_id = greatest(user_id, :me)
    order by c.id for no key update of c
""")
SAY = text("""
    with taken as (
        update conversations c set last_seq = c.last_seq + 1, last_change = c.last_change + 1
        from unnest(cast(:ids as uuid[]), cast(:people as uuid[])) as given (id, user_id)
        where c.low_id = least(user_id, :me) and c.high_id = greatest(user_id, :me)
        returning c.id as talk_id, given.user_id, given.id, c.last_seq, c.last_change
    ), said as (
        insert into messages (
            id, conversation_id, user_id, seq, change, key, sealed_body, parcel_id, created_at
        )
        select id, talk_id, :me, last_seq, last_change, :key, :sealed_body, :parcel_id, :at from taken
    ), theirs as (
        insert into conversation_members as m (
            conversation_id, user_id, other_id, delivered_seq, read_seq, wrote_seq,
            waits, muted, away, last_at
        )
        select talk_id, user_id, :me, 0, 0, 0, true, false, false, :at from taken
        on conflict (conversation_id, user_id) do update set waits = true, away = false, last_at = :at
        returning m.conversation_id, m.muted
    ), mine as (
        insert into conversation_members as m (
            conversation_id, user_id, other_id, delivered_seq, read_seq, wrote_seq,
            waits, muted, away, last_at
        )
        select talk_id, :me, user_id, last_seq, last_seq, 0, false, false, true, :at from taken
        on conflict (conversation_id, user_id) do update set
            read_seq = case when m.waits then m.read_seq else excluded.read_seq end,
            delivered_seq = case when m.waits then m.delivered_seq else excluded.delivered_seq end
    )
    select user_id, talk_id, last_seq, last_change, theirs.muted
    from taken join theirs on theirs.conversation_id = talk_id
""")


@dataclass(frozen=True, slots=True)
class Words:
    """What is told, sealed already (words.seal), what it carries, and the key of the message everywhere."""

    sealed_body: str | None
    key: str
    parcel_id: UUID | None = None


def spread(me: UUID, people: Sequence[UUID], words: Words) -> list[Told]:
    """To those of them whom one may write to. Whoever calls it sees to it that nobody is told twice."""
    able = queries_talk.whom_one_may_write_to(me, people) if people else []
    if not able:
        return []
    at = clock.now()
    given = {
        "me": me,
        "people": [str(one) for one in able],
        "at": at,
        "key": words.key,
        "sealed_body": words.sealed_body,
        "parcel_id": words.parcel_id,
    }
    db.session.execute(MAKE, given | {"ids": [str(new_id()) for _ in able]})
    db.session.execute(LOCK, given)
    rows = db.session.execute(SAY, given | {"ids": [str(new_id()) for _ in able]})
    told = [Told(*row) for row in rows]
    live.spread(told)
    return told
