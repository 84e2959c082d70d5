"""Tips: what somebody gave, for what, with which words."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.invoices.models import Invoice
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
NOTE_MAX = 300


class Tip(Model):
    __tablename__ = "tips"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    # What it was given on: "creator", "post", "message", "talk".
    on_kind: Mapped[str]
    on_id: Mapped[UUID]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(5))
    note: Mapped[str] = mapped_column(String(NOTE_MAX), default="")
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"), unique=True)
    invoice: Mapped[Invoice | None] = relationship()
    # Nobody's before it is paid; taken back when it is refunded.
    paid_at: Mapped[datetime | None] = mapped_column(Timestamp)
    returned_at: Mapped[datetime | None] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index("ix_tips_creator_id", "creator_id", "paid_at"),
        Index("ix_tips_user_id", "user_id"),
        CheckConstraint("amount > 0", name="amount"),
    )
