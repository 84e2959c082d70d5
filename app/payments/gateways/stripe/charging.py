"""Charging a card on file, with its owner there or away."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stripe.params import PaymentIntentCreateParams

from app.payments.gateways.stripe.client import asking, key
from app.payments.gateways.stripe.objects import Intent, intent, plain
from app.payments.gateways.stripe.taxing import Reckoned

EXPANDED = ["latest_charge"]
MANY = 100


@dataclass(frozen=True, slots=True)
class ToCharge:
    attempt_id: UUID
    invoice_id: UUID
    customer_id: str
    method_id: str
    label: str
    amount: int
    currency: str
    off_session: bool
    tax: Reckoned | None


def charge(wanted: ToCharge) -> Intent:
    """Declined, where its owner would have to confirm it: that is done on a hosted page."""
    named = {"attempt_id": str(wanted.attempt_id), "invoice_id": str(wanted.invoice_id)}
    params: PaymentIntentCreateParams = {
        "amount": wanted.amount,
        "currency": wanted.currency.lower(),
        "customer": wanted.customer_id,
        "payment_method": wanted.method_id,
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        "description": wanted.label,
        "metadata": {**named, **(wanted.tax.tax.metadata if wanted.tax else {})},
        "expand": EXPANDED,
    }
    if wanted.tax and wanted.tax.id:
        params["hooks"] = {"inputs": {"tax": {"calculation": wanted.tax.id}}}
    if wanted.off_session:
        params["off_session"] = True
    else:
        params["error_on_requires_action"] = True
    with asking() as client:
        return intent(client.v1.payment_intents.create(params, key("attempt", wanted.attempt_id)))


def look(intent_id: str) -> Intent:
    with asking() as client:
        return intent(client.v1.payment_intents.retrieve(intent_id, {"expand": EXPANDED}))


def find(customer_id: str, attempt_id: UUID, since: datetime) -> Intent | None:
    """Keys are forgotten after a day; what was made stays, and names its attempt."""
    with asking() as client:
        made = client.v1.payment_intents.list(
            {"customer": customer_id, "created": {"gte": int(since.timestamp()) - 60}, "limit": MANY}
        )
        for one in made.auto_paging_iter():
            if plain(one.metadata).get("attempt_id") == str(attempt_id):
                return intent(client.v1.payment_intents.retrieve(one.id, {"expand": EXPANDED}))
    return None
