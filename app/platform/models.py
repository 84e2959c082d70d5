"""Tables of the platform. What they are for is told in the module of the same name."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)


class AuditRecord(Model):
    """One thing that somebody did. Append-only: a trigger refuses everything but erasing `personal`."""

    __tablename__ = "audit_log"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    action: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # Personal parts enter the chain as a salted digest, so that they can be erased.
    personal: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    personal_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    correlation_id: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index("ix_audit_log_subject", "subject_kind", "subject_id"),
        Index(
            "ix_audit_log_strangers",
            "at",
            postgresql_where=text("subject_id = 'unknown' and personal is not null"),
        ),
    )


class AuditSeal(Model):
    """A record's place in the chain."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    # No foreign key: a deleted record must leave its seal behind, that is how it is noticed.
    audit_id: Mapped[UUID] = mapped_column(unique=True)
    chain: Mapped[bytes] = mapped_column(LargeBinary)


class AuditUnsealed(Model):
    """Records that wait for their place in the chain, as a trigger notes them."""

    __tablename__ = "audit_unsealed"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    audit_id: Mapped[UUID] = mapped_column(unique=True)


class AuditHead(Model):
    """The chain's end at the close of a day, signed, so that a cut tail is noticed."""

    __tablename__ = "audit_heads"

    day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    chain: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class IdempotencyKey(Model):
    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    endpoint: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    location: Mapped[str | None]
    body: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now, index=True)


class RateCounter(Model):
    """The limits of sign-in and money while Redis is away."""

    __tablename__ = "rate_counters"

    key: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(Timestamp, index=True)


class WorkItem(Model):
    """Work that matters: a due time, a lease, its attempts. RQ only wakes it."""

    __tablename__ = "work_items"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    queue: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    unique_key: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="due")
    due_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    lease_id: Mapped[UUID | None] = mapped_column(PgUUID)
    leased_until: Mapped[datetime | None] = mapped_column(Timestamp)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=10)
    last_error: Mapped[str | None]
    correlation_id: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        CheckConstraint("state in ('due', 'running', 'done', 'failed')", name="state"),
        # Waiting or running, the same work exists once; done, it may be asked for again.
        Index(
            "uq_work_items_unique_key_open",
            "unique_key",
            unique=True,
            postgresql_where=text("state in ('due', 'running')"),
        ),
        Index("ix_work_items_open", "queue", "due_at", postgresql_where=text("state in ('due', 'running')")),
        Index("ix_work_items_finished_at", "finished_at"),
        Index("ix_work_items_failed", "finished_at", postgresql_where=text("state = 'failed'")),
    )


class OutboxEvent(Model):
    """Something that happened, to be told to whoever subscribed. Claimed by state, never by last id."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    correlation_id: Mapped[str] = mapped_column(default="")
    delivered_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("ix_outbox_waiting", "at", postgresql_where=text("delivered_at is null")),
        Index("ix_outbox_delivered_at", "delivered_at"),
    )


class InboxEvent(Model):
    """A provider's event, stored and deduplicated before it is handled."""

    __tablename__ = "inbox"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source: Mapped[str]
    external_id: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(Timestamp, default=now, index=True)
    handled_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_inbox_waiting", "source", "received_at", postgresql_where=text("handled_at is null")),
    )


class Mail(Model):
    """The delivery log. What a mail says is sealed, and cleared once it is sent."""

    __tablename__ = "mails"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    recipient: Mapped[str]
    template: Mapped[str]
    sealed_context: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (CheckConstraint("state in ('waiting', 'sent', 'failed')", name="state"),)


class MailSuppression(Model):
    """An address that mail does not reach, or whose owner called it spam (mail/suppressions.py)."""

    __tablename__ = "mail_suppressions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(index=True)
    address_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    sealed_address: Mapped[str]
    # There is no such mailbox.
    bounced_at: Mapped[datetime | None] = mapped_column(Timestamp)
    complained_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # It came back too often for passing reasons.
    paused_until: Mapped[datetime | None] = mapped_column(Timestamp)
    soft_bounces: Mapped[list[datetime]] = mapped_column(ARRAY(Timestamp), default=list)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class Flag(Model):
    """A feature switch: for everyone, for named people, or for a share of them."""

    __tablename__ = "flags"

    name: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    share: Mapped[int] = mapped_column(default=100)
    user_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PgUUID), default=list)
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now, onupdate=now)

    __table_args__ = (CheckConstraint("share between 0 and 100", name="share"),)


class AccessEnded(Model):
    """Access of some kind ended. Realtime reads this beside the published notice (DESIGN: Sessions)."""

    __tablename__ = "access_ended"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # The database's own clock, because readers ask it for the latest: a moved clock hides no row.
    at: Mapped[datetime] = mapped_column(Timestamp, server_default=text("clock_timestamp()"), index=True)
    kind: Mapped[str]
    user_id: Mapped[UUID]
    subject_id: Mapped[UUID]


class RecoveryRun(Model):
    """What recovery did (platform/recovery.py). `wal` and `media` are one row each, which moves on."""

    __tablename__ = "recovery_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    good: Mapped[bool]
    # By the machine's clock, like all that backups go by.
    began_at: Mapped[datetime] = mapped_column(Timestamp)
    ended_at: Mapped[datetime] = mapped_column(Timestamp)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    trouble: Mapped[str] = mapped_column(default="")
    # Whether the audit log has it.
    on_record: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("kind in ('wal', 'media', 'base', 'drill', 'restore')", name="kind"),
        Index(
            "uq_recovery_runs_moved", "kind", unique=True, postgresql_where=text("kind in ('wal', 'media')")
        ),
        Index("ix_recovery_runs_kind", "kind", "ended_at"),
        Index("ix_recovery_runs_waiting", "ended_at", postgresql_where=text("not on_record")),
    )
