"""Refunds: money back on a charge, in part or whole."""

from workers.doubles.cards import balance
from workers.doubles.cards.errors import Body, impossible, invalid
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.payment_methods import card_of
from workers.doubles.cards.store import Books
from workers.doubles.cards.verbs import verb

# Seconds by the clock until a refund turns out to have failed.
FAILS_AFTER = 60
REASONS = ("duplicate", "fraudulent", "requested_by_customer")


@verb("POST", "refunds", "refunds.create")
def create(books: Books, params: Params) -> Body:
    charge = _charge(books, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.integer("amount", least=1) or left
    if charge["status"] != "succeeded":
        raise impossible("Only a charge that succeeded can be refunded.", "charge_not_refundable")
    if left == 0:
        raise impossible(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    if any(dispute["status"] != "won" for dispute in books.find("dispute", charge=charge["id"])):
        raise impossible(f"Charge {charge['id']} is disputed and cannot be refunded.", "charge_disputed")
    if amount > left:
        raise impossible(f"Refund amount ({amount}) is greater than what is left ({left}).", param="amount")
    params.accept("instructions_email", "origin")
    refund = books.add(
        "refund",
        {
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "currency": charge["currency"],
            "customer": charge["customer"],
            "customer_account": None,
            "destination_details": {"card": {"type": "refund"}, "type": "card"},
            "metadata": params.metadata(),
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": params.choice("reason", *REASONS),
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        },
    )
    kind = "refund" if charge["payment_method_details"]["type"] == "card" else "payment_refund"
    refund["balance_transaction"] = balance.book(books, kind, -amount, refund)["id"]
    books.save(refund)
    _count(books, charge, amount)
    emit(books, "refund.created", refund)
    emit(books, "charge.refunded", charge)
    if card_of(books.get("payment_method", charge["payment_method"])).refund_fails:
        books.later(FAILS_AFTER, "fail_refund", refund["id"])
    return refund


@verb("GET", "refunds/<key>", "refunds.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return books.get("refund", key)


@verb("POST", "refunds/<key>", "refunds.update")
def update(books: Books, params: Params, key: str) -> Body:
    refund = books.get("refund", key)
    refund["metadata"] = params.metadata(refund["metadata"])
    books.save(refund)
    return refund


@verb("GET", "refunds", "refunds.list")
def listed(books: Books, params: Params) -> Body:
    charge, intent = params.text("charge"), params.text("payment_intent")
    return page(books, params, "refund", "/v1/refunds", charge=charge, payment_intent=intent)


def fail(books: Books, refund: Body) -> None:
    """The card's bank sent it back; the money is ours again."""
    charge = books.get("charge", refund["charge"])
    returned = balance.book(books, "refund_failure", refund["amount"], refund)
    refund |= {
        "status": "failed",
        "failure_reason": "lost_or_stolen_card",
        "failure_balance_transaction": returned["id"],
    }
    books.save(refund)
    _count(books, charge, -refund["amount"])
    emit(books, "refund.failed", refund)
    emit(books, "charge.refund.updated", refund)


def _charge(books: Books, params: Params) -> Body:
    key, intent = params.text("charge"), params.text("payment_intent")
    if key:
        return books.get("charge", key, param="charge")
    if intent is None:
        raise invalid("Give a charge or a payment_intent.", "charge", "parameter_missing")
    latest = books.get("payment_intent", intent, param="payment_intent")["latest_charge"]
    if latest is None:
        raise impossible(f"The PaymentIntent {intent} has no successful charge.")
    return books.get("charge", latest)


def _count(books: Books, charge: Body, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    books.save(charge)
