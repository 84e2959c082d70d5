"""One at a time for one name: two people who ask for the same handle or address wait for each other.

Whoever comes second then sees what the first did, and is told so in words instead of by a broken index.
"""

from sqlalchemy import text

from app.extensions import db

HOLD = text("select pg_advisory_xact_lock(hashtextextended(:kind || lower(:name), 0))")


def hold_handle(handle: str) -> None:
    db.session.execute(HOLD, {"kind": "handle:", "name": handle})


def hold_email(email: str) -> None:
    db.session.execute(HOLD, {"kind": "email:", "name": email})
