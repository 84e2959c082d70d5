"""Checkout sessions: a page on which somebody pays, or saves a payment method."""

from workers.doubles.cards import customers, payment_intents, setup_intents, tax
from workers.doubles.cards.errors import Body, impossible, invalid
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page, whole
from workers.doubles.cards.params import Params
from workers.doubles.cards.payment_intents import WAITING
from workers.doubles.cards.payment_methods import make as make_method
from workers.doubles.cards.payment_methods import offered
from workers.doubles.cards.play_cards import PlayCard
from workers.doubles.cards.store import Books, new_id, random_text
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
    "customer_update",
    "name_collection",
    "origin_context",
    "payment_method_collection",
    "payment_method_options",
    "phone_number_collection",
    "saved_payment_method_options",
    "submit_type",
    "tax_id_collection",
)


@verb("POST", "checkout/sessions", "checkout.sessions.create")
def create(books: Books, params: Params) -> Body:
    mode = params.choice("mode", "payment", "setup")
    if mode is None:
        raise invalid("Missing required param: mode.", "mode", "parameter_missing")
    params.choice("ui_mode", "hosted_page")
    customer = params.text("customer")
    holder = customers.living(books, customer) if customer else {}
    email = params.text("customer_email")
    if customer and email:
        raise invalid("Give either customer or customer_email, not both.", "customer_email")
    taxed = params.nested("automatic_tax").flag("enabled")
    country = ((holder.get("address") or {}).get("country") or "").upper()
    lines = [_line(line, country if taxed else "", books.now) for line in params.items("line_items")]
    if bool(lines) != (mode == "payment"):
        raise invalid("Line items belong to payment mode, and only there.", "line_items")
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("All line items must be in one currency.", "line_items")
    total = sum(line["amount_total"] for line in lines)
    currency = lines[0]["currency"] if lines else params.text("currency") or ""
    params.accept("currency")
    key = new_id("checkout.session")
    session = books.add(
        "checkout.session",
        {
            "adaptive_pricing": {"enabled": False} if lines else None,
            "after_expiration": None,
            "allow_promotion_codes": None,
            "allowed_payment_method_types": None,
            "amount_subtotal": sum(line["amount_subtotal"] for line in lines) if lines else None,
            "amount_total": total if lines else None,
            "automatic_tax": _automatic_tax(taxed=taxed, known=bool(country)),
            "billing_address_collection": None,
            "cancel_url": params.text("cancel_url"),
            "client_reference_id": params.text("client_reference_id"),
            "client_secret": None,
            "collected_information": None,
            "consent": None,
            "consent_collection": None,
            "currency": currency or None,
            "currency_conversion": None,
            "custom_fields": [],
            "custom_text": {
                "after_submit": None,
                "shipping_address": None,
                "submit": None,
                "terms_of_service_acceptance": None,
            },
            "customer": customer,
            "customer_account": None,
            "customer_creation": _creates_customer(params, customer),
            "customer_details": _details(holder, email or holder.get("email")),
            "customer_email": email,
            "discounts": [] if lines else None,
            "expires_at": _expiry(books, params),
            "invoice": None,
            "invoice_creation": None,
            "integration_identifier": None,
            "locale": params.text("locale"),
            "managed_payments": None,
            "metadata": params.metadata(),
            "mode": mode,
            "origin_context": None,
            "payment_intent": None,
            "payment_link": None,
            "payment_method_collection": "if_required" if lines else "always",
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": offered(params, currency),
            "payment_status": "unpaid" if total else "no_payment_required",
            "permissions": None,
            "phone_number_collection": {"enabled": False},
            "recovered_from": None,
            "saved_payment_method_options": None,
            "setup_intent": None,
            "shipping_address_collection": None,
            "shipping_cost": None,
            "shipping_options": [],
            "status": "open",
            "submit_type": None,
            "subscription": None,
            "success_url": params.need("success_url"),
            "total_details": _totals(lines) if lines else None,
            "ui_mode": "hosted_page",
            "url": f"{books.terms.page_base}/c/pay/{key}",
            "wallet_options": None,
            "_lines": lines,
            "_intent": _intent_data(params, mode),
        },
        key=key,
    )
    params.accept(*LOOKS)
    if mode == "setup":
        intent = setup_intents.make(books, customer, types=session["payment_method_types"])
        _describe(books, intent, session)
        session["setup_intent"] = intent["id"]
        books.save(session)
        emit(books, "setup_intent.created", intent)
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


def lines_of(session: Body) -> Body:
    return whole(f"/v1/checkout/sessions/{session['id']}/line_items", session["_lines"])


def success_address(session: Body) -> str:
    return str(session["success_url"]).replace(PLACEHOLDER, session["id"])


