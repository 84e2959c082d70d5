"""What was told to many, to whom, and who wants to hear nothing of the kind."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
STATES = ("draft", "scheduled", "listing", "going", "stopped", "done")
# It was begun, and is not over.
ON_ITS_WAY = ("listing", "going")
SAVED_MAX, NAME_MAX = 50, 60


def of_person(**options: Any) -> Any:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


class Broadcast(Model):
    """listing: its people are put on the list. going: they are told, in the order of their ids."""

    __tablename__ = "broadcasts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    creator_id: Mapped[UUID] = of_person()
    sealed_words: Mapped[str | None]
    # What it carries: the same for all who get it, and opened by each for themselves.
    parcel_id: Mapped[UUID | None] = mapped_column(ForeignKey("parcels.id", ondelete="SET NULL"), index=True)
    # To whom (audience.py).
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    state: Mapped[str] = mapped_column(default="draft")
    # None: as soon as its creator says so.
    send_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # What a creator confirms is what they saw.
    saves: Mapped[int] = mapped_column(default=1)
    # How many are on the list, how many of them were told, and how many may not be or do not want to be.
    people: Mapped[int] = mapped_column(default=0)
    told: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    # The last one who was put on the list, and then the last one who was looked at.
    reached_id: Mapped[UUID | None]
    # Who read it and shows that, who opened it, and what they paid; counted now and then, and when next
    # (operations/counting.py).
    read: Mapped[int] = mapped_column(default=0)
    opened: Mapped[int] = mapped_column(default=0)
    earned: Mapped[int] = mapped_column(BigInteger, default=0)
    counted_at: Mapped[datetime | None] = mapped_column(Timestamp)
    count_at: Mapped[datetime | None] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    begun_at: Mapped[datetime | None] = mapped_column(Timestamp)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # When its creator took it back for all, and when that was done; the last one who was looked at then;
    # how many do not have it any more, and how many bought what it carries and keep it.
    taken_back_at: Mapped[datetime | None] = mapped_column(Timestamp)
    back_done_at: Mapped[datetime | None] = mapped_column(Timestamp)
    back_reached_id: Mapped[UUID | None]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    kept: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        Index("ix_broadcasts_creator_id", "creator_id", "id"),
        Index("ix_broadcasts_send_at", "send_at", postgresql_where=text("state = 'scheduled'")),
        Index("ix_broadcasts_count_at", "count_at", postgresql_where=text("count_at is not null")),
        CheckConstraint(
            "state in ('draft', 'scheduled', 'listing', 'going', 'stopped', 'done')", name="state"
        ),
        CheckConstraint("state <> 'scheduled' or send_at is not null", name="send_at"),
        CheckConstraint("(ended_at is not null) = (state in ('stopped', 'done'))", name="ended_at"),
        CheckConstraint("told >= 0 and skipped >= 0 and told + skipped <= people", name="counts"),
        CheckConstraint("read between 0 and told", name="read"),
        CheckConstraint("back_done_at is null or taken_back_at is not null", name="back_done_at"),
        CheckConstraint("taken >= 0 and kept >= 0 and taken + kept <= told", name="taken"),
    )


class Recipient(Model):
    """One of the many, and where in their conversation it stands; nowhere for who was passed over.

    Forgotten once nothing is counted any more: there may be very many of them.
    """

    __tablename__ = "broadcast_recipients"

    broadcast_id: Mapped[UUID] = mapped_column(
        ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = of_person(primary_key=True, index=True)
    # No foreign key: it would be looked up for each, and conversations stay.
    conversation_id: Mapped[UUID | None]
    seq: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("(conversation_id is null) = (seq is null)", name="place"),)


class Quiet(Model):
    """Somebody wants no news from a creator; what is written to them alone still comes."""

    __tablename__ = "broadcast_mutes"

    user_id: Mapped[UUID] = of_person(primary_key=True)
    creator_id: Mapped[UUID] = of_person(primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class WelcomeMessage(Model):
    """What newcomers hear. Without words only those of the tiers are said."""

    __tablename__ = "welcome_messages"

    creator_id: Mapped[UUID] = of_person(primary_key=True)
    sealed_words: Mapped[str | None]
    # Not only to subscribers.
    to_followers: Mapped[bool] = mapped_column(default=False)


class Welcomed(Model):
    """Who was welcomed, by the words for all or by those of a tier: each once, whatever they do later."""

    __tablename__ = "welcomed"

    creator_id: Mapped[UUID] = of_person(primary_key=True)
    user_id: Mapped[UUID] = of_person(primary_key=True, index=True)
    words_of: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (CheckConstraint("words_of in ('page', 'tier')", name="words_of"),)


class SavedReply(Model):
    """An answer that a creator gives again and again."""

    __tablename__ = "saved_replies"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    creator_id: Mapped[UUID] = of_person(index=True)
    sealed_name: Mapped[str]
    sealed_words: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
