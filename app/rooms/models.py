"""Rooms, what is said in them, and who has a part in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
NAME_MAX, MESSAGE_MAX, KEY_MAX = 60, 1_000, 255
SLOW_MOST = 3_600


def of_room(**options: Any) -> Any:
    return mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), **options)


def of_person(**options: Any) -> Any:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


class Room(Model):
    """A creator has one. Its row's lock gives messages their order."""

    __tablename__ = "rooms"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("creators.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    # Who may come in, as entitlements/rules.py reads it; subscribers from this rank on.
    audience: Mapped[str] = mapped_column(default="subscribers")
    rank: Mapped[int] = mapped_column(default=0)
    is_open: Mapped[bool] = mapped_column(default=True)
    # Between two messages of a person; 0: as they like.
    slow_seconds: Mapped[int] = mapped_column(default=0)
    # The number of the message that stays on top.
    pinned: Mapped[int | None] = mapped_column(BigInteger)
    # How many messages there are, and how many changes: a message is one, and so is its removal.
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    last_change: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        CheckConstraint("audience in ('followers', 'subscribers')", name="audience"),
        CheckConstraint(f"slow_seconds between 0 and {SLOW_MOST}", name="slow_seconds"),
        CheckConstraint("last_seq >= 0 and last_change >= last_seq", name="counts"),
    )


class RoomMessage(Model):
    """Partitioned month by month of its id, as messages between two are."""

    __tablename__ = "room_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # No foreign keys: they would be looked up with each message.
    room_id: Mapped[UUID]
    user_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    # The number of its last change in the room.
    change: Mapped[int] = mapped_column(BigInteger)
    # The key of the form that it was sent by: sent again, it is the same message.
    key: Mapped[str] = mapped_column(String(KEY_MAX))
    # None: removed, and the words are gone.
    sealed_body: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index("ix_room_messages_room_id_seq", "room_id", "seq"),
        Index("ix_room_messages_room_id_change", "room_id", "change"),
        Index("ix_room_messages_user_id_key", "user_id", "key"),
        CheckConstraint("seq > 0 and change >= seq", name="numbers"),
        {"postgresql_partition_by": "range (id)"},
    )


class RoomPerson(Model):
    """What a room knows of somebody beside what they said; most have no row."""

    __tablename__ = "room_people"

    room_id: Mapped[UUID] = of_room(primary_key=True)
    user_id: Mapped[UUID] = of_person(primary_key=True, index=True)
    moderates: Mapped[bool] = mapped_column(default=False)
    muted_until: Mapped[datetime | None] = mapped_column(Timestamp)
    # For good: the room is closed to them, by a denial (entitlements).
    put_out: Mapped[bool] = mapped_column(default=False)
    # When they spoke for the last time, where the room is slow.
    spoke_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index(
            "ix_room_people_parts",
            "room_id",
            postgresql_where=text("moderates or put_out or muted_until is not null"),
        ),
        CheckConstraint("not (moderates and put_out)", name="part"),
    )
