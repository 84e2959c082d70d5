"""What this feature holds of a person."""

from flask import Flask

from app.payments.models import PaymentMethod, ProviderCustomer, RailSwitch
from app.platform import personal_data
from app.platform.personal_rows import Rows

GOES = (
    (
        Rows(ProviderCustomer, owner="user_id", shown=("rail", "provider_id", "created_at")),
        "What payment providers call you",
    ),
    (
        Rows(
            PaymentMethod,
            owner="user_id",
            shown=(
                "id",
                "rail",
                "brand",
                "last4",
                "exp_month",
                "exp_year",
                "country",
                "preferred",
                "created_at",
                "removed_at",
            ),
            withheld=("provider_id",),
        ),
        "Cards on file",
    ),
    (Rows(RailSwitch, owner="seller_id", shown=("id", "rail", "since")), "Ways to pay that you switched off"),
)


def init_app(app: Flask) -> None:
    for rows, about in GOES:
        personal_data.table(app, rows.table.name, about, rows.export, rows.erase)
    personal_data.exempt(app, "rates", "prices of coins")
    personal_data.exempt(app, "provider_entries", "what providers say moved; their ids and amounts only")
    personal_data.exempt(app, "payment_cases", "differences of money; ids and amounts only")
    personal_data.exempt(app, "chain_cursors", "how far the chain was read")
    personal_data.exempt(app, "chain_sends", "what left our wallet, as the chain shows it to everybody")
