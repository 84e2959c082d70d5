"""People, as Stripe knows them, and the cards they left with us."""

from uuid import UUID

import stripe

from app.payments.gateways.stripe.client import asking, key
from app.payments.gateways.stripe.objects import Method, name_of, said


def make(user_id: UUID, email: str, told: str) -> str:
    """`told` is a digest of what is told, so that another address is another call."""
    with asking() as client:
        made = client.v1.customers.create(
            {"email": email, "metadata": {"user_id": str(user_id)}}, key("customer", f"{user_id}:{told}")
        )
    return made.id


def forget(customer_id: str) -> None:
    """With their cards."""
    with asking() as client:
        client.v1.customers.delete(customer_id)


def method(method_id: str) -> Method | None:
    """None where it is no card: only cards are kept."""
    with asking() as client:
        return _method(client.v1.payment_methods.retrieve(method_id))


def detach(method_id: str) -> None:
    with asking() as client:
        client.v1.payment_methods.detach(method_id)


def _method(found: stripe.PaymentMethod) -> Method | None:
    card = said(found, "card") if found.type == "card" else None
    if card is None:
        return None
    return Method(
        found.id,
        name_of(said(found, "customer")),
        card.brand,
        card.last4,
        card.exp_month,
        card.exp_year,
        said(card, "country"),
        said(card, "fingerprint"),
    )
