"""What happened at last, noted where every process and every machine finds it.

    noting.note(noting.BACKUP, ok=True, detail="3 of 3 files", value=size)

Told at /metrics as fanlight_noted_seconds_ago and fanlight_noted_ok, and on the status page.
"""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.platform.transaction import transaction
from app.platform.watching.models import NotedFact

# A whole copy of the database, the latest part of its log kept elsewhere, and the last try to restore.
BACKUP, WAL, DRILL = "backup", "wal", "drill"
# The audit log was read from its first record to its last.
AUDIT = "audit"
# What visitors are shown; its value is when it ends.
CERTIFICATE = "certificate"

FACTS = (BACKUP, WAL, DRILL, AUDIT, CERTIFICATE)
DETAIL_MAX = 500


def note(
    name: str, *, ok: bool, detail: str = "", value: float | None = None, at: datetime | None = None
) -> None:
    """`at` is a moment of the machine's clock; without one it is now."""
    if name not in FACTS:
        raise ValueError(f"nobody looks for {name}")
    said = {"ok": ok, "detail": detail[:DETAIL_MAX], "value": value, "at": at or func.clock_timestamp()}
    with transaction():
        db.session.execute(
            insert(NotedFact)
            .values(name=name, **said)
            .on_conflict_do_update(index_elements=["name"], set_=said)
        )
