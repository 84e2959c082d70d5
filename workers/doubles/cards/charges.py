"""Charges: one try to take money each, made by payment intents."""

from workers.doubles.cards import balance
from workers.doubles.cards.errors import Body
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.payment_methods import card_of
from workers.doubles.cards.play_cards import Refusal
from workers.doubles.cards.store import Books
from workers.doubles.cards.verbs import optional, verb


@verb("GET", "charges/<key>", "charges.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return books.get("charge", key)


@verb("POST", "charges/<key>", "charges.update")
def update(books: Books, params: Params, key: str) -> Body:
    charge = books.get("charge", key)
    charge["metadata"] = params.metadata(charge["metadata"])
    charge |= optional(description=params.text("description"), transfer_group=params.text("transfer_group"))
    books.save(charge)
    emit(books, "charge.updated", charge)
    return charge


@verb("GET", "charges", "charges.list")
def listed(books: Books, params: Params) -> Body:
    return page(
        books,
        params,
        "charge",
        "/v1/charges",
        customer=params.text("customer"),
        payment_intent=params.text("payment_intent"),
        transfer_group=params.text("transfer_group"),
    )


def succeed(books: Books, intent: Body, method: Body) -> Body:
    """Money came. What it costs is known a moment later, as with the real one."""
    charge = _make(books, intent, method, "succeeded")
    emit(books, "charge.succeeded", charge)
    settle(books, charge, method)
    return charge


def fail(books: Books, intent: Body, method: Body, refusal: Refusal) -> Body:
    charge = _make(books, intent, method, "failed", refusal)
    emit(books, "charge.failed", charge)
    return charge


def begin(books: Books, intent: Body, method: Body) -> Body:
    """A debit that the bank answers later."""
    charge = _make(books, intent, method, "pending")
    emit(books, "charge.pending", charge)
    return charge


def honour(books: Books, charge: Body, method: Body) -> None:
    charge |= {"status": "succeeded", "paid": True, "amount_captured": charge["amount"], "captured": True}
    books.save(charge)
    emit(books, "charge.succeeded", charge)
    settle(books, charge, method)


def refuse(books: Books, charge: Body, refusal: Refusal) -> None:
    charge |= {"status": "failed", "failure_code": refusal.code, "failure_message": refusal.message}
    books.save(charge)
    emit(books, "charge.failed", charge)


def settle(books: Books, charge: Body, method: Body) -> None:
    """Book the money and the fee."""
    amount = charge["amount"]
    kind = "charge" if method["type"] == "card" else "payment"
    booked = balance.book(
        books, kind, amount, charge, fee=balance.fee_of(amount), available_in=books.terms.settles_after
    )
    charge["balance_transaction"] = booked["id"]
    books.save(charge)
    emit(books, "charge.updated", charge)


def _make(books: Books, intent: Body, method: Body, status: str, refusal: Refusal | None = None) -> Body:
    paid = status == "succeeded"
    return books.add(
        "charge",
        {
            "amount": intent["amount"],
            "amount_captured": intent["amount"] if paid else 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "PLAY MONEY",
            "captured": paid,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": refusal.code if refusal else None,
            "failure_message": refusal.message if refusal else None,
            "fraud_details": {},
            "metadata": dict(intent["metadata"]),
            "on_behalf_of": None,
            "outcome": _outcome(refusal),
            "paid": paid,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": _details(method),
            "receipt_email": intent["receipt_email"],
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": status,
            "transfer_data": None,
            "transfer_group": intent["transfer_group"],
        },
    )


def _outcome(refusal: Refusal | None) -> Body:
    told = "The bank did not say why." if refusal else "Payment complete."
    return {
        "advice_code": "try_again_later" if refusal else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if refusal else "approved_by_network",
        "reason": refusal.decline or refusal.code if refusal else None,
        "risk_level": "normal",
        "seller_message": told,
        "type": "issuer_declined" if refusal else "authorized",
    }


def _details(method: Body) -> Body:
    kind = method["type"]
    if kind != "card":
        return {"type": kind, kind: method[kind]}
    card = method["card"]
    asked = card_of(method).asks != "never"
    return {
        "type": "card",
        "card": {
            "brand": card["brand"],
            "checks": card["checks"],
            "country": card["country"],
            "exp_month": card["exp_month"],
            "exp_year": card["exp_year"],
            "fingerprint": card["fingerprint"],
            "funding": card["funding"],
            "last4": card["last4"],
            "network": card["brand"],
            "three_d_secure": {"result": "authenticated", "version": "2.2.0"} if asked else None,
            "wallet": None,
        },
    }
