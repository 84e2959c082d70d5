"""Pages of the card processor's double, and what is kept there."""

import stripe

BACK = "http://fans.example/back?session={CHECKOUT_SESSION_ID}"
CANCEL = "http://fans.example/cancel"


def a_session(
    api: stripe.StripeClient,
    customer: stripe.Customer | None = None,
    *,
    keep: bool = False,
    only_cards: bool = False,
    amount: int = 1500,
) -> stripe.checkout.Session:
    asked: stripe.params.checkout.SessionCreateParams = {
        "mode": "payment",
        "success_url": BACK,
        "cancel_url": CANCEL,
        "metadata": {"invoice": "12"},
        "line_items": [
            {
                "price_data": {"currency": "usd", "unit_amount": amount, "product_data": {"name": "A post"}},
                "quantity": 1,
            }
        ],
        "payment_intent_data": {"transfer_group": "invoice-12", "metadata": {"invoice": "12"}},
    }
    if customer:
        asked["customer"] = customer.id
    if only_cards:
        asked["allowed_payment_method_types"] = ["card"]
    if keep:
        asked["payment_intent_data"]["setup_future_usage"] = "off_session"
    return api.v1.checkout.sessions.create(asked)


def a_saving(api: stripe.StripeClient, customer: stripe.Customer) -> stripe.checkout.Session:
    return api.v1.checkout.sessions.create(
        {"mode": "setup", "currency": "usd", "customer": customer.id, "success_url": BACK}
    )


def pairs(metadata: object) -> dict[str, str]:
    assert isinstance(metadata, stripe.StripeObject)
    return dict(metadata.to_dict())


def url_of(session: stripe.checkout.Session) -> str:
    assert session.url
    return session.url


def saved(api: stripe.StripeClient, customer: stripe.Customer) -> list[str]:
    return [method.id for method in api.v1.customers.payment_methods.list(customer.id).data]


def charge_away(
    api: stripe.StripeClient, customer: stripe.Customer, method: str, amount: int = 900
) -> stripe.PaymentIntent:
    """As a renewal does, while nobody is there."""
    return api.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": method,
            "off_session": True,
            "confirm": True,
            "metadata": {"invoice": "13"},
        }
    )


def intent_of(api: stripe.StripeClient, session: stripe.checkout.Session) -> stripe.PaymentIntent:
    fresh = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert isinstance(fresh.payment_intent, stripe.PaymentIntent)
    return fresh.payment_intent
