"""Conversations of two people, who is in them, and what was said."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
MESSAGE_MAX, KEY_MAX = 4_000, 255
FILES_MOST = 10
# Of one person about one message.
REACTIONS = ("❤️", "😂", "😮", "😢", "👏", "🔥")


def of_person(**options: Any) -> Any:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


def of_conversation(**options: Any) -> Any:
    return mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), **options)


class Conversation(Model):
    """Two people have one, whoever began it. Its row's lock gives messages their order."""

    __tablename__ = "conversations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # The two of them, the lower id first.
    low_id: Mapped[UUID] = of_person()
    high_id: Mapped[UUID] = of_person(index=True)
    # How many messages there are, and how many changes: a message is one, and so is whatever becomes of it.
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    last_change: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        UniqueConstraint("low_id", "high_id"),
        CheckConstraint("low_id < high_id", name="pair"),
        CheckConstraint("last_seq >= 0 and last_change >= last_seq", name="counts"),
    )


class Member(Model):
    """A conversation as one of the two has it."""

    __tablename__ = "conversation_members"

    conversation_id: Mapped[UUID] = of_conversation(primary_key=True)
    user_id: Mapped[UUID] = of_person(primary_key=True)
    other_id: Mapped[UUID] = of_person(index=True)
    # Up to which message it reached them, and up to which they read it. Whoever writes has read.
    delivered_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    read_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    # When and by which number they wrote for the last time: whom one wrote to may answer.
    wrote_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    # The other one wrote, and it is not read.
    waits: Mapped[bool] = mapped_column(default=False)
    # They paid for the first word: the other one hears them.
    welcome: Mapped[bool] = mapped_column(default=False, server_default="false")
    # What they typed and did not send.
    sealed_draft: Mapped[str | None]
    muted: Mapped[bool] = mapped_column(default=False)
    # Put away: it comes back with the next message.
    away: Mapped[bool] = mapped_column(default=False)
    # Of the last message; the list is ordered by it.
    last_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index("ix_conversation_members_user_id_last_at", "user_id", "away", "last_at", "conversation_id"),
        # Of a creator to whom thousands wrote, the few that count as new.
        Index(
            "ix_conversation_members_waiting",
            "user_id",
            postgresql_where=text("waits and not muted and not away"),
        ),
        CheckConstraint("delivered_seq >= read_seq", name="marks"),
    )


class Message(Model):
    """Partitioned month by month of its id (platform/partitions.py): so many of them come, and stay."""

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # No foreign keys: they would be looked up with each message, and nothing ever deletes what they point to.
    conversation_id: Mapped[UUID]
    user_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    # The number of its last change in the conversation.
    change: Mapped[int] = mapped_column(BigInteger)
    # The key of the form that it was sent by: sent again, it is the same message.
    key: Mapped[str] = mapped_column(String(KEY_MAX))
    # None: taken back, or said without words.
    sealed_body: Mapped[str | None]
    # The number of the message that it answers.
    answers: Mapped[int | None] = mapped_column(BigInteger)
    # What it carries beside its words; the tip that it came with.
    parcel_id: Mapped[UUID | None]
    tip_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # Taken back by who wrote it, or by the house; the words are gone.
    unsent_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("ix_messages_conversation_id_seq", "conversation_id", "seq"),
        Index("ix_messages_conversation_id_change", "conversation_id", "change"),
        Index("ix_messages_conversation_id_key", "conversation_id", "key"),
        Index("ix_messages_user_id", "user_id"),
        Index(
            "ix_messages_parcel_id",
            "parcel_id",
            "conversation_id",
            postgresql_where=text("parcel_id is not null"),
        ),
        CheckConstraint("seq > 0 and change >= seq", name="numbers"),
        {"postgresql_partition_by": "range (id)"},
    )


class Parcel(Model):
    """Files that messages carry, and what has to be paid before it opens.

    Many messages may carry the same one; each of their readers opens it for themselves.
    """

    __tablename__ = "parcels"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sender_id: Mapped[UUID] = of_person(index=True)
    # None: it is open to whoever gets it.
    price: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(5))
    # What is read once it is paid.
    sealed_words: Mapped[str | None]
    # As media describes its files (media/shown.py), in their order.
    media: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("(price is null) = (currency is null)", name="currency"),
        CheckConstraint("price is not null or sealed_words is null", name="words"),
    )


class ParcelMedia(Model):
    """In which parcel a file lies: in one at most."""

    __tablename__ = "parcel_media"

    media_id: Mapped[UUID] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), primary_key=True)
    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcels.id", ondelete="CASCADE"), index=True)


class Reaction(Model):
    """One sign of one person about one message."""

    __tablename__ = "message_reactions"

    conversation_id: Mapped[UUID] = of_conversation(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[UUID] = of_person(primary_key=True, index=True)
    sign: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class ChatSettings(Model):
    """What somebody chose for their messages; whoever chose nothing has no row."""

    __tablename__ = "chat_settings"

    user_id: Mapped[UUID] = of_person(primary_key=True)
    # Who may begin to write to a creator.
    messages_from: Mapped[str] = mapped_column(default="everyone")
    # Of "subscribers": from which tier on. Of "paid": for how much, in the creator's currency.
    from_rank: Mapped[int] = mapped_column(default=0, server_default="0")
    first_price: Mapped[int | None] = mapped_column(BigInteger)
    shows_read: Mapped[bool] = mapped_column(default=True)
    shows_typing: Mapped[bool] = mapped_column(default=True)
    # The one that is there while other releases write rows without it.
    shows_online: Mapped[bool] = mapped_column(default=True, server_default=true())

    __table_args__ = (
        CheckConstraint(
            "messages_from in ('everyone', 'followers', 'subscribers', 'paid', 'nobody')",
            name="messages_from",
        ),
    )
