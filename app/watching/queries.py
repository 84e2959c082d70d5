"""What the status page tells in words beside the figures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.extensions import db
from app.platform.watching.beating import GONE_AFTER_SECONDS
from app.platform.watching.models import NotedFact, ProcessBeat


@dataclass(frozen=True, slots=True)
class Process:
    role: str
    host: str
    pid: int
    release: str
    started_at: datetime
    memory_bytes: int
    errors: int


def facts() -> dict[str, NotedFact]:
    return {fact.name: fact for fact in db.session.scalars(select(NotedFact))}


def processes() -> list[Process]:
    """Those that live, the oldest of each role first."""
    seen = func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, GONE_AFTER_SECONDS)
    rows = db.session.scalars(
        select(ProcessBeat)
        .where(ProcessBeat.seen_at > seen)
        .order_by(ProcessBeat.role, ProcessBeat.started_at)
    )
    return [Process(b.role, b.host, b.pid, b.release, b.started_at, b.memory_bytes, b.errors) for b in rows]
