"""Payment intents: from wanting money to having it, or not."""

from workers.doubles.cards import charges, tax
from workers.doubles.cards.customers import living
from workers.doubles.cards.errors import ApiError, Body, impossible, invalid
from workers.doubles.cards.events import emit
from workers.doubles.cards.intents import WAITING, ask_holder, noted, unexpected_state
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.payment_methods import attach_to, card_error, card_of, find, offered
from workers.doubles.cards.play_cards import BANK_REFUSED, NEEDS_HOLDER, NOT_CONFIRMED, Refusal
from workers.doubles.cards.store import Books, new_id, random_text, shown
from workers.doubles.cards.verbs import optional, verb

# Seconds by the clock until a bank answers, and until a holder disputes.
BANK_ANSWERS_AFTER = 60
DISPUTED_AFTER = 60
# Less costs more than it brings.
LEAST, LEAST_OTHERWISE = {"gbp": 30}, 50
TEXTS = (
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


@verb("POST", "payment_intents", "payment_intents.create")
def create(books: Books, params: Params) -> Body:
    amount, currency = params.amount(), params.currency()
    check_size(amount, currency)
    customer = params.text("customer")
    if customer:
        living(books, customer)
    intent = make(books, amount, currency, customer, types=offered(params, currency))
    intent["metadata"] = params.metadata()
    _change(books, intent, params)
    params.choice("capture_method", "automatic", "automatic_async")
    params.choice("confirmation_method", "automatic")
    confirmed = params.flag("confirm")
    if not confirmed and "off_session" in params:
        raise invalid("off_session can only be given with confirm=true.", "off_session")
    emit(books, "payment_intent.created", intent)
    return _confirm(books, intent, params) if confirmed else intent


@verb("GET", "payment_intents/<key>", "payment_intents.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    params.accept("client_secret")
    return books.get("payment_intent", key)


@verb("POST", "payment_intents/<key>", "payment_intents.update")
def update(books: Books, params: Params, key: str) -> Body:
    intent = books.get("payment_intent", key)
    if intent["status"] in WAITING:
        intent |= optional(amount=params.integer("amount", least=1), currency=params.text("currency"))
    intent["metadata"] = params.metadata(intent["metadata"])
    _change(books, intent, params)
    return intent


@verb("POST", "payment_intents/<key>/confirm", "payment_intents.confirm")
def confirm(books: Books, params: Params, key: str) -> Body:
    intent = books.get("payment_intent", key)
    _change(books, intent, params)
    return _confirm(books, intent, params)


@verb("POST", "payment_intents/<key>/cancel", "payment_intents.cancel")
def cancel(books: Books, params: Params, key: str) -> Body:
    reasons = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
    reason = params.choice("cancellation_reason", *reasons)
    return call_off(books, books.get("payment_intent", key), reason)


@verb("GET", "payment_intents", "payment_intents.list")
def listed(books: Books, params: Params) -> Body:
    return page(books, params, "payment_intent", "/v1/payment_intents", customer=params.text("customer"))


def make(books: Books, amount: int, currency: str, customer: str | None, *, types: list[str]) -> Body:
    """A new one that waits for a payment method."""
    key = new_id("payment_intent")
    return books.add(
        "payment_intent",
        {
            "allowed_payment_method_types": None,
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": f"{key}_secret_{random_text(24)}",
            "confirmation_method": "automatic",
            "currency": currency,
            "customer": customer,
            "customer_account": None,
            "description": None,
            "excluded_payment_method_types": None,
            "hooks": None,
            "last_payment_error": None,
            "latest_charge": None,
            "managed_payments": None,
            "metadata": {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": types,
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
        },
        key=key,
    )


def check_size(amount: int, currency: str) -> None:
    least = LEAST.get(currency, LEAST_OTHERWISE)
    if amount < least:
        raise invalid(f"Amount must be at least {least} {currency}.", "amount", "amount_too_small")


def call_off(books: Books, intent: Body, reason: str | None) -> Body:
    if intent["status"] not in WAITING:
        raise unexpected_state(intent, "cancelled")
    intent |= {
        "status": "canceled",
        "canceled_at": books.now,
        "cancellation_reason": reason,
        "next_action": None,
    }
    books.save(intent)
    emit(books, "payment_intent.canceled", intent)
    return intent


def take(books: Books, intent: Body, *, away: bool, return_url: str = "", at_once: bool = False) -> Body:
    """Charge its payment method. `away` is off session; `at_once` refuses to wait for the holder."""
    method = books.get("payment_method", intent["payment_method"])
    card = card_of(method)
    if method["type"] not in intent["payment_method_types"]:
        raise impossible(f"This PaymentIntent cannot be paid by {method['type']}.", param="payment_method")
    if refusal := (card.refused or (card.refused_later if away else None)):
        raise _refused(books, intent, method, refusal)
    if card.asks == "always" or (card.asks == "once" and not method["_confirmed"]):
        if away or at_once:
            raise _refused(books, intent, method, NEEDS_HOLDER)
        intent["last_payment_error"] = None
        return ask_holder(books, intent, return_url)
    return _charge(books, intent, method)


def holder_answered(books: Books, intent: Body, *, approved: bool) -> Body:
    """The bank's own page, where the holder said yes or no."""
    if intent["status"] != "requires_action":
        raise unexpected_state(intent, "confirmed")
    method = books.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if not approved:
        raise _refused(books, intent, method, NOT_CONFIRMED)
    if intent["setup_future_usage"] == "off_session":
        method["_confirmed"] = True
        books.save(method)
    return _charge(books, intent, method)


def bank_answered(books: Books, intent: Body, *, honoured: bool) -> None:
    """The bank's word on a debit that was on its way."""
    if intent["status"] != "processing":
        raise unexpected_state(intent, "settled")
    charge = books.get("charge", intent["latest_charge"])
    method = books.get("payment_method", intent["payment_method"])
    if honoured:
        charges.honour(books, charge, method)
        _succeed(books, intent, charge, method)
        return
    charges.refuse(books, charge, BANK_REFUSED)
    _note_failure(books, intent, method, BANK_REFUSED)


def _change(books: Books, intent: Body, params: Params) -> None:
    intent |= optional(**{name: params.text(name) for name in TEXTS})
    intent |= optional(
        setup_future_usage=params.choice("setup_future_usage", "off_session", "on_session"),
        shipping=params.whole("shipping"),
        payment_method_options=params.whole("payment_method_options"),
    )
    if key := params.text("payment_method"):
        method = find(books, key)
        if method["customer"] not in {None, intent["customer"]}:
            raise impossible("The payment method belongs to another customer.")
        intent["payment_method"] = method["id"]
        if intent["status"] == "requires_payment_method":
            intent["status"] = "requires_confirmation"
    if calculation := params.nested("hooks").nested("inputs").nested("tax").text("calculation"):
        intent["hooks"] = {"inputs": {"tax": {"calculation": tax.valid(books, calculation, intent)}}}
    params.accept("automatic_payment_methods", "radar_options")
    books.save(intent)


def _confirm(books: Books, intent: Body, params: Params) -> Body:
    away = (params.text("off_session") or "false") != "false"
    return_url = params.text("return_url") or ""
    at_once = params.flag("error_on_requires_action")
    params.accept("use_stripe_sdk", "mandate_data", "mandate")
    if intent["status"] == "requires_action" or intent["status"] not in WAITING:
        raise unexpected_state(intent, "confirmed")
    if intent["payment_method"] is None:
        raise impossible("You cannot confirm this PaymentIntent because it has no payment method.")
    return take(books, intent, away=away, return_url=return_url, at_once=at_once)


def _charge(books: Books, intent: Body, method: Body) -> Body:
    card = card_of(method)
    if card.is_bank:
        charge = charges.begin(books, intent, method)
        intent |= {"status": "processing", "latest_charge": charge["id"], "last_payment_error": None}
        books.save(intent)
        emit(books, "payment_intent.processing", intent)
        answer = "honoured" if card.honoured else "refused"
        books.later(BANK_ANSWERS_AFTER, f"bank_{answer}", intent["id"])
        return intent
    charge = charges.succeed(books, intent, method)
    if card.disputed:
        books.later(DISPUTED_AFTER, "dispute", charge["id"])
    return _succeed(books, intent, charge, method)


def _succeed(books: Books, intent: Body, charge: Body, method: Body) -> Body:
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    books.save(intent)
    method["_used"] = True
    books.save(method)
    if intent["hooks"]:
        tax.commit_for(books, intent)
    if intent["setup_future_usage"] and intent["customer"]:
        attach_to(books, method, intent["customer"])
    emit(books, "payment_intent.succeeded", intent)
    return intent


def _refused(books: Books, intent: Body, method: Body, refusal: Refusal) -> ApiError:
    """Note the failure; the error to raise."""
    if refusal is not NOT_CONFIRMED:
        intent["latest_charge"] = charges.fail(books, intent, method, refusal)["id"]
    _note_failure(books, intent, method, refusal)
    more = {"charge": intent["latest_charge"]} if intent["latest_charge"] else {}
    return card_error(refusal, payment_method=shown(method), payment_intent=shown(intent), **more)


def _note_failure(books: Books, intent: Body, method: Body, refusal: Refusal) -> None:
    error = noted(refusal, method)
    error |= {"charge": intent["latest_charge"]} if intent["latest_charge"] else {}
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
    }
    books.save(intent)
    emit(books, "payment_intent.payment_failed", intent)
