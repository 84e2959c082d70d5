"""What is owed, what came in for it, and what went back."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)
LABEL_MAX, NOTE_MAX = 200, 500


class State(StrEnum):
    OPEN = "open"
    # A rail says that money is on its way.
    PROCESSING = "processing"
    # Something came in, less than the total.
    UNDERPAID = "underpaid"
    PAID = "paid"
    # Paid, and more came in than was asked for.
    OVERPAID = "overpaid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


# Money may still come in and settle it.
PAYABLE = frozenset({State.OPEN, State.PROCESSING, State.UNDERPAID})
# What was sold is its buyer's.
SETTLED = frozenset({State.PAID, State.OVERPAID, State.PART_REFUNDED})


class Invoice(Model):
    """Amounts are minor units of `currency`.

    What came in (`received`) is kept for what was sold (`kept`), went back or is on its way (`returned`; what
    a bank took in a dispute counts as that until the dispute is won), or waits for its payer to say what
    becomes of it (`leftover`).
    """

    __tablename__ = "invoices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Given when it is paid, in order.
    number: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    # People's rows stay, nameless, when they leave; so these need no cascade.
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    # Nobody: the house itself sells.
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.OPEN.value)
    currency: Mapped[str] = mapped_column(String(5))
    # All that is asked for, tax included, discounts taken off.
    total: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger, default=0)
    tax_bps: Mapped[int] = mapped_column(default=0)
    tax_country: Mapped[str | None] = mapped_column(String(2))
    tax_evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # What the house keeps of it, reckoned when it was made.
    fee: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_bps: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    kept: Mapped[int] = mapped_column(BigInteger, default=0)
    returned: Mapped[int] = mapped_column(BigInteger, default=0)
    # At most one that can still be paid for the same thing: "subscription:<id>:<period>".
    unique_key: Mapped[str | None]
    # Where its payer goes on from when it is paid.
    return_to: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(Timestamp)
    paid_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # From when its seller may be paid out, and when that came true.
    available_at: Mapped[datetime | None] = mapped_column(Timestamp)
    released_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # Made with it, and as many for good.
    lines: Mapped[list["InvoiceLine"]] = relationship(order_by="InvoiceLine.n")
    attempts: Mapped[list["Attempt"]] = relationship(back_populates="invoice")
    payments: Mapped[list["Payment"]] = relationship(back_populates="invoice")

    __table_args__ = (
        Index(
            "uq_invoices_unique_key",
            "unique_key",
            unique=True,
            postgresql_where=text("state in ('open', 'processing', 'underpaid')"),
        ),
        Index("ix_invoices_user_id", "user_id", "id"),
        Index("ix_invoices_seller_id", "seller_id", "paid_at", postgresql_where=text("paid_at is not null")),
        Index(
            "ix_invoices_expires_at",
            "expires_at",
            postgresql_where=text("state in ('open', 'processing', 'underpaid')"),
        ),
        Index(
            "ix_invoices_available_at",
            "available_at",
            postgresql_where=text("released_at is null and paid_at is not null"),
        ),
        CheckConstraint(
            "state in ('open', 'processing', 'underpaid', 'paid', 'overpaid', 'expired', 'cancelled',"
            " 'part_refunded', 'refunded', 'disputed')",
            name="state",
        ),
        CheckConstraint(
            "total >= 0 and tax between 0 and total and fee between 0 and total - tax", name="sums"
        ),
        CheckConstraint("kept between 0 and total and returned >= 0", name="kept"),
        CheckConstraint("received >= kept + returned", name="received"),
        CheckConstraint("(paid_at is null) = (number is null)", name="number"),
    )

    @property
    def leftover(self) -> int:
        """What came in and neither was kept nor went back."""
        return self.received - self.kept - self.returned

    @property
    def missing(self) -> int:
        return max(self.total - self.leftover, 0) if self.state in PAYABLE else 0


class InvoiceLine(Model):
    __tablename__ = "invoice_lines"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"), index=True)
    n: Mapped[int]
    # What it is (products.py); nothing for a discount.
    product: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    label: Mapped[str] = mapped_column(String(LABEL_MAX))
    quantity: Mapped[int] = mapped_column(default=1)
    amount: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    fulfilled_at: Mapped[datetime | None] = mapped_column(Timestamp)
    revoked_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("ix_invoice_lines_subject_id", "subject_id", postgresql_where=text("fulfilled_at is not null")),
        CheckConstraint("quantity > 0", name="quantity"),
    )


class Attempt(Model):
    """One try to pay an invoice by one rail. Written before its provider is asked, with its id."""

    __tablename__ = "payment_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    rail: Mapped[str]
    # made, waiting (the payer's turn, or the provider's), succeeded, failed, expired, cancelled
    state: Mapped[str] = mapped_column(default="made")
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(5))
    # In what the rail moves, at the rate that was promised for this attempt.
    rail_amount: Mapped[int] = mapped_column(BigInteger)
    rail_currency: Mapped[str] = mapped_column(String(5))
    rate: Mapped[str | None]
    rate_source: Mapped[str | None]
    # The provider's name for it, and ours that travels with the money.
    provider_id: Mapped[str | None]
    reference: Mapped[str | None] = mapped_column(unique=True)
    # A card on file is charged without its owner's presence.
    method_id: Mapped[UUID | None]
    off_session: Mapped[bool] = mapped_column(default=False)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    failure_code: Mapped[str | None]
    failure: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(Timestamp)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    invoice: Mapped[Invoice] = relationship(back_populates="attempts")

    __table_args__ = (
        Index("uq_payment_attempts_provider_id", "rail", "provider_id", unique=True),
        Index("ix_payment_attempts_living", "rail", "created_at", postgresql_where=text("ended_at is null")),
        CheckConstraint(
            "state in ('made', 'waiting', 'succeeded', 'failed', 'expired', 'cancelled')", name="state"
        ),
        CheckConstraint(
            "(ended_at is not null) = (state in ('succeeded', 'failed', 'expired', 'cancelled'))",
            name="ended",
        ),
        CheckConstraint("amount > 0 and rail_amount > 0", name="amount"),
    )


class Payment(Model):
    """Money that came in: a charge, a transfer on the chain, credit that was used. Each once, for good."""

    __tablename__ = "payments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # None: nobody knows yet what it is for.
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    attempt_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_attempts.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    rail: Mapped[str]
    # "ch_...", "<signature>:<instruction>", the attempt's id where the rail is our own.
    external_id: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(5))
    rail_amount: Mapped[int] = mapped_column(BigInteger)
    rail_currency: Mapped[str] = mapped_column(String(5))
    # What of it went back by the same way, or is on its way there.
    returned: Mapped[int] = mapped_column(BigInteger, default=0)
    # From whom, where the rail knows: the wallet that paid, the card's last digits and country.
    origin: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    received_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    invoice: Mapped[Invoice | None] = relationship(back_populates="payments")
    attempt: Mapped[Attempt | None] = relationship()

    __table_args__ = (
        Index("uq_payments_external_id", "rail", "external_id", unique=True),
        CheckConstraint("amount > 0 and rail_amount > 0 and returned between 0 and amount", name="amount"),
    )


# How a refund ended that its payer has from their bank.
BY_BANK = "by the payer's bank"


class Refund(Model):
    """Money on its way back. Written before the rail is asked, which is asked with its id."""

    __tablename__ = "refunds"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"), index=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    rail: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(5))
    rail_amount: Mapped[int] = mapped_column(BigInteger)
    rail_currency: Mapped[str] = mapped_column(String(5))
    # due, sent, succeeded, failed
    state: Mapped[str] = mapped_column(default="due")
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(String(NOTE_MAX), default="")
    asked_by: Mapped[UUID | None]
    provider_id: Mapped[str | None]
    failure: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("uq_refunds_provider_id", "rail", "provider_id", unique=True),
        Index("ix_refunds_living", "created_at", postgresql_where=text("ended_at is null")),
        CheckConstraint("state in ('due', 'sent', 'succeeded', 'failed')", name="state"),
        CheckConstraint("(ended_at is not null) = (state in ('succeeded', 'failed'))", name="ended"),
        CheckConstraint("amount > 0 and rail_amount > 0", name="amount"),
    )

    @property
    def by_bank(self) -> bool:
        """Then it is among what the bank took in the dispute."""
        return self.failure == BY_BANK


class Dispute(Model):
    """A payer's bank took a payment back, for now or for good."""

    __tablename__ = "disputes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"), index=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    rail: Mapped[str]
    provider_id: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(5))
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    # What of it had been kept for what was sold, and what waited for its payer; the rest was gone already,
    # but for what its payer had of it as credit.
    from_kept: Mapped[int] = mapped_column(BigInteger, default=0)
    from_leftover: Mapped[int] = mapped_column(BigInteger, default=0)
    from_credit: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    # What of the seller's share waits for the outcome.
    held: Mapped[int] = mapped_column(BigInteger, default=0)
    answer_by: Mapped[datetime | None] = mapped_column(Timestamp)
    answered_at: Mapped[datetime | None] = mapped_column(Timestamp)
    opened_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("uq_disputes_provider_id", "rail", "provider_id", unique=True),
        CheckConstraint("state in ('open', 'won', 'lost')", name="state"),
        CheckConstraint("(closed_at is null) = (state = 'open')", name="closed"),
        CheckConstraint(
            "held >= 0 and from_kept >= held and from_leftover >= 0 and amount > 0"
            " and amount >= from_kept + from_leftover",
            name="amount",
        ),
        CheckConstraint("from_credit between 0 and amount - from_kept - from_leftover", name="credit"),
    )


class FeeRule(Model):
    """What the house keeps, where it differs from the usual: of one creator's sales, of one kind, or both."""

    __tablename__ = "fee_rules"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str | None]
    bps: Mapped[int]
    since: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index("uq_fee_rules", "seller_id", "kind", "since", unique=True, postgresql_nulls_not_distinct=True),
        CheckConstraint("bps between 0 and 10000", name="bps"),
    )


class SpendingLimit(Model):
    """What somebody wants to spend at most in a calendar month (UTC), in each currency."""

    __tablename__ = "spending_limits"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    # Raised or lifted by a moment's wish only after a night's sleep.
    next_amount: Mapped[int | None] = mapped_column(BigInteger)
    next_from: Mapped[datetime | None] = mapped_column(Timestamp)
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (CheckConstraint("amount >= 0 and next_amount >= 0", name="amount"),)


class BillingDetails(Model):
    """Where somebody lives, for tax, and what stands on their receipts."""

    __tablename__ = "billing_details"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    country: Mapped[str | None] = mapped_column(String(2))
    sealed_name: Mapped[str | None]
    sealed_address: Mapped[str | None]
    # What speaks for the country: card, address of the network, what they said.
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
