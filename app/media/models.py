"""What people upload, from the first byte to what is shown of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)

NAME_MAX, ALT_MAX = 255, 500


class Media(Model):
    """A picture, a video or a piece of audio.

    The original is kept apart and never served. `renditions` says what was made of it: by name
    ("w320", "teaser", "poster", "hls"), each with its key in storage, type, size and dimensions.
    """

    __tablename__ = "media"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    # A word for what went wrong; the pages know the sentence for it.
    trouble: Mapped[str | None]
    name: Mapped[str] = mapped_column(String(NAME_MAX), default="")
    alt: Mapped[str] = mapped_column(String(ALT_MAX), default="")
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    # What the place where it is stored needs to go on with an upload (number of parts, their tags).
    upload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    content_type: Mapped[str] = mapped_column(default="")
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration_ms: Mapped[int | None]
    # "#a1b2c3": what is seen before it has loaded.
    color: Mapped[str] = mapped_column(String(7), default="")
    # How far along processing is, in percent.
    progress: Mapped[int] = mapped_column(default=0)
    renditions: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # Public: at permanent addresses that anybody may keep. Else each request is checked.
    public: Mapped[bool] = mapped_column(default=False)
    # The unguessable part of its keys in storage; a new one whenever it is withdrawn from the public.
    secret: Mapped[str]
    moderation: Mapped[str] = mapped_column(default="unseen")
    # Used by something. What nothing uses for a day is swept.
    attached: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now, onupdate=now)

    __table_args__ = (
        Index("ix_media_user_id", "user_id", "created_at", "id"),
        Index("ix_media_digest", "user_id", "digest"),
        Index("ix_media_loose", "changed_at", postgresql_where=text("not attached")),
        CheckConstraint("purpose in ('post', 'avatar', 'cover', 'message')", name="purpose"),
        CheckConstraint("kind in ('image', 'video', 'audio')", name="kind"),
        CheckConstraint(
            "state in ('waiting', 'receiving', 'received', 'processing', 'ready', 'failed', 'removed')",
            name="state",
        ),
        CheckConstraint("moderation in ('unseen', 'clean', 'flagged', 'removed')", name="moderation"),
        CheckConstraint("size > 0 and received between 0 and size", name="received"),
        CheckConstraint("progress between 0 and 100", name="progress"),
    )
