"""Payment methods: cards and bank accounts, alone or saved with a customer."""

from workers.doubles.cards.customers import living
from workers.doubles.cards.errors import ApiError, Body, impossible, invalid, no_such
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.play_cards import BY_TOKEN, CARDS, PlayCard, Refusal
from workers.doubles.cards.store import Books
from workers.doubles.cards.verbs import verb

# Debits from bank accounts, where the currency has one.
DEBITS = {"eur": "sepa_debit", "usd": "us_bank_account"}
EXPIRES = (12, 2040)
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


@verb("POST", "payment_methods", "payment_methods.create")
def create(books: Books, params: Params) -> Body:
    params.choice("type", "card", "us_bank_account", "sepa_debit")
    given, bank, debit = params.nested("card"), params.nested("us_bank_account"), params.nested("sepa_debit")
    number = given.text("number") or bank.text("account_number") or debit.text("iban")
    card = CARDS.get((number or "").replace(" ", ""))
    if card is None:
        raise ApiError(
            "The card number is not one of the test cards.",
            status=402,
            kind="card_error",
            code="incorrect_number",
            param="number",
        )
    given.accept("exp_month", "exp_year", "cvc", "networks")
    bank.accept("routing_number", "account_holder_type", "account_type")
    method = make(books, card, metadata=params.metadata())
    details = params.nested("billing_details")
    method["billing_details"] |= {n: details.text(n) for n in ("email", "name", "phone") if n in details}
    if address := details.whole("address"):
        method["billing_details"]["address"] |= address
    params.accept("allow_redisplay")
    books.save(method)
    return method


@verb("GET", "payment_methods/<key>", "payment_methods.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return find(books, key, param="")


@verb("POST", "payment_methods/<key>", "payment_methods.update")
def update(books: Books, params: Params, key: str) -> Body:
    method = books.get("payment_method", key)
    method["metadata"] = params.metadata(method["metadata"])
    if shown := params.choice("allow_redisplay", "always", "limited", "unspecified"):
        method["allow_redisplay"] = shown
    params.accept("billing_details", "card")
    books.save(method)
    emit(books, "payment_method.updated", method)
    return method


@verb("POST", "payment_methods/<key>/attach", "payment_methods.attach")
def attach(books: Books, params: Params, key: str) -> Body:
    method = find(books, key, param="")
    customer = living(books, params.need("customer"))["id"]
    if method["customer"] not in {None, customer}:
        raise impossible("The payment method is attached to another customer already.")
    if refused := card_of(method).refused:
        raise card_error(refused, payment_method=None)
    if method["_used"] and method["customer"] is None:
        raise impossible("This payment method was used or detached before and cannot be used again.")
    return attach_to(books, method, customer)


@verb("POST", "payment_methods/<key>/detach", "payment_methods.detach")
def detach(books: Books, params: Params, key: str) -> Body:
    method = books.get("payment_method", key)
    if method["customer"] is None:
        raise impossible("The payment method is not attached to a customer, so it cannot be detached.")
    owner = living(books, method["customer"])
    if owner["invoice_settings"]["default_payment_method"] == key:
        owner["invoice_settings"]["default_payment_method"] = None
        books.save(owner)
    method |= {"customer": None, "_used": True}
    books.save(method)
    emit(books, "payment_method.detached", method)
    return method


@verb("GET", "payment_methods", "payment_methods.list")
def listed(books: Books, params: Params) -> Body:
    customer = params.text("customer")
    if customer is None:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    return _of_customer(books, params, customer, "/v1/payment_methods")


@verb("GET", "customers/<customer>/payment_methods", "customers.payment_methods.list")
def listed_of(books: Books, params: Params, customer: str) -> Body:
    return _of_customer(books, params, customer, f"/v1/customers/{customer}/payment_methods")


@verb("GET", "customers/<customer>/payment_methods/<key>", "customers.payment_methods.retrieve")
def retrieve_of(books: Books, params: Params, customer: str, key: str) -> Body:
    method = books.get("payment_method", key)
    if method["customer"] != customer:
        raise no_such("payment_method", key)
    return method


def _of_customer(books: Books, params: Params, customer: str, url: str) -> Body:
    living(books, customer)
    params.accept("allow_redisplay")
    return page(books, params, "payment_method", url, customer=customer, type=params.text("type"))


def make(
    books: Books,
    card: PlayCard,
    *,
    currency: str = "usd",
    email: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Body:
    """A fresh one that nobody owns yet."""
    kind = DEBITS.get(currency, DEBITS["usd"]) if card.is_bank else "card"
    return books.add(
        "payment_method",
        {
            "allow_redisplay": "unspecified",
            "billing_details": {
                "address": dict.fromkeys(ADDRESS),
                "email": email,
                "name": None,
                "phone": None,
                "tax_id": None,
            },
            "customer": None,
            "customer_account": None,
            "metadata": metadata or {},
            "type": kind,
            kind: _card_details(card) if kind == "card" else _bank_details(card),
            "_number": card.number,
            # Its holder was there and confirmed that it may be charged later.
            "_confirmed": False,
            "_used": False,
        },
    )


def offered(params: Params, currency: str) -> list[str]:
    """The types that one may pay with: those of the currency, within what the caller allows."""
    allowed, excluded = (params.texts(f"{which}_payment_method_types") for which in ("allowed", "excluded"))
    types = ["card", *([DEBITS[currency]] if currency in DEBITS else [])]
    left = [each for each in types if (not allowed or each in allowed) and each not in excluded]
    if not left:
        raise invalid("No payment method is left to pay with.", "allowed_payment_method_types")
    return left


def find(books: Books, key: str, *, param: str = "payment_method") -> Body:
    """The one with this id; ids of test cards stand for a fresh one."""
    if key in BY_TOKEN:
        return make(books, BY_TOKEN[key])
    return books.get("payment_method", key, param=param)


def card_of(method: Body) -> PlayCard:
    return CARDS[method["_number"]]


def attach_to(books: Books, method: Body, customer: str) -> Body:
    """Save it with a customer."""
    if method["customer"] != customer:
        method["customer"] = customer
        books.save(method)
        emit(books, "payment_method.attached", method)
    return method


def card_error(refusal: Refusal, **more: object) -> ApiError:
    """A refusal by the bank; what was noted of it stays."""
    noted = dict(more) | ({"decline_code": refusal.decline} if refusal.decline else {})
    return ApiError(refusal.message, status=402, kind="card_error", code=refusal.code, more=noted, keep=True)


def _card_details(card: PlayCard) -> Body:
    month, year = EXPIRES
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"play{card.number[-12:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _bank_details(card: PlayCard) -> Body:
    return {
        "bank_name": "Play Bank",
        "country": "US",
        "fingerprint": f"play{card.number}",
        "last4": card.number[-4:],
    }
