"""What this feature holds of a person."""

from uuid import UUID

from flask import Flask
from sqlalchemy import update

from app.extensions import db
from app.platform import personal_data
from app.platform.personal_data import Kept
from app.platform.personal_rows import Rows
from app.subscriptions import leaving
from app.subscriptions.models import Gift, PromoCode, PromoUse, Subscription

BY_LAW = Kept(
    "What was paid, and for what, is kept as long as tax law asks; whom it names is nameless by then."
)
KEPT = (
    (
        Rows(
            Subscription,
            owner="user_id",
            shown=(
                "id",
                "creator_id",
                "tier_id",
                "state",
                "months",
                "price",
                "currency",
                "anchor",
                "period",
                "period_start",
                "period_end",
                "method_id",
                "by_hand",
                "renews",
                "cancel_reason",
                "next_tier_id",
                "next_months",
                "next_price",
                "paused_until",
                "tries",
                "next_try_at",
                "grace_until",
                "reminded_at",
                "promo_id",
                "promo_months_left",
                "created_at",
                "started_at",
                "ended_at",
            ),
        ),
        "Your subscriptions",
    ),
    (
        Rows(
            Gift,
            owner="buyer_id",
            shown=(
                "id",
                "creator_id",
                "tier_id",
                "months",
                "state",
                "note",
                "redeemed_by",
                "redeemed_at",
                "ends_at",
                "created_at",
            ),
            withheld=("code_digest", "sealed_code"),
            opened={"sealed_recipient": "gift"},
        ),
        "Gifts you bought",
    ),
)
GOES = (
    (
        Rows(
            PromoCode,
            owner="creator_id",
            shown=(
                "id",
                "code",
                "tier_id",
                "percent",
                "for_months",
                "at_most",
                "used",
                "only_new",
                "ends_at",
                "closed_at",
                "created_at",
            ),
        ),
        "Promo codes of your page",
    ),
)


USES = Rows(PromoUse, owner="user_id", shown=("promo_id", "at", "settled"))


def _leave(user_id: UUID) -> None:
    """What they subscribe to ends with the account, and so do subscriptions to their page."""
    leaving.ask(user_id)
    USES.erase(user_id)
    for wordless in (
        update(Subscription).where(Subscription.user_id == user_id).values(cancel_reason=None),
        update(Gift).where(Gift.buyer_id == user_id).values(note="", sealed_recipient=None),
    ):
        db.session.execute(wordless.execution_options(synchronize_session=False))


def init_app(app: Flask) -> None:
    personal_data.table(app, "promo_uses", "Promo codes you used", USES.export, _leave)
    for rows, about in KEPT:
        personal_data.table(app, rows.table.name, about, rows.export, BY_LAW)
    for rows, about in GOES:
        personal_data.table(app, rows.table.name, about, rows.export, rows.erase)
    personal_data.exempt(app, "subscription_events", "steps of subscriptions, which are exported themselves")
    personal_data.exempt(app, "bundles", "discounts of tiers")
