"""What this feature holds of a person."""

from uuid import UUID

from flask import Flask
from sqlalchemy import update

from app.extensions import db
from app.platform import personal_data
from app.platform.personal_rows import Rows
from app.tips.models import Tip

TIPS = Rows(
    Tip,
    owner="user_id",
    shown=(
        "id", "creator_id", "on_kind", "on_id", "amount", "currency", "note", "invoice_id", "paid_at",
        "returned_at", "created_at",
    ),
)  # fmt: skip


def _leave(user_id: UUID) -> None:
    """What was given stands in the books; what was said with it goes."""
    db.session.execute(update(Tip).where(Tip.user_id == user_id).values(note=""))


def init_app(app: Flask) -> None:
    personal_data.table(app, TIPS.table.name, "Tips you gave", TIPS.export, _leave)
