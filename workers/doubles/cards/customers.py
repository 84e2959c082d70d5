"""Customers: who pays."""

from workers.doubles.cards.errors import Body, no_such
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import Books, random_text
from workers.doubles.cards.verbs import optional, verb

TEXTS = ("email", "name", "phone", "description")


@verb("POST", "customers", "customers.create")
def create(books: Books, params: Params) -> Body:
    customer = books.add(
        "customer",
        {
            "address": None,
            "balance": 0,
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "description": None,
            "discount": None,
            "email": None,
            "invoice_prefix": random_text(8).upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "metadata": {},
            "name": None,
            "next_invoice_sequence": 1,
            "phone": None,
            "preferred_locales": [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        },
    )
    _change(books, customer, params)
    emit(books, "customer.created", customer)
    return customer


@verb("GET", "customers/<key>", "customers.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return books.get("customer", key)


@verb("POST", "customers/<key>", "customers.update")
def update(books: Books, params: Params, key: str) -> Body:
    customer = living(books, key, param="id")
    _change(books, customer, params)
    emit(books, "customer.updated", customer)
    return customer


@verb("DELETE", "customers/<key>", "customers.delete")
def delete(books: Books, params: Params, key: str) -> Body:
    """It stays as a bare id, as charges still point to it."""
    customer = living(books, key, param="id")
    for method in books.find("payment_method", customer=key):
        books.save(method | {"customer": None})
    emit(books, "customer.deleted", customer)
    gone = {"id": key, "object": "customer", "deleted": True}
    books.save(gone)
    return gone


@verb("GET", "customers", "customers.list")
def listed(books: Books, params: Params) -> Body:
    return page(books, params, "customer", "/v1/customers", email=params.text("email"), livemode=0)


def living(books: Books, key: str, *, param: str = "customer") -> Body:
    """A customer who was not deleted."""
    customer = books.get("customer", key, param="" if param == "id" else param)
    if customer.get("deleted"):
        raise no_such("customer", key, param=param, status=404 if param == "id" else 400)
    return customer


def _change(books: Books, customer: Body, params: Params) -> None:
    customer |= optional(**{name: params.text(name) for name in TEXTS})
    customer["metadata"] = params.metadata(customer["metadata"])
    customer |= optional(
        address=params.whole("address"),
        shipping=params.whole("shipping"),
        tax_exempt=params.choice("tax_exempt", "none", "exempt", "reverse"),
    )
    if locales := params.texts("preferred_locales"):
        customer["preferred_locales"] = locales
    settings = params.nested("invoice_settings")
    if method := settings.text("default_payment_method"):
        books.get("payment_method", method, param="invoice_settings[default_payment_method]")
        customer["invoice_settings"]["default_payment_method"] = method
    params.accept("tax", "tax_id_data", "cash_balance")
    books.save(customer)
