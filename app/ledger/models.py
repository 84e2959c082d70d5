"""The books. Only the functions in the database write here; see migrations/versions/0003_ledger.py."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)

# Owns what is the platform's.
NOBODY = UUID(int=0)


class LedgerAccount(Model):
    """Numbered by the database: locks are taken in the order of accounts, and legs stay small."""

    __tablename__ = "ledger_accounts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    # No foreign key: the books outlive the person.
    owner_id: Mapped[UUID]
    kind: Mapped[str]
    currency: Mapped[str] = mapped_column(String(8))
    shard: Mapped[int] = mapped_column(SmallInteger)
    sign: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        UniqueConstraint("id", "currency", name="uq_ledger_accounts_currency"),
        UniqueConstraint("owner_id", "kind", "currency", "shard", name="uq_ledger_accounts_owner"),
        CheckConstraint("sign in (-1, 1)", name="sign"),
    )


class LedgerEntry(Model):
    __tablename__ = "ledger_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cause: Mapped[str]
    kind: Mapped[str]
    # How many legs it has: a complete entry has no place for another one.
    size: Mapped[int] = mapped_column(SmallInteger)
    occurred_at: Mapped[datetime] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    actor_id: Mapped[UUID | None]
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_entries.id"))
    note: Mapped[str]
    # What it is about, by kind: {"invoice": "...", "event": "...", "payout": "..."}.
    refs: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        UniqueConstraint("cause", name="uq_ledger_entries_cause"),
        UniqueConstraint("id", "size", name="uq_ledger_entries_size"),
        Index(
            "ix_ledger_entries_refs",
            "refs",
            postgresql_using="gin",
            postgresql_ops={"refs": "jsonb_path_ops"},
        ),
        Index("ix_ledger_entries_reverses", "reverses", postgresql_where=text("reverses is not null")),
        CheckConstraint("size > 0", name="size"),
    )


class LedgerLeg(Model):
    """`place` counts the legs of an account, `balance` is what stood there after this one."""

    __tablename__ = "ledger_legs"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    size: Mapped[int] = mapped_column(SmallInteger)
    account_id: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(8))
    amount: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("account_id", "place", name="uq_ledger_legs_place"),
        ForeignKeyConstraint(
            ["entry_id", "size"], ["ledger_entries.id", "ledger_entries.size"], name="fk_ledger_legs_entry"
        ),
        ForeignKeyConstraint(
            ["account_id", "currency"],
            ["ledger_accounts.id", "ledger_accounts.currency"],
            name="fk_ledger_legs_account",
        ),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("n between 1 and size", name="n"),
    )


class LedgerBalance(Model):
    """What the legs of an account add up to, and how much of it is set aside."""

    __tablename__ = "ledger_balances"

    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), primary_key=True)
    posted: Mapped[int] = mapped_column(BigInteger, server_default="0")
    held: Mapped[int] = mapped_column(BigInteger, server_default="0")
    entries: Mapped[int] = mapped_column(BigInteger, server_default="0")
    updated_at: Mapped[datetime] = mapped_column(Timestamp)

    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        {"postgresql_with": {"fillfactor": 50}},
    )


class LedgerHold(Model):
    """Money set aside: still on the account, no longer free."""

    __tablename__ = "ledger_holds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_balances.account_id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str]
    state: Mapped[str]
    expires_at: Mapped[datetime | None] = mapped_column(Timestamp)
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_entries.id"))
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    settled_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        UniqueConstraint("cause", name="uq_ledger_holds_cause"),
        Index("ix_ledger_holds_pending", "account_id", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_ledger_holds_expiring",
            "expires_at",
            postgresql_where=text("state = 'pending' and expires_at is not null"),
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("state in ('pending', 'posted', 'voided')", name="state"),
        CheckConstraint("(state = 'posted') = (entry_id is not null)", name="entry"),
    )


class LedgerCheck(Model):
    """That the books were read and what was wrong with them."""

    __tablename__ = "ledger_checks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    # All of the books, or what came lately.
    whole: Mapped[bool]
    entries: Mapped[int] = mapped_column(BigInteger)
    found: Mapped[list[str]] = mapped_column(JSONB)
