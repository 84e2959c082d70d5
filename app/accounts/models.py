"""People, how they come in, and where they are signed in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)

HANDLE_MIN, HANDLE_MAX = 3, 30
NAME_MAX, BIO_MAX = 50, 500
AVATAR_HUES = 12


def owner(**options: Any) -> Any:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


class User(Model):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Somebody who came in with a wallet may have no e-mail and no password.
    email: Mapped[str | None]
    email_verified_at: Mapped[datetime | None] = mapped_column(Timestamp)
    handle: Mapped[str] = mapped_column(String(HANDLE_MAX))
    handle_changed_at: Mapped[datetime | None] = mapped_column(Timestamp)
    display_name: Mapped[str] = mapped_column(String(NAME_MAX))
    bio: Mapped[str] = mapped_column(String(BIO_MAX), default="")
    password_hash: Mapped[str | None]
    password_changed_at: Mapped[datetime | None] = mapped_column(Timestamp)
    sealed_birth_date: Mapped[str | None]
    roles: Mapped[list[str]] = mapped_column(ARRAY(String), default=lambda: ["fan"])
    state: Mapped[str] = mapped_column(default="active")
    deletion_due_at: Mapped[datetime | None] = mapped_column(Timestamp)
    avatar_hue: Mapped[int] = mapped_column(default=0)
    # What they read (kit/languages.py), the main one first; None: nobody knows.
    languages: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    # Their browser said so when they joined, and they never chose.
    languages_guessed: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
        Index("uq_users_handle_lower", text("lower(handle)"), unique=True),
        # For the search of admins: by how it begins, in any collation.
        Index("ix_users_email_begins", text("lower(email) text_pattern_ops")),
        Index("ix_users_handle_begins", text("lower(handle) text_pattern_ops")),
        # The few who are more than fans, of the many who are.
        Index("ix_users_with_roles", "id", postgresql_where=text("roles <> array['fan']::varchar[]")),
        Index(
            "ix_users_deletion_due_at",
            "deletion_due_at",
            postgresql_where=text("deletion_due_at is not null"),
        ),
        CheckConstraint("roles <@ array['fan','creator','moderator','admin']::varchar[]", name="roles"),
        CheckConstraint("state in ('active', 'suspended', 'deleted')", name="state"),
        CheckConstraint("cardinality(languages) between 1 and 5", name="languages"),
        CheckConstraint(f"handle ~ '^[A-Za-z0-9_]{{{HANDLE_MIN},{HANDLE_MAX}}}$'", name="handle"),
    )


class FormerHandle(Model):
    """Links to an old handle lead to the new one; nobody else may take it."""

    __tablename__ = "former_handles"

    handle: Mapped[str] = mapped_column(primary_key=True)  # in lower case
    user_id: Mapped[UUID] = owner(index=True)
    given_up_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class RetiredHandle(Model):
    """A handle that nobody may take for a while.

    Its person left, and nobody shall be mistaken for them; or somebody chose it who joined with a known
    address, and a handle left free would tell them so. Only a keyed digest: the handle itself is erased.
    """

    __tablename__ = "retired_handles"

    handle_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    free_at: Mapped[datetime] = mapped_column(Timestamp, index=True)


class Session(Model):
    """A signed-in browser. The cookie holds the token, this table only its digest."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = owner(index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    method: Mapped[str]  # password, passkey, wallet
    second_factor: Mapped[bool] = mapped_column(default=False)
    remember: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    authenticated_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    last_used_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    expires_at: Mapped[datetime] = mapped_column(Timestamp)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    ended_because: Mapped[str | None]

    __table_args__ = (CheckConstraint("method in ('password', 'passkey', 'wallet')", name="method"),)


class KnownDevice(Model):
    """A browser that this person has signed in from before; a new one is told by mail."""

    __tablename__ = "known_devices"

    user_id: Mapped[UUID] = owner(primary_key=True)
    device_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class EmailLink(Model):
    """A link sent by mail: verify, reset, confirm a new address, undo a change. Used once."""

    __tablename__ = "email_links"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = owner(index=True)
    purpose: Mapped[str]
    email: Mapped[str | None]
    # The browser that joined: opened there, the link of a new account also signs in.
    device_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    expires_at: Mapped[datetime] = mapped_column(Timestamp, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index(
            "ix_email_links_undo_email_lower",
            text("lower(email)"),
            postgresql_where=text("purpose = 'undo_email' and used_at is null"),
        ),
        CheckConstraint("purpose in ('verify', 'reset', 'change_email', 'undo_email')", name="purpose"),
    )


class Challenge(Model):
    """One attempt to prove something: a WebAuthn challenge, a wallet's nonce, a pending second factor.

    Kept in PostgreSQL and not in Redis, because sign-in works while Redis is away.
    """

    __tablename__ = "challenges"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[UUID | None] = owner(index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    expires_at: Mapped[datetime] = mapped_column(Timestamp, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp)


class TotpFactor(Model):
    __tablename__ = "totp_factors"

    user_id: Mapped[UUID] = owner(primary_key=True)
    sealed_secret: Mapped[str]
    confirmed_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # The last step that was accepted: never the same one twice.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class RecoveryCode(Model):
    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = owner(index=True)
    code_digest: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp)


class Passkey(Model):
    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = owner(index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    transports: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(Timestamp)


class Wallet(Model):
    __tablename__ = "wallets"

    address: Mapped[str] = mapped_column(String(44), primary_key=True)
    user_id: Mapped[UUID] = owner(index=True)
    name: Mapped[str] = mapped_column(String(60), default="Solana wallet")
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(Timestamp)


class HiddenPerson(Model):
    """Somebody does not want to read this one. The other is not told."""

    __tablename__ = "hidden_people"

    user_id: Mapped[UUID] = owner(primary_key=True)
    hidden_id: Mapped[UUID] = owner(primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (CheckConstraint("user_id <> hidden_id", name="others"),)


class DataExport(Model):
    """Everything we hold of a person, as a ZIP made by a job."""

    __tablename__ = "data_exports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = owner(index=True)
    state: Mapped[str] = mapped_column(default="waiting")
    storage_key: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    requested_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    ready_at: Mapped[datetime | None] = mapped_column(Timestamp)
    expires_at: Mapped[datetime | None] = mapped_column(Timestamp, index=True)

    __table_args__ = (CheckConstraint("state in ('waiting', 'ready', 'failed', 'gone')", name="state"),)
