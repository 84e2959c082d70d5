"""One thing at a time about where a creator's money goes, and when."""

from uuid import UUID

from sqlalchemy import text

from app.extensions import db

LOCK = text("select pg_advisory_xact_lock(hashtextextended(:name, 2))")


def lock(creator_id: UUID) -> None:
    """Until the transaction ends. A lock of their row would wait for sales that name it."""
    db.session.execute(LOCK, {"name": f"payouts:{creator_id}"})
