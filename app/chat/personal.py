"""What this feature holds of a person."""

from collections.abc import Iterator
from uuid import UUID

from flask import Flask
from sqlalchemy import or_, select, update

from app.chat.models import ChatSettings, Conversation, Member, Message, Parcel, ParcelMedia, Reaction
from app.chat.operations import parcels
from app.chat.words import PURPOSE
from app.extensions import db
from app.kit import clock
from app.platform import personal_data
from app.platform.personal_data import Kept, Row
from app.platform.personal_rows import Rows

PAIRS = Kept("two ids: the other one's messages stay where they were; who left has no name any more")
MEMBERS = Rows(
    Member,
    shown=(
        "conversation_id",
        "other_id",
        "delivered_seq",
        "read_seq",
        "wrote_seq",
        "waits",
        "welcome",
        "muted",
        "away",
        "last_at",
    ),
    opened={"sealed_draft": PURPOSE},
)  # fmt: skip
MESSAGES = Rows(
    Message,
    shown=(
        "id",
        "conversation_id",
        "seq",
        "answers",
        "parcel_id",
        "tip_id",
        "created_at",
        "edited_at",
        "unsent_at",
    ),
    withheld=("key", "change"),
    opened={"sealed_body": PURPOSE},
)
REACTIONS = Rows(Reaction, shown=("conversation_id", "seq", "sign", "created_at"))
PARCELS = Rows(
    Parcel,
    owner="sender_id",
    shown=("id", "price", "currency", "created_at"),
    withheld=("media",),
    opened={"sealed_words": PURPOSE},
)
SETTINGS = Rows(
    ChatSettings,
    shown=("messages_from", "from_rank", "first_price", "shows_read", "shows_typing", "shows_online"),
)


def init_app(app: Flask) -> None:
    personal_data.table(app, "conversations", "With whom you talked", _conversations, PAIRS)
    personal_data.table(app, "conversation_members", "How far you read", MEMBERS.export, _forget_drafts)
    personal_data.table(app, "messages", "Messages you sent", MESSAGES.export, _take_back)
    sent = "Files you sent, and what you put behind a price"
    personal_data.table(app, "parcels", sent, PARCELS.export, parcels.destroy_all_of)
    personal_data.table(app, "parcel_media", "Which files you sent in which message", _files, _nothing_left)
    signs = "Signs you gave to messages"
    personal_data.table(app, "message_reactions", signs, REACTIONS.export, REACTIONS.erase)
    chosen = "What you chose for your messages"
    personal_data.table(app, "chat_settings", chosen, SETTINGS.export, SETTINGS.erase)


def _conversations(user_id: UUID) -> Iterator[Row]:
    theirs = select(Conversation).where(or_(Conversation.low_id == user_id, Conversation.high_id == user_id))
    for one in db.session.scalars(theirs.order_by(Conversation.id)):
        other = one.high_id if one.low_id == user_id else one.low_id
        yield {"id": one.id, "with": other, "messages": one.last_seq, "created_at": one.created_at}


def _files(user_id: UUID) -> Iterator[Row]:
    theirs = select(ParcelMedia).join(Parcel).where(Parcel.sender_id == user_id)
    for one in db.session.scalars(theirs.order_by(ParcelMedia.media_id)):
        yield {"media_id": one.media_id, "parcel_id": one.parcel_id}


def _nothing_left(_: UUID) -> None:
    """Files go with their parcels."""


def _forget_drafts(user_id: UUID) -> None:
    db.session.execute(update(Member).where(Member.user_id == user_id).values(sealed_draft=None))


def _take_back(user_id: UUID) -> None:
    """The words go; that there was something between what the other one wrote stays."""
    theirs = update(Message).where(Message.user_id == user_id)
    db.session.execute(
        theirs.values(sealed_body=None, parcel_id=None, unsent_at=clock.now()).execution_options(
            synchronize_session=False
        )
    )
