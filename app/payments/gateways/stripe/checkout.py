"""Hosted pages on which a payer pays, or leaves a card with us."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import stripe
from stripe.params.checkout import SessionCreateParams

from app.payments.gateways.stripe import taxing
from app.payments.gateways.stripe.charging import naming
from app.payments.gateways.stripe.client import asking, key
from app.payments.gateways.stripe.objects import Page, intent, name_of, plain, said

EXPANDED = ["payment_intent.latest_charge", "setup_intent", "total_details.breakdown"]


@dataclass(frozen=True, slots=True)
class ToPay:
    """All of it comes from the attempt's row, so that asking again asks the same."""

    attempt_id: UUID
    invoice_id: UUID
    customer_id: str
    label: str
    amount: int
    currency: str
    expires_at: datetime
    keeps_card: bool
    # Whether Stripe reckons the tax in it, and asks for an address where it has none.
    taxed: bool
    back_to: str
    # What it is paid for, by a name that a house keeps which forgot this page.
    owes: str | None = None


def open_page(wanted: ToPay) -> Page:
    named = naming(wanted.attempt_id, wanted.invoice_id, wanted.owes)
    params: SessionCreateParams = {
        "mode": "payment",
        "customer": wanted.customer_id,
        "client_reference_id": str(wanted.invoice_id),
        "line_items": [
            {
                "price_data": {
                    "currency": wanted.currency.lower(),
                    "unit_amount": wanted.amount,
                    "product_data": {"name": wanted.label},
                },
                "quantity": 1,
            }
        ],
        "metadata": named,
        "payment_intent_data": {"metadata": named},
        "success_url": wanted.back_to,
        "cancel_url": wanted.back_to,
        "expires_at": int(wanted.expires_at.timestamp()),
    }
    if wanted.keeps_card:
        params["payment_intent_data"]["setup_future_usage"] = "off_session"
    if wanted.taxed:
        params["automatic_tax"] = {"enabled": True}
        params["customer_update"] = {"address": "auto"}
        params["line_items"][0]["price_data"]["tax_behavior"] = taxing.CONTAINED
    with asking() as client:
        return _page(client.v1.checkout.sessions.create(params, key("attempt", wanted.attempt_id)))


def open_setup(customer_id: str, name: str, back_to: str) -> Page:
    """To keep a card without paying. `name` tells one wish from another; `back_to` has a query."""
    params: SessionCreateParams = {
        "mode": "setup",
        "customer": customer_id,
        "allowed_payment_method_types": ["card"],
        "success_url": f"{back_to}&page={{CHECKOUT_SESSION_ID}}",
        "cancel_url": back_to,
    }
    with asking() as client:
        return _page(client.v1.checkout.sessions.create(params, key("setup", name)))


def look(page_id: str) -> Page:
    with asking() as client:
        return _page(client.v1.checkout.sessions.retrieve(page_id, {"expand": EXPANDED}))


def close(page_id: str) -> Page:
    """So that nobody pays there any more. Impossible where it was used or closed already."""
    with asking() as client:
        return _page(client.v1.checkout.sessions.expire(page_id))


def _page(found: stripe.checkout.Session) -> Page:
    paying, keeping = said(found, "payment_intent"), said(found, "setup_intent")
    kept = isinstance(keeping, stripe.SetupIntent) and keeping.status == "succeeded"
    return Page(
        id=found.id,
        status=str(found.status),
        mode=found.mode,
        url=said(found, "url"),
        metadata=plain(said(found, "metadata")),
        customer_id=name_of(said(found, "customer")),
        intent=intent(paying) if isinstance(paying, stripe.PaymentIntent) else None,
        kept_method_id=name_of(said(keeping, "payment_method")) if kept else None,
        tax=taxing.of_page(found),
    )
