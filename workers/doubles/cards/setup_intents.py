"""Setup intents: saving a payment method for later."""

from workers.doubles.cards.customers import living
from workers.doubles.cards.errors import ApiError, Body, impossible
from workers.doubles.cards.events import emit
from workers.doubles.cards.intents import WAITING, ask_holder, noted, unexpected_state
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.payment_methods import attach_to, card_error, card_of, find, offered
from workers.doubles.cards.play_cards import Refusal
from workers.doubles.cards.store import Books, new_id, random_text, shown
from workers.doubles.cards.verbs import optional, verb

NOT_CONFIRMED = Refusal(
    "setup_intent_authentication_failure", "", "The card's bank could not confirm that it is you."
)


@verb("POST", "setup_intents", "setup_intents.create")
def create(books: Books, params: Params) -> Body:
    customer = params.text("customer")
    if customer:
        living(books, customer)
    intent = make(books, customer, types=offered(params, ""))
    intent["usage"] = params.choice("usage", "off_session", "on_session") or "off_session"
    confirmed = params.flag("confirm")
    _change(books, intent, params)
    emit(books, "setup_intent.created", intent)
    return _confirm(books, intent, params) if confirmed else intent


@verb("GET", "setup_intents/<key>", "setup_intents.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    params.accept("client_secret")
    return books.get("setup_intent", key)


@verb("POST", "setup_intents/<key>", "setup_intents.update")
def update(books: Books, params: Params, key: str) -> Body:
    intent = books.get("setup_intent", key)
    _change(books, intent, params)
    return intent


@verb("POST", "setup_intents/<key>/confirm", "setup_intents.confirm")
def confirm(books: Books, params: Params, key: str) -> Body:
    intent = books.get("setup_intent", key)
    _change(books, intent, params)
    return _confirm(books, intent, params)


@verb("POST", "setup_intents/<key>/cancel", "setup_intents.cancel")
def cancel(books: Books, params: Params, key: str) -> Body:
    reason = params.choice("cancellation_reason", "abandoned", "duplicate", "requested_by_customer")
    return call_off(books, books.get("setup_intent", key), reason)


@verb("GET", "setup_intents", "setup_intents.list")
def listed(books: Books, params: Params) -> Body:
    customer, method = params.text("customer"), params.text("payment_method")
    return page(books, params, "setup_intent", "/v1/setup_intents", customer=customer, payment_method=method)


def make(books: Books, customer: str | None, *, types: list[str]) -> Body:
    key = new_id("setup_intent")
    return books.add(
        "setup_intent",
        {
            "allowed_payment_method_types": None,
            "application": None,
            "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
            "cancellation_reason": None,
            "client_secret": f"{key}_secret_{random_text(24)}",
            "customer": customer,
            "description": None,
            "excluded_payment_method_types": None,
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "mandate": None,
            "metadata": {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": types,
            "single_use_mandate": None,
            "status": "requires_payment_method",
            "usage": "off_session",
        },
        key=key,
    )


def call_off(books: Books, intent: Body, reason: str | None) -> Body:
    if intent["status"] not in WAITING:
        raise unexpected_state(intent, "cancelled")
    intent |= {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    books.save(intent)
    emit(books, "setup_intent.canceled", intent)
    return intent


def keep(books: Books, intent: Body, *, return_url: str = "") -> Body:
    """Save its payment method, once its holder confirmed where the bank wants that."""
    method = books.get("payment_method", intent["payment_method"])
    card = card_of(method)
    if card.refused:
        raise _refused(books, intent, method, card.refused)
    if card.asks == "never":
        return _succeed(books, intent, method)
    intent["last_setup_error"] = None
    return ask_holder(books, intent, return_url)


def holder_answered(books: Books, intent: Body, *, approved: bool) -> Body:
    if intent["status"] != "requires_action":
        raise unexpected_state(intent, "confirmed")
    method = books.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if not approved:
        raise _refused(books, intent, method, NOT_CONFIRMED)
    method["_confirmed"] = True
    books.save(method)
    return _succeed(books, intent, method)


def _change(books: Books, intent: Body, params: Params) -> None:
    intent["metadata"] = params.metadata(intent["metadata"])
    intent |= optional(
        description=params.text("description"), payment_method_options=params.whole("payment_method_options")
    )
    if key := params.text("payment_method"):
        method = find(books, key)
        if method["customer"] not in {None, intent["customer"]}:
            raise impossible("The payment method belongs to another customer.")
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    params.accept("automatic_payment_methods")
    books.save(intent)


def _confirm(books: Books, intent: Body, params: Params) -> Body:
    return_url = params.text("return_url") or ""
    params.accept("use_stripe_sdk", "mandate_data", "off_session")
    if intent["status"] == "requires_action" or intent["status"] not in WAITING:
        raise unexpected_state(intent, "confirmed")
    if intent["payment_method"] is None:
        raise impossible("You cannot confirm this SetupIntent because it has no payment method.")
    return keep(books, intent, return_url=return_url)


def _succeed(books: Books, intent: Body, method: Body) -> Body:
    intent |= {"status": "succeeded", "last_setup_error": None, "next_action": None}
    books.save(intent)
    if intent["customer"]:
        attach_to(books, method, intent["customer"])
    emit(books, "setup_intent.succeeded", intent)
    return intent


def _refused(books: Books, intent: Body, method: Body, refusal: Refusal) -> ApiError:
    intent |= {
        "status": "requires_payment_method",
        "last_setup_error": noted(refusal, method),
        "payment_method": None,
    }
    books.save(intent)
    emit(books, "setup_intent.setup_failed", intent)
    return card_error(refusal, payment_method=shown(method), setup_intent=shown(intent))
