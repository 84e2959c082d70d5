"""Charging a card on file, with its owner there or away."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stripe.params import PaymentIntentCreateParams

from app.payments.gateways.stripe.client import asking, key
from app.payments.gateways.stripe.objects import Intent, every, intent, plain, said
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
    # What it is paid for, by a name that a house keeps which forgot this charge.
    owes: str | None = None


def charge(wanted: ToCharge) -> Intent:
    """Declined, where its owner would have to confirm it: that is done on a hosted page."""
    named = naming(wanted.attempt_id, wanted.invoice_id, wanted.owes)
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


def naming(attempt_id: UUID, invoice_id: UUID, owes: str | None) -> dict[str, str]:
    """What travels with the money."""
    named = {"attempt_id": str(attempt_id), "invoice_id": str(invoice_id)}
    return named | {"owes": owes} if owes else named


def find(customer_id: str, attempt_id: UUID, since: datetime) -> Intent | None:
    """Keys are forgotten after a day; what was made stays, and names its attempt."""
    return next(_made(customer_id, "attempt_id", str(attempt_id), since), None)


def paid_for(customer_id: str, owes: str, since: datetime) -> list[Intent]:
    """What came for it, and is there still."""
    found = _made(customer_id, "owes", owes, since)
    return [one for one in found if one.charge is not None and one.charge.whole]


def _made(customer_id: str, name: str, value: str, since: datetime) -> Iterator[Intent]:
    with asking() as client:
        made = client.v1.payment_intents.list(
            {"customer": customer_id, "created": {"gte": int(since.timestamp()) - 60}, "limit": MANY}
        )
        for one in every(made):
            if plain(said(one, "metadata")).get(name) == value:
                yield intent(client.v1.payment_intents.retrieve(one.id, {"expand": EXPANDED}))
