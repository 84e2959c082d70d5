"""What this feature holds of a person."""

from flask import Flask

from app.entitlements.models import Denial, Grant
from app.platform import personal_data
from app.platform.personal_rows import Rows

GRANTS = Rows(
    Grant,
    shown=("id", "scope_id", "kind", "rank", "label", "cause", "starts_at", "ends_at", "revoked_at"),
)
# Who closed it to them is the other side's to tell: a block says by whom nowhere else either.
DENIALS = Rows(Denial, shown=("id", "kind", "since", "lifted_at"), withheld=("scope_id", "cause"))


def init_app(app: Flask) -> None:
    about = "What you may open, and why"
    personal_data.table(app, "grants", about, GRANTS.export, GRANTS.erase)
    about = "What is closed to you"
    personal_data.table(app, "denials", about, DENIALS.export, DENIALS.erase)
