"""What people report, so that somebody looks at it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)

NOTE_MAX = 1_000
# What the words of a copy are sealed for.
COPY = "report"


class Report(Model):
    __tablename__ = "reports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Whoever leaves takes their name off it; what they saw stays reported.
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    # Who made what is reported.
    against_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(String(NOTE_MAX), default="")
    # The words as they were when it was reported: whoever wrote them may change them before somebody decides.
    sealed_copy: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="waiting")
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index(
            "uq_reports_once",
            "user_id",
            "subject_kind",
            "subject_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_reports_waiting", "created_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_reports_subject", "subject_kind", "subject_id"),
        CheckConstraint("state in ('waiting', 'upheld', 'dismissed')", name="state"),
        CheckConstraint(
            "reason in ('spam', 'abuse', 'minor', 'illegal', 'copyright', 'other')", name="reason"
        ),
    )
