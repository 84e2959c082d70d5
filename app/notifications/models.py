"""What a person wants to hear about and when, what they were told, and how it reached them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy import Uuid as PgUUID
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
SUBJECT_MAX, HREF_MAX, ZONE_MAX = 80, 500, 64
# The template of the mails that tell of lines (templates/mail).
MAIL = "notice"
UNREAD = text("read_at is null")
WAITING = text("state = 'waiting'")


def of_person(**options: Any) -> Any:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


def of_notification(**options: Any) -> Any:
    return mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"), **options)


class NotificationPreference(Model):
    """Only what differs from the kind's default is stored."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now, onupdate=now)


class NotificationSettings(Model):
    """When mails and pushes may come; whoever chose nothing has no row."""

    __tablename__ = "notification_settings"

    user_id: Mapped[UUID] = of_person(primary_key=True)
    zone: Mapped[str] = mapped_column(String(ZONE_MAX), default="UTC")
    # Full hours of their own day; both or neither. Through midnight, where the second is the smaller one.
    quiet_from: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    mails: Mapped[str] = mapped_column(default="at_once")

    __table_args__ = (
        CheckConstraint("mails in ('at_once', 'daily', 'weekly')", name="mails"),
        CheckConstraint(
            "(quiet_from is null and quiet_until is null)"
            " or (quiet_from between 0 and 23 and quiet_until between 0 and 23"
            " and quiet_from <> quiet_until)",
            name="quiet",
        ),
    )


class Notification(Model):
    """One line for its reader. Until it is read, what happens again about the same thing joins it."""

    __tablename__ = "notifications"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = of_person()
    event: Mapped[str]
    # What it is about: "post:<id>".
    subject: Mapped[str] = mapped_column(String(SUBJECT_MAX))
    href: Mapped[str] = mapped_column(String(HREF_MAX))
    # What stands in the sentence; names of public things and sums, never what people write to each other.
    words: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    # How many people, and the last few of them, the latest first.
    count: Mapped[int] = mapped_column(default=1)
    actors: Mapped[list[UUID]] = mapped_column(ARRAY(PgUUID), default=list)
    # Whether it stands on the page; else it is there for mail and push alone.
    shown: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    updated_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    # When the list was looked at, and when it was followed or put away.
    seen_at: Mapped[datetime | None] = mapped_column(Timestamp)
    read_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("uq_notifications_bundle", "user_id", "event", "subject", unique=True, postgresql_where=UNREAD),
        Index("ix_notifications_user_id_updated_at", "user_id", "updated_at", "id"),
        Index(
            "ix_notifications_new",
            "user_id",
            postgresql_where=text("shown and seen_at is null and read_at is null"),
        ),
        Index("ix_notifications_read_at", "read_at"),
        Index("ix_notifications_unread_updated_at", "updated_at", postgresql_where=UNREAD),
        CheckConstraint("count >= 0", name="count"),
    )


class NotificationActor(Model):
    """Who is counted in a line already."""

    __tablename__ = "notification_actors"

    notification_id: Mapped[UUID] = of_notification(primary_key=True)
    actor_id: Mapped[UUID] = of_person(primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class NotificationDelivery(Model):
    """What goes, went or did not go to somebody who was not looking."""

    __tablename__ = "notification_deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = of_person()
    notification_id: Mapped[UUID] = of_notification()
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    # Why it was not sent.
    reason: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime] = mapped_column(Timestamp)
    # It waits for the mail of the day or the week.
    gathered: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # The mail that it went with; no foreign key, because mails are forgotten first.
    mail_id: Mapped[UUID | None]

    __table_args__ = (
        # One waiting mail of a line, however much joins it.
        Index(
            "uq_notification_deliveries_waiting",
            "notification_id",
            "channel",
            unique=True,
            postgresql_where=WAITING,
        ),
        Index("ix_notification_deliveries_due", "due_at", postgresql_where=WAITING),
        Index("ix_notification_deliveries_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_notification_deliveries_notification_id", "notification_id"),
        CheckConstraint("channel in ('mail', 'push')", name="channel"),
        CheckConstraint("state in ('waiting', 'sent', 'skipped', 'failed')", name="state"),
    )
