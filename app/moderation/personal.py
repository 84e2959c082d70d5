"""What this feature holds of a person."""

from collections.abc import Iterator
from uuid import UUID

from flask import Flask
from sqlalchemy import update

from app.extensions import db
from app.moderation.models import COPY, Report
from app.moderation.subjects import reportable
from app.platform import personal_data
from app.platform.personal_data import Row
from app.platform.personal_rows import Rows

REPORTS = Rows(
    Report,
    shown=("id", "subject_kind", "subject_id", "reason", "note", "state", "decided_at", "created_at"),
    withheld=("against_id", "decided_by"),
    opened={"sealed_copy": COPY},
)


def init_app(app: Flask) -> None:
    personal_data.table(app, "reports", "What you reported", _export, _forget)


def _export(user_id: UUID) -> Iterator[Row]:
    """Without the words of what may be closed to them: moderators read it whole."""
    for row in REPORTS.export(user_id):
        known = reportable(row["subject_kind"])
        yield row if known and known.copied else row | {"copy": None}


def _forget(user_id: UUID) -> None:
    """What was reported stays reported; who did, and in which words, goes."""
    theirs = update(Report).where(Report.user_id == user_id).values(user_id=None, note="")
    db.session.execute(theirs.execution_options(synchronize_session=False))
