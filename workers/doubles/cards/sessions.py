"""Checkout sessions: a page on which somebody pays, or saves a payment method."""

from workers.doubles.cards import customers, lines, payment_intents, setup_intents, tax
from workers.doubles.cards.errors import Body, impossible, invalid
from workers.doubles.cards.events import emit
from workers.doubles.cards.intents import WAITING
from workers.doubles.cards.listing import page, whole
from workers.doubles.cards.params import Params
from workers.doubles.cards.payment_methods import offered
from workers.doubles.cards.store import Books, new_id
from workers.doubles.cards.verbs import optional, verb

HALF_HOUR, DAY = 1_800, 86_400
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"
# They say how the page looks or what it asks besides.
LOOKS = (
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "branding_settings",
    "consent_collection",
    "custom_text",
    "name_collection",
    "origin_context",
    "payment_method_collection",
    "payment_method_options",
    "phone_number_collection",
    "saved_payment_method_options",
    "submit_type",
    "tax_id_collection",
)


# What a session has besides, and this double never fills.
BLANK: Body = {
    "after_expiration": None,
    "allow_promotion_codes": None,
    "billing_address_collection": None,
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer_account": None,
    "invoice": None,
    "invoice_creation": None,
    "integration_identifier": None,
    "managed_payments": None,
    "origin_context": None,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "submit_type": None,
    "subscription": None,
    "wallet_options": None,
}


@verb("POST", "checkout/sessions", "checkout.sessions.create")
def create(books: Books, params: Params) -> Body:
    mode = params.choice("mode", "payment", "setup")
    if mode is None:
        raise invalid("Missing required param: mode.", "mode", "parameter_missing")
    params.choice("ui_mode", "hosted_page")
    payer, key = _payer(books, params), new_id("checkout.session")
    session = books.add(
        "checkout.session",
        BLANK
        | payer
        | _sold(books, params, mode, payer)
        | {
            "cancel_url": params.text("cancel_url"),
            "client_reference_id": params.text("client_reference_id"),
            "expires_at": _expiry(books, params),
            "locale": params.text("locale"),
            "metadata": params.metadata(),
            "mode": mode,
            "status": "open",
            "success_url": params.need("success_url"),
            "ui_mode": "hosted_page",
            "url": f"{books.terms.page_base}/c/pay/{key}",
            "_intent": _intent_data(params, mode),
        },
        key=key,
    )
    params.accept(*LOOKS)
    if mode == "setup":
        _open_setup(books, session)
    books.later(session["expires_at"] - books.now, "expire_session", key)
    return session


