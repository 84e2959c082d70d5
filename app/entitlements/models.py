"""What opens things to somebody, and what closes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)


class Grant(Model):
    """Opens a creator's things up to a rank, or a single item, for a time or for good."""

    __tablename__ = "grants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # A creator's id or an item's. No foreign key: the items belong to higher features.
    scope_id: Mapped[UUID]
    kind: Mapped[str]
    rank: Mapped[int] = mapped_column(default=0)
    # What it is called where it is explained: "Gold".
    label: Mapped[str] = mapped_column(default="")
    # What it comes from, once: "follow:<creator>", "invoice-line:<id>".
    cause: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    ends_at: Mapped[datetime | None] = mapped_column(Timestamp)
    revoked_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index(
            "ix_grants_living",
            "user_id",
            "scope_id",
            postgresql_include=["kind", "rank", "label", "starts_at", "ends_at"],
            postgresql_where=text("revoked_at is null"),
        ),
        Index("ix_grants_scope_id", "scope_id", postgresql_where=text("revoked_at is null")),
        Index(
            "uq_grants_cause", "user_id", "cause", unique=True, postgresql_where=text("revoked_at is null")
        ),
        CheckConstraint("kind in ('follow', 'subscription', 'purchase', 'gift', 'staff')", name="kind"),
        CheckConstraint("ends_at is null or ends_at > starts_at", name="ends_at"),
    )


class Denial(Model):
    """Closes a creator's things or a single item, to one person or to all, whatever else opens it."""

    __tablename__ = "denials"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Nobody in particular: to all.
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope_id: Mapped[UUID]
    kind: Mapped[str]
    cause: Mapped[str]
    since: Mapped[datetime] = mapped_column(Timestamp, default=now)
    lifted_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index(
            "uq_denials_cause",
            "scope_id",
            "cause",
            "user_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("lifted_at is null"),
        ),
        Index("ix_denials_user_id", "user_id"),
        CheckConstraint("kind in ('block', 'takedown', 'suspension', 'age')", name="kind"),
    )
