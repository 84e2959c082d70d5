"""What this feature holds of a person."""

from flask import Flask

from app.platform import personal_data
from app.platform.personal_data import Kept
from app.platform.personal_rows import Rows
from app.tips.models import Tip

BY_LAW = Kept(
    "What was paid, and for what, is kept as long as tax law asks; whom it names is nameless by then."
)
KEPT = (
    (
        Rows(
            Tip,
            owner="user_id",
            shown=(
                "id",
                "creator_id",
                "on_kind",
                "on_id",
                "amount",
                "currency",
                "note",
                "invoice_id",
                "paid_at",
                "returned_at",
                "created_at",
            ),
        ),
        "Tips you gave",
    ),
)


def init_app(app: Flask) -> None:
    for rows, about in KEPT:
        personal_data.table(app, rows.table.name, about, rows.export, BY_LAW)