@verb("GET", "checkout/sessions/<key>", "checkout.sessions.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return books.get("checkout.session", key)


@verb("POST", "checkout/sessions/<key>", "checkout.sessions.update")
def update(books: Books, params: Params, key: str) -> Body:
    session = books.get("checkout.session", key)
    session["metadata"] = params.metadata(session["metadata"])
    books.save(session)
    return session


@verb("GET", "checkout/sessions/<key>/line_items", "checkout.sessions.line_items.list")
def line_items(books: Books, params: Params, key: str) -> Body:
    params.accept("limit")
    return lines_of(books.get("checkout.session", key))


@verb("GET", "checkout/sessions", "checkout.sessions.list")
def listed(books: Books, params: Params) -> Body:
    return page(
        books,
        params,
        "checkout.session",
        "/v1/checkout/sessions",
        customer=params.text("customer"),
        payment_intent=params.text("payment_intent"),
        status=params.choice("status", "open", "complete", "expired"),
    )


@verb("POST", "checkout/sessions/<key>/expire", "checkout.sessions.expire")
def expire(books: Books, params: Params, key: str) -> Body:
    session = books.get("checkout.session", key)
    if session["status"] != "open":
        raise impossible(f"Only open sessions can expire; the status of this one is {session['status']}.")
    return close(books, session)


def close(books: Books, session: Body) -> Body:
    """Nobody pays here any more."""
    session |= {"status": "expired", "url": None}
    books.save(session)
    for kind, module in (("payment_intent", payment_intents), ("setup_intent", setup_intents)):
        intent = books.peek(session[kind]) if session[kind] else None
        if intent and intent["status"] in WAITING:
            module.call_off(books, intent, "abandoned")
    emit(books, "checkout.session.expired", session)
    return session


def locate(books: Books, session: Body, country: str) -> None:
    """Its payer said where they live: now the tax is known."""
    address = {"country": country} | dict.fromkeys(("city", "line1", "line2", "postal_code", "state"))
    items = [lines.taxed(line, country) for line in session["_lines"]]
    session |= {
        "amount_total": sum(line["amount_total"] for line in items),
        "total_details": lines.totals(items),
        "_lines": items,
    }
    session["automatic_tax"]["status"] = "complete"
    session["customer_details"] = session["customer_details"] | {"address": address}
    books.save(session)
    if session["customer"] and session["_keeps_address"]:
        books.save(customers.living(books, session["customer"]) | {"address": address})


def tax_breakdown(session: Body) -> Body:
    country = ((session["customer_details"] or {}).get("address") or {}).get("country") or ""
    known = session["automatic_tax"]["status"] == "complete"
    return {"discounts": [], "taxes": tax.shares(session["_lines"], country) if known else []}


def lines_of(session: Body) -> Body:
    return whole(f"/v1/checkout/sessions/{session['id']}/line_items", session["_lines"])


def success_address(session: Body) -> str:
    return str(session["success_url"]).replace(PLACEHOLDER, session["id"])


def details(holder: Body, email: str | None) -> Body:
    return {
        "address": holder.get("address"),
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": holder.get("name"),
        "phone": holder.get("phone"),
        "tax_exempt": holder.get("tax_exempt", "none"),
        "tax_ids": [],
    }


def _payer(books: Books, params: Params) -> Body:
    customer, email = params.text("customer"), params.text("customer_email")
    if customer and email:
        raise invalid("Give either customer or customer_email, not both.", "customer_email")
    holder = customers.living(books, customer) if customer else {}
    return {
        "customer": customer,
        "customer_creation": _creates_customer(params, customer),
        "customer_details": details(holder, email or holder.get("email")),
        "customer_email": email,
        "_keeps_address": _keeps_address(params, customer),
    }


def _sold(books: Books, params: Params, mode: str, payer: Body) -> Body:
    """What is paid with it, if anything."""
    country = _taxing_country(params, payer)
    items = [lines.read(line, country or "", books.now) for line in params.items("line_items")]
    if bool(items) != (mode == "payment"):
        raise invalid("Line items belong to payment mode, and only there.", "line_items")
    if len({line["currency"] for line in items}) > 1:
        raise invalid("All line items must be in one currency.", "line_items")
    total = sum(line["amount_total"] for line in items)
    if items:
        payment_intents.check_size(total, items[0]["currency"])
    currency = items[0]["currency"] if items else params.text("currency") or ""
    params.accept("currency")
    return {
        "adaptive_pricing": {"enabled": False} if items else None,
        "amount_subtotal": sum(line["amount_subtotal"] for line in items) if items else None,
        "amount_total": total if items else None,
        "automatic_tax": _automatic_tax(taxed=country is not None, known=bool(country)),
        "currency": currency or None,
        "discounts": [] if items else None,
        "payment_method_collection": "if_required" if items else "always",
        "payment_method_types": offered(params, currency),
        "payment_status": "unpaid" if items else "no_payment_required",
        "total_details": lines.totals(items) if items else None,
        "_lines": items,
    }


def _taxing_country(params: Params, payer: Body) -> str | None:
    """Whose tax is reckoned: none where none is asked for, nothing yet where its payer will say it."""
    if not params.nested("automatic_tax").flag("enabled"):
        return None
    country = str((payer["customer_details"]["address"] or {}).get("country") or "").upper()
    if payer["customer"] and not country and not payer["_keeps_address"]:
        raise invalid(
            "Automatic tax needs the customer's address, or customer_update[address]=auto.",
            "automatic_tax",
            "customer_tax_location_invalid",
        )
    return country


def _open_setup(books: Books, session: Body) -> None:
    intent = setup_intents.make(books, session["customer"], types=session["payment_method_types"])
    books.save(intent | session["_intent"])
    session["setup_intent"] = intent["id"]
    books.save(session)
    emit(books, "setup_intent.created", intent)


def _intent_data(params: Params, mode: str) -> Body:
    given = params.nested("setup_intent_data" if mode == "setup" else "payment_intent_data")
    data = {"metadata": given.metadata()} | optional(description=given.text("description"))
    if mode == "setup":
        return data
    given.choice("capture_method", "automatic", "automatic_async")
    return data | optional(
        receipt_email=given.text("receipt_email"),
        setup_future_usage=given.choice("setup_future_usage", "off_session", "on_session"),
        statement_descriptor=given.text("statement_descriptor"),
        statement_descriptor_suffix=given.text("statement_descriptor_suffix"),
        transfer_group=given.text("transfer_group"),
    )


def _keeps_address(params: Params, customer: str | None) -> bool:
    """Whether what is said of it on the page becomes the customer's."""
    asked = params.nested("customer_update")
    if customer is None and "customer_update" in params:
        raise invalid("customer_update can only be used with customer.", "customer_update")
    asked.choice("name", "auto", "never")
    asked.choice("shipping", "auto", "never")
    return asked.choice("address", "auto", "never") == "auto"


def _creates_customer(params: Params, customer: str | None) -> str | None:
    asked = params.choice("customer_creation", "always", "if_required")
    return None if customer else asked or "if_required"


def _expiry(books: Books, params: Params) -> int:
    given = params.integer("expires_at")
    if given is None:
        return books.now + DAY
    # The other side's clock may be a little behind ours.
    if not books.now + HALF_HOUR - 60 <= given <= books.now + DAY + 60:
        raise invalid("expires_at must lie between 30 minutes and 24 hours from now.", "expires_at")
    return given


def _automatic_tax(*, taxed: bool, known: bool) -> Body:
    status = ("complete" if known else "requires_location_inputs") if taxed else None
    liability = {"type": "self"} if taxed else None
    return {
        "enabled": taxed,
        "liability": liability,
        "provider": "stripe" if taxed else None,
        "status": status,
    }
