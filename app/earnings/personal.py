"""What this feature holds of a person."""

from uuid import UUID

from flask import Flask

from app.creators.queries import find_creator
from app.earnings import queries
from app.earnings.models import Adjustment, Payout, PayoutAccount, PayoutPlan, TaxProfile
from app.earnings.operations import adjusting
from app.earnings.quoting import least
from app.kit.money import readable
from app.platform import personal_data
from app.platform.personal_data import Kept, Reason
from app.platform.personal_rows import Rows

BY_LAW = Kept(
    "What was paid, and for what, is kept as long as tax law asks; whom it names is nameless by then."
)
KEPT = (
    (
        Rows(
            PayoutAccount,
            owner="creator_id",
            shown=(
                "id",
                "rail",
                "provider_id",
                "state",
                "wants",
                "country",
                "preferred",
                "created_at",
                "changed_at",
                "removed_at",
            ),
        ),
        "Where your earnings go",
    ),
    (
        Rows(
            Payout,
            owner="creator_id",
            shown=(
                "id",
                "account_id",
                "rail",
                "amount",
                "currency",
                "rail_amount",
                "rail_currency",
                "rate",
                "rate_source",
                "state",
                "provider_id",
                "failure_code",
                "failure",
                "asked_by",
                "created_at",
                "ended_at",
            ),
            withheld=("data",),
        ),
        "Payouts you got",
    ),
    (
        Rows(
            Adjustment,
            owner="owner_id",
            shown=(
                "id",
                "account",
                "amount",
                "currency",
                "reason",
                "state",
                "proposed_by",
                "proposed_at",
                "decided_by",
                "decided_at",
            ),
        ),
        "Corrections of your balance",
    ),
)
TAX = Rows(TaxProfile, owner="creator_id", shown=("country", "changed_at"), opened={"sealed_fields": "tax"})
PLAN = Rows(PayoutPlan, owner="creator_id", shown=("rhythm", "minimum", "next_at", "changed_at"))

PAYOUTS = ("Your payouts", "/dashboard/payouts")


def _leave(user_id: UUID) -> None:
    PLAN.erase(user_id)
    adjusting.drop_open(user_id)


def init_app(app: Flask) -> None:
    personal_data.hold(app, "earnings", money_here)
    for rows, about in KEPT:
        personal_data.table(app, rows.table.name, about, rows.export, BY_LAW)
    personal_data.table(app, TAX.table.name, "Your details for tax reports", TAX.export, TAX.erase)
    personal_data.table(app, PLAN.table.name, "When you are paid out", PLAN.export, _leave)


def money_here(creator_id: UUID) -> Reason | None:
    """Less than a payout could bring them is given up with the account."""
    for one in queries.standings(creator_id):
        if one.on_its_way:
            return Reason(
                f"A payout of {readable(one.on_its_way, one.currency)} is on its way to you. "
                "Wait until it has arrived.",
                (PAYOUTS,),
            )
        if (left := one.available + one.pending + one.held) >= least(one.currency):
            return _be_paid_out(creator_id, readable(left, one.currency))
    return None


def _be_paid_out(creator_id: UUID, left: str) -> Reason:
    page = find_creator(creator_id)
    if page is None or page.state != "open":
        return Reason(
            f"You still have {left} here. Be paid out first; your payouts say when all of it is free.",
            (PAYOUTS,),
        )
    return Reason(
        f"You still have {left} here. Close your page and be paid out first: "
        "what you earned becomes free within days, and nothing new comes in.",
        (("Close your page", "/dashboard/page#state"), PAYOUTS),
    )
