"""What messages carry beside their words: files, and what opens for a price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select

from app.chat import numbering, words
from app.chat.errors import Bought
from app.chat.models import Message, Parcel, ParcelMedia
from app.entitlements.queries import anybody_holds
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.media.errors import FileGone, NotArrived
from app.media.kinds import Purpose
from app.media.models import Media
from app.media.operations import holding, uploading
from app.media.queries import UNFINISHED
from app.media.shown import Described, describe
from app.moderation.queries import decided, is_reported
from app.platform.transaction import transaction

# A file that changes later is told to so many conversations at once; the others see it when they look.
TOLD_MOST = 50
LET_GO_AT_ONCE = 100
# What reports know messages by.
MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody puts in. The words are those behind the price."""

    media: Sequence[UUID] = ()
    price: int | None = None
    currency: str = ""
    words: str = ""

    @property
    def empty(self) -> bool:
        return not self.media and self.price is None


def pack(sender_id: UUID, load: Load, *, unready: bool = True) -> Parcel:
    """`unready`: a file that is still being made ready is seen when it is."""
    media = holding.attach(load.media, sender_id, public=False, unready=unready, purpose=Purpose.MESSAGE)
    if media and db.session.scalar(select(exists().where(ParcelMedia.media_id.in_(load.media)))):
        raise FileGone
    if db.session.scalar(select(exists().where(Media.id.in_(load.media), Media.state.in_(UNFINISHED)))):
        raise NotArrived
    parcel = Parcel(
        id=new_id(),
        sender_id=sender_id,
        price=load.price,
        currency=load.currency if load.price is not None else None,
        sealed_words=words.seal(load.words) if load.words and load.price is not None else None,
        media=media,
        created_at=clock.now(),
    )
    db.session.add(parcel)
    db.session.flush()
    db.session.add_all(ParcelMedia(media_id=one, parcel_id=parcel.id) for one in load.media)
    return parcel


def unpack(parcel_id: UUID) -> None:
    """Of what nobody was sent: its files can be sent otherwise."""
    taken = delete(ParcelMedia).where(ParcelMedia.parcel_id == parcel_id).returning(ParcelMedia.media_id)
    holding.release(db.session.scalars(taken).all())
    db.session.execute(delete(Parcel).where(Parcel.id == parcel_id))


def is_taken_down(parcel_id: UUID) -> bool:
    return db.session.scalar(select(taken_down(parcel_id))) or False


def taken_down(parcel_id: UUID | ColumnElement[UUID | None]) -> ColumnElement[bool]:
    """One of its files: the same one was shown elsewhere, and a moderator took it down."""
    carried = ParcelMedia.parcel_id == parcel_id, ParcelMedia.media_id == Media.id
    return exists().where(*carried, Media.moderation == "removed")


def drop(message: Message) -> None:
    """The message is taken back; what nobody else was sent goes with it.

    What was reported stays until a moderator decided.
    """
    parcel_id = message.parcel_id
    if parcel_id is None:
        return
    if anybody_holds(parcel_id, Kind.PURCHASE):
        raise Bought
    if not is_reported(MESSAGE, message.id):
        _let_go(message, parcel_id)


def let_go_of_what_was_decided() -> int:
    """Of what was taken back while a report about it waited; how many of these there were."""
    kept = select(Message.id).where(
        Message.id.in_(decided(MESSAGE)), Message.unsent_at.is_not(None), Message.parcel_id.is_not(None)
    )
    found = db.session.scalars(kept.order_by(Message.id).limit(LET_GO_AT_ONCE)).all()
    for message_id in found:
        with transaction():
            message = db.session.get_one(Message, message_id)
            numbering.lock(message.conversation_id)
            db.session.refresh(message)
            if message.parcel_id is not None and not is_reported(MESSAGE, message_id):
                _let_go(message, message.parcel_id)
    return len(found)


def take_down(message: Message) -> None:
    """By the house: bought or not."""
    if message.parcel_id is not None:
        _let_go(message, message.parcel_id)


def _let_go(message: Message, parcel_id: UUID) -> None:
    message.parcel_id = None
    db.session.flush()
    destroy_if_carried_no_more(parcel_id)


def destroy_if_carried_no_more(parcel_id: UUID) -> bool:
    carried = db.session.scalar(select(exists().where(Message.parcel_id == parcel_id)))
    if not carried:
        _destroy([parcel_id])
    return not carried


def destroy_all_of(sender_id: UUID) -> None:
    """They leave, with what they sent."""
    _destroy(db.session.scalars(select(Parcel.id).where(Parcel.sender_id == sender_id)).all())


def refresh(media_id: UUID) -> None:
    """A file became ready, or cannot be used: the parcel shows it so, and open pages hear of it.

    Conversations are locked before what is carried in them, as by whoever takes a message back.
    """
    parcel_id = db.session.scalar(select(ParcelMedia.parcel_id).where(ParcelMedia.media_id == media_id))
    talks = select(Message.conversation_id).where(Message.parcel_id == parcel_id).distinct()
    told = sorted(db.session.scalars(talks.limit(TOLD_MOST)))
    for talk_id in told:
        numbering.lock(talk_id)
    found = select(Parcel).where(Parcel.id == parcel_id).with_for_update(key_share=True)
    parcel, media = db.session.scalars(found).one_or_none(), db.session.get(Media, media_id)
    if parcel is None or media is None:
        return
    now = _described(media)
    parcel.media = [now if one["id"] == now["id"] else one for one in parcel.media]
    carried = select(Message).where(Message.parcel_id == parcel_id, Message.conversation_id.in_(told))
    for message in db.session.scalars(carried).all():
        numbering.changed(message)


def touch(parcel_id: UUID, conversation_id: UUID) -> None:
    """It was opened, or closed again, by the one who got it in this conversation."""
    carried = select(Message).where(
        Message.parcel_id == parcel_id, Message.conversation_id == conversation_id
    )
    for message in db.session.scalars(carried).all():
        numbering.changed(message)


def _described(media: Media) -> Described:
    return describe(media) | {"failed": media.state == "failed"}


def _destroy(parcel_ids: Iterable[UUID]) -> None:
    ids = list(parcel_ids)
    files = db.session.scalars(
        delete(ParcelMedia).where(ParcelMedia.parcel_id.in_(ids)).returning(ParcelMedia.media_id)
    ).all()
    holding.release(files)
    for media in db.session.scalars(select(Media).where(Media.id.in_(files), Media.state != "removed")):
        uploading.forget(media, by=media.user_id)
    db.session.execute(delete(Parcel).where(Parcel.id.in_(ids)))
