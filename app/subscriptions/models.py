"""Who subscribed to what, until when, and what makes it cheaper."""

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
CODE_MAX, NOTE_MAX = 30, 300

# It opens what its tier opens.
LIVING = ("trialing", "active", "past_due")


class Subscription(Model):
    """One a person and creator, from joining to its end. Whoever comes back gets a new one."""

    __tablename__ = "subscriptions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    tier_id: Mapped[UUID | None] = mapped_column(ForeignKey("tiers.id", ondelete="SET NULL"))
    # pending: its first invoice is not paid. past_due: not paid in time, open through the grace.
    state: Mapped[str] = mapped_column(default="pending")
    months: Mapped[int] = mapped_column(default=1)
    # What a period costs; whoever joined at a price keeps it until they change.
    price: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(5))
    # The day of the month that periods begin on, also where a month is too short for it.
    anchor: Mapped[datetime] = mapped_column(Timestamp)
    period: Mapped[int] = mapped_column(default=0)
    period_start: Mapped[datetime] = mapped_column(Timestamp)
    period_end: Mapped[datetime] = mapped_column(Timestamp)
    # The card that it renews by; none: the preferred one of who paid by card, unless they pay by hand.
    method_id: Mapped[UUID | None]
    by_hand: Mapped[bool] = mapped_column(default=False, server_default="false")
    renews: Mapped[bool] = mapped_column(default=True)
    cancel_reason: Mapped[str | None] = mapped_column(String(NOTE_MAX))
    # Another tier from the next period on.
    next_tier_id: Mapped[UUID | None]
    next_months: Mapped[int | None]
    next_price: Mapped[int | None] = mapped_column(BigInteger)
    paused_until: Mapped[datetime | None] = mapped_column(Timestamp)
    # Dunning: how often it was tried, when next, and until when it stays open.
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(Timestamp)
    grace_until: Mapped[datetime | None] = mapped_column(Timestamp)
    reminded_at: Mapped[datetime | None] = mapped_column(Timestamp)
    promo_id: Mapped[UUID | None]
    promo_months_left: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    started_at: Mapped[datetime | None] = mapped_column(Timestamp)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index(
            "uq_subscriptions_living",
            "user_id",
            "creator_id",
            unique=True,
            postgresql_where=text("state not in ('ended', 'pending')"),
        ),
        Index("ix_subscriptions_creator_id", "creator_id", "state", "id"),
        Index("ix_subscriptions_tier_id", "tier_id", postgresql_where=text("state <> 'ended'")),
        Index(
            "ix_subscriptions_due", "period_end", postgresql_where=text("state not in ('ended', 'pending')")
        ),
        Index(
            "ix_subscriptions_next_try_at", "next_try_at", postgresql_where=text("next_try_at is not null")
        ),
        CheckConstraint(
            "state in ('pending', 'trialing', 'active', 'past_due', 'paused', 'ended')", name="state"
        ),
        CheckConstraint("months in (1, 3, 6, 12)", name="months"),
        CheckConstraint("price >= 0 and tries >= 0 and period >= 0", name="numbers"),
        CheckConstraint("period_end > period_start", name="period_end"),
        CheckConstraint("(ended_at is not null) = (state = 'ended')", name="ended"),
    )


class SubscriptionEvent(Model):
    """What happened to a subscription, for both sides to read."""

    __tablename__ = "subscription_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    what: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class PromoCode(Model):
    __tablename__ = "promo_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(CODE_MAX))
    tier_id: Mapped[UUID | None] = mapped_column(ForeignKey("tiers.id", ondelete="CASCADE"))
    percent: Mapped[int]
    # For how many months from joining on; none: for good.
    for_months: Mapped[int | None]
    at_most: Mapped[int | None]
    used: Mapped[int] = mapped_column(default=0)
    only_new: Mapped[bool] = mapped_column(default=True)
    ends_at: Mapped[datetime | None] = mapped_column(Timestamp)
    closed_at: Mapped[datetime | None] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index(
            "uq_promo_codes_code",
            "creator_id",
            text("upper(code)"),
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        CheckConstraint("percent between 1 and 100", name="percent"),
        CheckConstraint("used >= 0 and (at_most is null or used <= at_most)", name="used"),
    )


class PromoUse(Model):
    """Taken when an invoice with it is made, given back when that is not paid."""

    __tablename__ = "promo_uses"

    promo_id: Mapped[UUID] = mapped_column(ForeignKey("promo_codes.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    settled: Mapped[bool] = mapped_column(default=False)


class Bundle(Model):
    """Several months at once, for less."""

    __tablename__ = "bundles"

    tier_id: Mapped[UUID] = mapped_column(ForeignKey("tiers.id", ondelete="CASCADE"), primary_key=True)
    months: Mapped[int] = mapped_column(primary_key=True)
    percent: Mapped[int]

    __table_args__ = (
        CheckConstraint("months in (3, 6, 12)", name="months"),
        CheckConstraint("percent between 0 and 90", name="percent"),
    )


class Gift(Model):
    """A subscription bought for somebody: redeemed by its code, or given to a person of the house."""

    __tablename__ = "gifts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    tier_id: Mapped[UUID | None] = mapped_column(ForeignKey("tiers.id", ondelete="SET NULL"))
    months: Mapped[int]
    # pending until it is paid
    state: Mapped[str] = mapped_column(default="pending")
    # The code is shown to its buyer whenever they want; looked up by its digest.
    code_digest: Mapped[bytes] = mapped_column(unique=True)
    sealed_code: Mapped[str]
    sealed_recipient: Mapped[str | None]
    note: Mapped[str] = mapped_column(String(NOTE_MAX), default="")
    redeemed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    redeemed_at: Mapped[datetime | None] = mapped_column(Timestamp)
    ends_at: Mapped[datetime | None] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index("ix_gifts_buyer_id", "buyer_id"),
        Index("ix_gifts_creator_id", "creator_id"),
        CheckConstraint("state in ('pending', 'ready', 'redeemed', 'taken_back')", name="state"),
        CheckConstraint("months in (1, 3, 6, 12)", name="months"),
    )
