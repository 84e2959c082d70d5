"""What this feature holds of a person."""

from flask import Flask

from app.moderation.models import Report
from app.platform import personal_data
from app.platform.personal_data import Kept
from app.platform.personal_rows import Rows

REPORTS = Rows(
    Report,
    shown=("id", "subject_kind", "subject_id", "reason", "note", "state", "decided_at", "created_at"),
    withheld=("against_id", "decided_by"),
)


def init_app(app: Flask) -> None:
    because = "What was reported stays reported; the name of who did goes with the account."
    personal_data.table(app, "reports", "What you reported", REPORTS.export, Kept(because))
