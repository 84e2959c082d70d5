"""What providers know of our people, and what they say moved."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
# The rail of the card processor.
CARD = "card"


class ProviderCustomer(Model):
    """What a provider calls one of our people."""

    __tablename__ = "provider_customers"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    rail: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (Index("uq_provider_customers_provider_id", "rail", "provider_id", unique=True),)


class PaymentMethod(Model):
    """A card on file. The provider has the card; we have what its owner knows it by."""

    __tablename__ = "payment_methods"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    rail: Mapped[str]
    provider_id: Mapped[str]
    brand: Mapped[str]
    last4: Mapped[str] = mapped_column(String(4))
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    country: Mapped[str | None] = mapped_column(String(2))
    # The same for the same card, however often it is kept.
    fingerprint: Mapped[str | None]
    preferred: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    # The end of which its owner has been told.
    end_told: Mapped[date | None]
    removed_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("uq_payment_methods_provider_id", "rail", "provider_id", unique=True),
        Index(
            "uq_payment_methods_preferred",
            "user_id",
            unique=True,
            postgresql_where=text("preferred and removed_at is null"),
        ),
        Index("ix_payment_methods_user_id", "user_id"),
    )


class RailSwitch(Model):
    """A rail that is off: for the whole house, or for what one creator sells."""

    __tablename__ = "rail_switches"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    rail: Mapped[str]
    since: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index("uq_rail_switches", "seller_id", "rail", unique=True, postgresql_nulls_not_distinct=True),
    )


class Rate(Model):
    """What one whole coin was worth, in whole units of a currency, when and according to whom."""

    __tablename__ = "rates"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    coin: Mapped[str] = mapped_column(String(5))
    currency: Mapped[str] = mapped_column(String(5))
    # As the source wrote it; never a float.
    price: Mapped[str]
    source: Mapped[str]
    at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (Index("ix_rates_latest", "coin", "currency", "at"),)


class ProviderEntry(Model):
    """A movement as the provider tells it: a balance transaction, a transfer. Held against the ledger."""

    __tablename__ = "provider_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    rail: Mapped[str]
    external_id: Mapped[str]
    kind: Mapped[str]
    # What it moves, what the provider takes of it.
    amount: Mapped[int] = mapped_column(BigInteger)
    fee: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str] = mapped_column(String(5))
    # The charge, refund, transfer or wallet it is about.
    source_id: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(Timestamp)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # The ledger's entry it was found to agree with.
    entry_id: Mapped[UUID | None]
    checked_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("uq_provider_entries_external_id", "rail", "external_id", unique=True),
        Index("ix_provider_entries_source_id", "rail", "source_id"),
        Index("ix_provider_entries_unchecked", "at", postgresql_where=text("checked_at is null")),
    )


class Case(Model):
    """Something about money that somebody has to look at."""

    __tablename__ = "payment_cases"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    rail: Mapped[str]
    kind: Mapped[str]
    external_id: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    state: Mapped[str] = mapped_column(default="open")
    opened_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(Timestamp)
    closed_by: Mapped[UUID | None]
    note: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (
        Index("uq_payment_cases", "rail", "kind", "external_id", unique=True),
        Index("ix_payment_cases_open", "opened_at", postgresql_where=text("state = 'open'")),
        CheckConstraint("state in ('open', 'closed')", name="state"),
    )


class ChainCursor(Model):
    """Up to where an address of the chain was read."""

    __tablename__ = "chain_cursors"

    address: Mapped[str] = mapped_column(primary_key=True)
    last_signature: Mapped[str | None]
    # All below is dealt with, whatever a node lists that has not heard of the last one.
    from_slot: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class ChainSend(Model):
    """Coins on their way out of our wallet. What is signed stands here before it is sent."""

    __tablename__ = "chain_sends"

    # The refund's, the payout's, or that of the case about what goes back.
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # refund, payout, cold, return
    kind: Mapped[str]
    coin: Mapped[str] = mapped_column(String(5))
    amount: Mapped[int] = mapped_column(BigInteger)
    target: Mapped[str]
    # due (to be signed), sent, succeeded, failed
    state: Mapped[str] = mapped_column(default="due")
    signature: Mapped[str | None] = mapped_column(unique=True)
    raw: Mapped[str | None]
    # Above this block it cannot land any more.
    last_height: Mapped[int | None] = mapped_column(BigInteger)
    # Signatures that never landed, or failed.
    given_up: Mapped[list[str]] = mapped_column(JSONB, default=list)
    failure: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("ix_chain_sends_living", "created_at", postgresql_where=text("ended_at is null")),
        CheckConstraint("state in ('due', 'sent', 'succeeded', 'failed')", name="state"),
        CheckConstraint("(ended_at is not null) = (state in ('succeeded', 'failed'))", name="ended"),
        CheckConstraint("(state = 'due') = (signature is null) or state = 'failed'", name="signed"),
        CheckConstraint("amount > 0", name="amount"),
    )
