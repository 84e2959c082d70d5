"""Devices that show notices of ours (web push), and what is on its way to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
DEVICE_MAX, TAG_MAX = 60, 200


class PushSubscription(Model):
    """A browser in which somebody is signed in and wants notices, at its push service."""

    __tablename__ = "push_subscriptions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # Whoever signs out there hears nothing there any more.
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    endpoint_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    # Where it is reached and its keys: whoever knows them may write to it.
    sealed_address: Mapped[str]
    device: Mapped[str] = mapped_column(String(DEVICE_MAX))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    # When the push service last took something for it.
    last_used_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # How often in a row it did not, and until when it is left alone for that.
    failures: Mapped[int] = mapped_column(default=0)
    rest_until: Mapped[datetime | None] = mapped_column(Timestamp)


class PushNotice(Model):
    """What a notice says, until it is out of date. One for all devices of its person."""

    __tablename__ = "push_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # A newer one of the same tag takes the place of an older one.
    tag: Mapped[str] = mapped_column(String(TAG_MAX), default="")
    sealed_words: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now, index=True)

    __table_args__ = (Index("ix_push_notices_user_id_tag", "user_id", "tag"),)
