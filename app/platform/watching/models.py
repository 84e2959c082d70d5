"""Tables of the watching: which processes live, and what happened at last."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.platform.models import Timestamp

ROLES = ("web", "realtime", "worker", "scheduler")


class ProcessBeat(Model):
    """A process that lives, or lived a while ago. Times are the database's own."""

    __tablename__ = "process_beats"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    release: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(Timestamp, server_default=text("clock_timestamp()"))
    seen_at: Mapped[datetime] = mapped_column(Timestamp, server_default=text("clock_timestamp()"))
    memory_bytes: Mapped[int] = mapped_column(BigInteger)
    # Lines of the log that say error or worse, since it started.
    errors: Mapped[int] = mapped_column(BigInteger)
    # Live connections, where it keeps any.
    sockets: Mapped[int]

    __table_args__ = (
        Index("ix_process_beats_seen_at", "seen_at"),
        CheckConstraint("role in ('web', 'realtime', 'worker', 'scheduler')", name="role"),
    )


class NotedFact(Model):
    """What happened at last, one row for each thing (noting.py)."""

    __tablename__ = "noted_facts"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Timestamp, server_default=text("clock_timestamp()"))
    ok: Mapped[bool]
    # For people: what was found.
    detail: Mapped[str] = mapped_column(default="")
    # A number that belongs to it, where there is one: a moment as seconds since 1970, bytes, seconds.
    value: Mapped[float | None]
