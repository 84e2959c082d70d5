"""Writing a broadcast, as often as one likes until it goes out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.broadcasts import queries
from app.broadcasts.audience import Audience
from app.broadcasts.errors import NotNow, SavedElsewhere
from app.broadcasts.models import ON_ITS_WAY, Broadcast
from app.chat import words
from app.chat.operations import parcels
from app.chat.operations.parcels import Load
from app.extensions import db
from app.kit.ids import new_id
from app.platform import audit
from app.platform.audit import Action

OUT = "It is on its way already. For a day it can be taken back from everybody."
EDITABLE = ("draft", "scheduled")


@dataclass(frozen=True, slots=True)
class Wish:
    words: str
    load: Load
    audience: Audience
    # None: as soon as it is confirmed.
    at: datetime | None = None


def begin(creator_id: UUID, wish: Wish) -> Broadcast:
    found = Broadcast(id=new_id(), creator_id=creator_id, state="draft", saves=0)
    db.session.add(found)
    return _keep(found, wish)


def change(creator_id: UUID, broadcast_id: UUID, wish: Wish, seen: int | None = None) -> Broadcast:
    """One that was scheduled waits to be confirmed again. `seen`: the save that stands to be replaced."""
    found = lock(creator_id, broadcast_id)
    if found.state not in EDITABLE:
        raise NotNow(OUT)
    if seen is not None and found.saves != seen:
        raise SavedElsewhere
    return _keep(found, wish)


def remove(creator_id: UUID, broadcast_id: UUID) -> None:
    """Of what went out the results go, and who it went to; what was said stays with those who got it."""
    found = lock(creator_id, broadcast_id)
    if found.state in ON_ITS_WAY:
        raise NotNow("It is on its way. Stop it first.")
    if found.taken_back_at is not None and found.back_done_at is None:
        raise NotNow("It is being taken back. Wait until that is done.")
    audit.record(Action.BROADCAST_REMOVED, actor=creator_id, subject=("broadcast", broadcast_id))
    if not found.told:
        _unpack(found)
    db.session.delete(found)


def lock(creator_id: UUID, broadcast_id: UUID) -> Broadcast:
    queries.find(creator_id, broadcast_id)
    return db.session.get_one(Broadcast, broadcast_id, with_for_update=True, populate_existing=True)


def _keep(found: Broadcast, wish: Wish) -> Broadcast:
    found.sealed_words = words.seal(wish.words) if wish.words else None
    found.audience, found.send_at, found.state = wish.audience.kept, wish.at, "draft"
    found.saves += 1
    _unpack(found)
    found.parcel_id = None if wish.load.empty else parcels.pack(found.creator_id, wish.load).id
    audit.record(Action.BROADCAST_SAVED, actor=found.creator_id, subject=("broadcast", found.id))
    db.session.flush()
    return found


def _unpack(found: Broadcast) -> None:
    if found.parcel_id:
        parcel_id, found.parcel_id = found.parcel_id, None
        db.session.flush()
        parcels.unpack(parcel_id)
