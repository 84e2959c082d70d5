"""What this feature holds of a person."""

from uuid import UUID

from flask import Flask

from app.invoices.models import Attempt, BillingDetails, FeeRule, Invoice, Payment, SpendingLimit
from app.invoices.operations import leaving
from app.platform import personal_data
from app.platform.personal_data import Kept
from app.platform.personal_rows import Rows

BY_LAW = Kept(
    "What was paid, and for what, is kept as long as tax law asks; whom it names is nameless by then."
)
KEPT = (
    (
        Rows(
            Invoice,
            owner="user_id",
            shown=(
                "id",
                "number",
                "seller_id",
                "kind",
                "state",
                "currency",
                "total",
                "tax",
                "tax_bps",
                "tax_country",
                "tax_evidence",
                "fee",
                "fee_bps",
                "received",
                "kept",
                "returned",
                "return_to",
                "created_at",
                "expires_at",
                "paid_at",
                "available_at",
                "released_at",
            ),
            withheld=("unique_key",),
        ),
        "Invoices you got",
    ),
    (
        Rows(
            Attempt,
            owner="user_id",
            shown=(
                "id",
                "invoice_id",
                "rail",
                "state",
                "amount",
                "currency",
                "rail_amount",
                "rail_currency",
                "rate",
                "rate_source",
                "provider_id",
                "reference",
                "method_id",
                "off_session",
                "failure_code",
                "failure",
                "created_at",
                "expires_at",
                "ended_at",
            ),
            withheld=("data",),
        ),
        "How you tried to pay",
    ),
    (
        Rows(
            Payment,
            owner="user_id",
            shown=(
                "id",
                "invoice_id",
                "attempt_id",
                "rail",
                "external_id",
                "amount",
                "currency",
                "rail_amount",
                "rail_currency",
                "returned",
                "origin",
                "received_at",
            ),
        ),
        "Payments that came in from you",
    ),
)
GOES = (
    (
        Rows(FeeRule, owner="seller_id", shown=("id", "kind", "bps", "since")),
        "What the house keeps of your sales",
    ),
    (
        Rows(
            BillingDetails,
            owner="user_id",
            shown=("country", "evidence", "changed_at"),
            opened={"sealed_name": "billing", "sealed_address": "billing"},
        ),
        "Where you live, for tax and receipts",
    ),
)

LIMITS = Rows(SpendingLimit, owner="user_id", shown=("amount", "next_amount", "next_from", "changed_at"))


def _leave(user_id: UUID) -> None:
    leaving.call_off(user_id)
    leaving.give_up_credit(user_id)
    LIMITS.erase(user_id)


def init_app(app: Flask) -> None:
    for rows, about in KEPT:
        personal_data.table(app, rows.table.name, about, rows.export, BY_LAW)
    for rows, about in GOES:
        personal_data.table(app, rows.table.name, about, rows.export, rows.erase)
    personal_data.table(app, LIMITS.table.name, "What you want to spend at most", LIMITS.export, _leave)
    personal_data.hold(app, "money", leaving.reason_to_wait)
    personal_data.give_up(app, "credit", leaving.credit_left)
    personal_data.exempt(
        app,
        "invoice_lines",
        "parts of invoices, which are exported with their labels in the list of purchases",
    )
    personal_data.exempt(app, "refunds", "parts of invoices; ids and amounts only")
    personal_data.exempt(app, "disputes", "parts of invoices; ids and amounts only")
