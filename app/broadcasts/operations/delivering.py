"""The list of those it goes to, and then one part of the list after the other.

Each part is a piece of work of its own, in a transaction that writes the messages, how far it got, and the
next piece: redriven it goes on where it stopped, and two workers wait for each other at the broadcast's row.
Between two parts other work has its turn.
"""

from uuid import UUID

from sqlalchemy import Uuid, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert

from app.broadcasts import queries_people, telling
from app.broadcasts.audience import Audience
from app.broadcasts.models import ON_ITS_WAY, Broadcast, Recipient
from app.broadcasts.operations import sending
from app.chat.operations import parcels, spreading
from app.chat.operations.spreading import Words
from app.extensions import db
from app.kit import clock
from app.platform import work

TELL_WORK = "broadcasts.tell"
LISTED_AT_ONCE, TOLD_AT_ONCE = 10_000, 250
NOTE = text("""
    update broadcast_recipients r set conversation_id = talk_id, seq = place.seq
    from unnest(cast(:people as uuid[]), cast(:talks as uuid[]), cast(:seqs as bigint[]))
        as place (user_id, talk_id, seq)
    where r.broadcast_id = :broadcast and r.user_id = place.user_id
""")


def put_on_list(broadcast_id: UUID) -> None:
    """The next of them, by their ids."""
    found = locked(broadcast_id)
    if found is None or found.state != "listing":
        return
    if found.reached_id is None:
        found.people = 0
    listed = _list_more(found)
    found.people += listed
    if listed == LISTED_AT_ONCE:
        go_on(sending.LIST_WORK, found, found.reached_id)
        return
    found.state, found.reached_id, found.count_at = "going", None, clock.now()
    go_on(TELL_WORK, found, found.reached_id)


def tell(broadcast_id: UUID) -> None:
    """The next of those on the list."""
    found = locked(broadcast_id)
    if found is None or found.state != "going":
        return
    # Taken back where it was read first, it may carry nothing any more.
    empty = found.sealed_words is None and found.parcel_id is None
    shut = found.parcel_id is not None and parcels.is_taken_down(found.parcel_id)
    if empty or shut or not sending.may_still_tell(found.creator_id):
        sending.end(found, "stopped")
        return
    part = queries_people.next_on_list(found, TOLD_AT_ONCE)
    if part:
        told = _tell(found, [user_id for user_id, wants in part if wants])
        found.reached_id = part[-1][0]
        found.told += told
        found.skipped += len(part) - told
    if len(part) == TOLD_AT_ONCE:
        go_on(TELL_WORK, found, found.reached_id)
    else:
        sending.end(found, "done")


def give_up(broadcast_id: UUID) -> None:
    """Something stood in the way however often it was tried."""
    found = locked(broadcast_id)
    if found is not None and found.state in ON_ITS_WAY:
        sending.end(found, "stopped")


def _list_more(found: Broadcast) -> int:
    people = queries_people.people(found.creator_id, Audience.read(found.audience)).subquery()
    next_ones = select(people.c.user_id).order_by(people.c.user_id).limit(LISTED_AT_ONCE)
    if found.reached_id:
        next_ones = next_ones.where(people.c.user_id > found.reached_id)
    chosen = next_ones.subquery()
    rows = insert(Recipient).from_select(
        ["broadcast_id", "user_id"], select(literal(found.id, Uuid()), chosen.c.user_id)
    )
    listed = rows.on_conflict_do_nothing().returning(Recipient.user_id).cte("listed")
    last = select(listed.c.user_id).order_by(listed.c.user_id.desc()).limit(1).scalar_subquery()
    count, last_id = db.session.execute(select(func.count(), last).select_from(listed)).one()
    found.reached_id = last_id
    return int(count)


def _tell(found: Broadcast, people: list[UUID]) -> int:
    words = Words(found.sealed_words, f"broadcast:{found.id}", found.parcel_id)
    told = spreading.spread(found.creator_id, people, words)
    if told:
        places = {
            "people": [str(one.user_id) for one in told],
            "talks": [str(one.talk_id) for one in told],
            "seqs": [one.seq for one in told],
        }
        db.session.execute(NOTE, {"broadcast": found.id, **places})
        telling.told(found.creator_id, told)
    return len(told)


def go_on(kind: str, found: Broadcast, reached_id: UUID | None) -> None:
    """By a name of its own: the piece that asks for it still runs."""
    key = f"{kind}:{found.id}:{reached_id}"
    work.enqueue(kind, {"broadcast_id": str(found.id)}, unique_key=key)


def locked(broadcast_id: UUID) -> Broadcast | None:
    return db.session.get(Broadcast, broadcast_id, with_for_update=True, populate_existing=True)
