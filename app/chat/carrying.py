"""What media asks of parcels: who may have their files, and where those are used."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from sqlalchemy import exists, select

from app.chat.models import Member, Message, Parcel, ParcelMedia
from app.chat.operations import parcels
from app.chat.queries import PARCEL, lock_of
from app.extensions import db
from app.media import holders
from app.media.holders import Place, Showing
from app.media.shown import Described
from app.platform import work
from app.platform.work import Payload

REFRESH = "chat.refresh_parcel"


def init_app() -> None:
    holders.register(PARCEL, _showing)
    holders.on_change(_changed)
    holders.tell_places(_places)


@work.handler(REFRESH)
def refresh(payload: Payload) -> None:
    parcels.refresh(UUID(payload["media_id"]))


def _showing(parcel_id: UUID) -> Showing | None:
    parcel = db.session.get(Parcel, parcel_id)
    if parcel is None:
        return None
    files = frozenset(UUID(one["id"]) for one in parcel.media)
    return Showing(lock_of(parcel), files, known_to=partial(_was_sent, parcel))


def _was_sent(parcel: Parcel, viewer_id: UUID | None) -> bool:
    """To them, and not taken back."""
    if viewer_id is None:
        return False
    there = exists().where(
        Member.user_id == viewer_id,
        Member.other_id == parcel.sender_id,
        Message.conversation_id == Member.conversation_id,
        Message.parcel_id == parcel.id,
        Message.unsent_at.is_(None),
    )
    return db.session.scalar(select(there)) or False


def _changed(described: Described) -> None:
    """Not here and now: whoever changes media holds its lock, and conversations are locked before media."""
    media_id = UUID(described["id"])
    if db.session.get(ParcelMedia, media_id) is not None:
        work.enqueue(REFRESH, {"media_id": str(media_id)})


def _places(media_ids: Collection[UUID]) -> dict[UUID, Place]:
    sent = exists().where(Message.parcel_id == ParcelMedia.parcel_id).label("sent")
    found = db.session.execute(select(ParcelMedia.media_id, sent).where(ParcelMedia.media_id.in_(media_ids)))
    return {row.media_id: Place("A message", "/messages", used=True, shown=row.sent) for row in found}
