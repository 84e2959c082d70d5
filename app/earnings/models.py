"""How creators are paid out, and what was corrected by hand."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
REASON_MAX = 500


class PayoutAccount(Model):
    """Where a creator's money goes by a rail: a connected account, a wallet."""

    __tablename__ = "payout_accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    rail: Mapped[str]
    # "acct_...", or the wallet's address; none before the provider was asked.
    provider_id: Mapped[str | None]
    # new, incomplete, ready, refused
    state: Mapped[str] = mapped_column(default="new")
    # What the provider still wants, in its words and ours.
    wants: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    country: Mapped[str | None] = mapped_column(String(2))
    preferred: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index(
            "uq_payout_accounts_living",
            "creator_id",
            "rail",
            unique=True,
            postgresql_where=text("removed_at is null"),
        ),
        Index("uq_payout_accounts_provider_id", "rail", "provider_id", "creator_id", unique=True),
        CheckConstraint("state in ('new', 'incomplete', 'ready', 'refused')", name="state"),
    )


class PayoutPlan(Model):
    """When a creator wants to be paid out by itself."""

    __tablename__ = "payout_plans"

    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    rhythm: Mapped[str] = mapped_column(default="by_hand")
    minimum: Mapped[int] = mapped_column(BigInteger, default=2_000)
    next_at: Mapped[datetime | None] = mapped_column(Timestamp)
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        CheckConstraint("rhythm in ('by_hand', 'weekly', 'monthly')", name="rhythm"),
        CheckConstraint("minimum > 0", name="minimum"),
        Index("ix_payout_plans_next_at", "next_at", postgresql_where=text("next_at is not null")),
    )


class Payout(Model):
    """Money on its way to a creator. Written before the rail is asked, which is asked with its id."""

    __tablename__ = "payouts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("payout_accounts.id"))
    rail: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(5))
    rail_amount: Mapped[int] = mapped_column(BigInteger)
    rail_currency: Mapped[str] = mapped_column(String(5))
    rate: Mapped[str | None]
    rate_source: Mapped[str | None]
    # due, sent (the rail has it), paid, failed
    state: Mapped[str] = mapped_column(default="due")
    provider_id: Mapped[str | None]
    # What makes sending it a second time the same: a signed transaction, a key.
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    failure_code: Mapped[str | None]
    failure: Mapped[str | None]
    asked_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        # One at a time for a creator and currency.
        Index(
            "uq_payouts_living",
            "creator_id",
            "currency",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_payouts_creator_id", "creator_id", "id"),
        Index("uq_payouts_provider_id", "rail", "provider_id", unique=True),
        CheckConstraint("state in ('due', 'sent', 'paid', 'failed')", name="state"),
        CheckConstraint("(ended_at is not null) = (state in ('paid', 'failed'))", name="ended"),
        CheckConstraint("amount > 0 and rail_amount > 0", name="amount"),
    )


class Adjustment(Model):
    """A correction by hand: one admin proposes it, another one agrees."""

    __tablename__ = "adjustments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Whose balance, which one, and by how much it grows.
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    account: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(5))
    reason: Mapped[str] = mapped_column(String(REASON_MAX))
    state: Mapped[str] = mapped_column(default="proposed")
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("ix_adjustments_open", "proposed_at", postgresql_where=text("state = 'proposed'")),
        CheckConstraint("account in ('creator_available', 'fan_credit')", name="account"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("state in ('proposed', 'agreed', 'refused')", name="state"),
        CheckConstraint("decided_by is null or decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(state = 'proposed') = (decided_by is null)", name="decided"),
    )


class TaxProfile(Model):
    """What the yearly report of a creator's earnings asks for, by country."""

    __tablename__ = "tax_profiles"

    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    country: Mapped[str] = mapped_column(String(2))
    sealed_fields: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