def pay(books: Books, session: Body, method: Body, email: str | None) -> Body:
    """What happens when somebody presses the button: the intent, paid or waiting for its holder.

    A refusal is raised after it was noted; the page stays open for another try.
    """
    if session["status"] != "open":
        raise impossible("This page was used already.")
    session["customer_details"] = _details({}, email) | {
        name: value for name, value in (session["customer_details"] or {}).items() if value is not None
    }
    if session["customer"] is None and session["customer_creation"] == "always":
        session["customer"] = customers.create(books, Params({"email": email} if email else {}))["id"]
    if session["automatic_tax"]["enabled"]:
        session["automatic_tax"]["status"] = "complete"
    intent = _intent(books, session)
    intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    books.save(intent)
    books.save(session)
    back = f"{books.terms.page_base}/c/pay/{session['id']}"
    if session["mode"] == "setup":
        intent = setup_intents.keep(books, intent, return_url=back)
    else:
        intent = payment_intents.take(books, intent, away=False, return_url=back)
    return _follow(books, session, intent)


def holder_answered(books: Books, intent: Body, *, approved: bool) -> Body:
    """The bank's page was answered, for a session's intent or one that stands alone."""
    module = payment_intents if intent["object"] == "payment_intent" else setup_intents
    intent = module.holder_answered(books, intent, approved=approved)
    session = of_intent(books, intent)
    return _follow(books, session, intent) if session else intent


def bank_answered(books: Books, intent: Body, *, honoured: bool) -> None:
    payment_intents.bank_answered(books, intent, honoured=honoured)
    session = of_intent(books, intent)
    if session is None:
        return
    if honoured:
        session["payment_status"] = "paid"
        books.save(session)
    answer = "succeeded" if honoured else "failed"
    emit(books, f"checkout.session.async_payment_{answer}", session)


def of_intent(books: Books, intent: Body) -> Body | None:
    found = books.find("checkout.session", **{intent["object"]: intent["id"]})
    return found[0] if found else None


def fresh_method(books: Books, session: Body, card: PlayCard, email: str | None) -> Body:
    return make_method(books, card, currency=session["currency"] or "usd", email=email)


def _follow(books: Books, session: Body, intent: Body) -> Body:
    """Complete the session once its intent is through."""
    if intent["status"] not in {"succeeded", "processing"} or session["status"] != "open":
        return intent
    session |= {"status": "complete", "url": None}
    if intent["status"] == "succeeded" and session["payment_status"] == "unpaid":
        session["payment_status"] = "paid"
    books.save(session)
    emit(books, "checkout.session.completed", session)
    return intent


def _intent(books: Books, session: Body) -> Body:
    """Its intent; that of a payment is made when somebody first tries to pay."""
    kind = "setup_intent" if session["mode"] == "setup" else "payment_intent"
    if session[kind]:
        return books.get(kind, session[kind])
    intent = payment_intents.make(
        books,
        session["amount_total"],
        session["currency"],
        session["customer"],
        types=session["payment_method_types"],
    )
    _describe(books, intent, session)
    session["payment_intent"] = intent["id"]
    emit(books, "payment_intent.created", intent)
    return intent


def _describe(books: Books, intent: Body, session: Body) -> None:
    intent |= session["_intent"]
    books.save(intent)


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


def _line(line: Params, country: str, now: int) -> Body:
    if "price" in line:
        raise invalid("This double knows no catalogue: use price_data.", line.name("price"))
    price, quantity = line.nested("price_data"), line.integer("quantity", least=1) or 1
    product = price.nested("product_data")
    name, currency = product.need("name"), price.currency()
    product.accept("description", "images", "metadata", "tax_code", "unit_label")
    line.accept("adjustable_quantity", "dynamic_tax_rates", "tax_rates", "metadata")
    unit = price.integer("unit_amount", least=0)
    if unit is None:
        raise invalid("Missing required param: unit_amount.", price.name("unit_amount"), "parameter_missing")
    behavior = price.choice("tax_behavior", "exclusive", "inclusive", "unspecified") or "unspecified"
    subtotal, inclusive = unit * quantity, behavior == "inclusive"
    due = tax.on(subtotal, country, inclusive=inclusive)
    return {
        "id": f"li_{random_text(24)}",
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": subtotal,
        "amount_tax": due,
        "amount_total": subtotal if inclusive else subtotal + due,
        "currency": currency,
        "description": name,
        "metadata": {},
        "price": _price(unit, currency, behavior, now),
        "quantity": quantity,
    }


def _price(unit: int, currency: str, behavior: str, now: int) -> Body:
    return {
        "id": f"price_{random_text(24)}",
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": now,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": f"prod_{random_text(14)}",
        "recurring": None,
        "tax_behavior": behavior,
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit,
        "unit_amount_decimal": str(unit),
    }


def _automatic_tax(*, taxed: bool, known: bool) -> Body:
    status = ("complete" if known else "requires_location_inputs") if taxed else None
    liability = {"type": "self"} if taxed else None
    return {
        "enabled": taxed,
        "liability": liability,
        "provider": "stripe" if taxed else None,
        "status": status,
    }


def _totals(lines: list[Body]) -> Body:
    return {
        "amount_discount": 0,
        "amount_shipping": 0,
        "amount_tax": sum(line["amount_tax"] for line in lines),
    }


def _details(holder: Body, email: str | None) -> Body:
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
