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
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
MESSAGE_MAX, KEY_MAX = 4_000, 255
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
    # None: taken back.
    sealed_body: Mapped[str | None]
    # The number of the message that it answers.
    answers: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # Taken back by who wrote it, or by the house; the words are gone.
    unsent_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("ix_messages_conversation_id_seq", "conversation_id", "seq"),
        Index("ix_messages_conversation_id_change", "conversation_id", "change"),
        Index("ix_messages_conversation_id_key", "conversation_id", "key"),
        Index("ix_messages_user_id", "user_id"),
        CheckConstraint("seq > 0 and change >= seq", name="numbers"),
        {"postgresql_partition_by": "range (id)"},
    )


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
    shows_read: Mapped[bool] = mapped_column(default=True)
    shows_typing: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        CheckConstraint(
            "messages_from in ('everyone', 'followers', 'subscribers', 'nobody')", name="messages_from"
        ),
    )
