"""What this feature holds of a person."""

from uuid import UUID

from flask import Flask

from app.payments.models import PaymentMethod, ProviderCustomer, RailSwitch
from app.payments.operations import methods
from app.platform import personal_data
from app.platform.personal_rows import Rows

CUSTOMERS = Rows(ProviderCustomer, owner="user_id", shown=("rail", "provider_id", "created_at"))
GOES = (
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
                "end_told",
                "removed_at",
            ),
            withheld=("provider_id", "fingerprint"),
        ),
        "Cards on file",
    ),
    (Rows(RailSwitch, owner="seller_id", shown=("id", "rail", "since")), "Ways to pay that you switched off"),
)


def init_app(app: Flask) -> None:
    personal_data.table(
        app, CUSTOMERS.table.name, "What payment providers call you", CUSTOMERS.export, _forgotten
    )
    for rows, about in GOES:
        personal_data.table(app, rows.table.name, about, rows.export, rows.erase)
    personal_data.exempt(app, "rates", "prices of coins")
    personal_data.exempt(app, "provider_entries", "what providers say moved; their ids and amounts only")
    personal_data.exempt(app, "payment_cases", "differences of money; ids and amounts only")
    personal_data.exempt(app, "chain_cursors", "how far the chain was read")
    personal_data.exempt(app, "chain_sends", "what left our wallet, as the chain shows it to everybody")


def _forgotten(user_id: UUID) -> None:
    methods.leave(user_id)
    CUSTOMERS.erase(user_id)
