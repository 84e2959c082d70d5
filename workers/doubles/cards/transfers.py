"""Transfers: money of the platform to a connected account, and back."""

from workers.doubles.cards import accounts, balance, payouts
from workers.doubles.cards.errors import Body, impossible
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page, whole
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import Books, random_text
from workers.doubles.cards.verbs import verb


@verb("POST", "transfers", "transfers.create")
def create(books: Books, params: Params) -> Body:
    amount, currency = params.amount(), params.currency()
    account = accounts.ready(books, params.need("destination"))
    source = params.text("source_transaction")
    waits = _covered(books, amount, currency, source)
    params.accept("source_type")
    transfer = books.add(
        "transfer",
        {
            "amount": amount,
            "amount_reversed": 0,
            "balance_transaction": None,
            "currency": currency,
            "description": params.text("description"),
            "destination": account["id"],
            "destination_payment": f"py_{random_text(24)}",
            "metadata": params.metadata(),
            "reversals": None,
            "reversed": False,
            "source_transaction": source,
            "source_type": "card",
            "transfer_group": params.text("transfer_group"),
        },
    )
    transfer["reversals"] = whole(f"/v1/transfers/{transfer['id']}/reversals", [])
    booked = balance.book(books, "transfer", -amount, transfer, available_in=waits)
    transfer["balance_transaction"] = booked["id"]
    books.save(transfer)
    theirs = books.of(account["id"])
    came = {"id": transfer["destination_payment"], "currency": currency}
    balance.book(theirs, "payment", amount, came, available_in=waits)
    payouts.plan(theirs, account, waits)
    emit(books, "transfer.created", transfer)
    return transfer


@verb("GET", "transfers/<key>", "transfers.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return books.get("transfer", key)


@verb("POST", "transfers/<key>", "transfers.update")
def update(books: Books, params: Params, key: str) -> Body:
    transfer = books.get("transfer", key)
    transfer["metadata"] = params.metadata(transfer["metadata"])
    transfer["description"] = params.text("description") or transfer["description"]
    books.save(transfer)
    emit(books, "transfer.updated", transfer)
    return transfer


@verb("GET", "transfers", "transfers.list")
def listed(books: Books, params: Params) -> Body:
    destination, group = params.text("destination"), params.text("transfer_group")
    return page(books, params, "transfer", "/v1/transfers", destination=destination, transfer_group=group)


@verb("POST", "transfers/<key>/reversals", "transfers.reversals.create")
def reverse(books: Books, params: Params, key: str) -> Body:
    transfer = books.get("transfer", key)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.integer("amount", least=1) or left
    theirs = books.of(transfer["destination"])
    if not 0 < amount <= left:
        raise impossible(f"Only {left} of this transfer can be reversed.", param="amount")
    if balance.available(theirs, transfer["currency"]) < amount:
        raise impossible("The account does not have enough left to reverse that.", "balance_insufficient")
    params.accept("refund_application_fee")
    reversal = books.add(
        "transfer_reversal",
        {
            "amount": amount,
            "balance_transaction": None,
            "currency": transfer["currency"],
            "destination_payment_refund": f"pyr_{random_text(24)}",
            "metadata": params.metadata(),
            "source_refund": None,
            "transfer": key,
            "_description": params.text("description"),
        },
    )
    reversal["balance_transaction"] = balance.book(books, "transfer_refund", amount, reversal)["id"]
    books.save(reversal)
    went = {"id": reversal["destination_payment_refund"], "currency": transfer["currency"]}
    balance.book(theirs, "payment_refund", -amount, went)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, reversal)
    books.save(transfer)
    emit(books, "transfer.reversed", transfer)
    return reversal


@verb("GET", "transfers/<transfer>/reversals/<key>", "transfers.reversals.retrieve")
def retrieve_reversal(books: Books, params: Params, transfer: str, key: str) -> Body:
    return books.get("transfer_reversal", key)


@verb("GET", "transfers/<transfer>/reversals", "transfers.reversals.list")
def reversals(books: Books, params: Params, transfer: str) -> Body:
    return page(books, params, "transfer_reversal", f"/v1/transfers/{transfer}/reversals", transfer=transfer)


def _covered(books: Books, amount: int, currency: str, source: str | None) -> int:
    """Seconds until the money moves: at once out of what is available, or with the charge it comes from."""
    if source is None:
        if balance.available(books, currency) < amount:
            raise impossible("You have insufficient available funds in your balance.", "balance_insufficient")
        return 0
    charge = books.get("charge", source, param="source_transaction")
    sent = sum(each["amount"] for each in books.find("transfer", source_transaction=source))
    if charge["currency"] != currency or amount + sent > charge["amount"] - charge["amount_refunded"]:
        raise impossible("The charge does not have that much left to transfer.", param="source_transaction")
    if charge["balance_transaction"] is None:
        raise impossible("The charge did not succeed.", param="source_transaction")
    ready = int(books.get("balance_transaction", charge["balance_transaction"])["available_on"])
    return max(0, ready - books.now)
