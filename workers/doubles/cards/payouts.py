"""Payouts: what is available goes to the account's bank, on request or day by day."""

from workers.doubles.cards import balance
from workers.doubles.cards.errors import Body, impossible
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import Books
from workers.doubles.cards.verbs import verb

DAY = 86_400
ARRIVES_AFTER = 2 * DAY


@verb("POST", "payouts", "payouts.create")
def create(books: Books, params: Params) -> Body:
    amount, currency = params.amount(), params.currency()
    account = books.of("").get("account", books.account) if books.account else None
    if account and not account["payouts_enabled"]:
        raise impossible("Payouts are not enabled for this account.", "payouts_not_allowed")
    if balance.available(books, currency) < amount:
        raise impossible("You have insufficient funds in your balance.", "balance_insufficient")
    params.choice("method", "standard")
    params.accept("source_type", "statement_descriptor", "destination")
    return _make(books, amount, currency, params.text("description"), params.metadata())


@verb("GET", "payouts/<key>", "payouts.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return books.get("payout", key)


@verb("GET", "payouts", "payouts.list")
def listed(books: Books, params: Params) -> Body:
    return page(books, params, "payout", "/v1/payouts", status=params.text("status"))


@verb("POST", "payouts/<key>/cancel", "payouts.cancel")
def cancel(books: Books, params: Params, key: str) -> Body:
    payout = books.get("payout", key)
    if payout["status"] != "pending" or payout["automatic"]:
        raise impossible("Payouts can only be cancelled while they are pending.")
    balance.book(books, "payout_cancel", payout["amount"], payout, category="payout_reversal")
    payout["status"] = "canceled"
    books.save(payout)
    emit(books, "payout.canceled", payout)
    return payout


def plan(books: Books, account: Body, waits: int) -> None:
    """Money came: it goes on with the next day's payout, unless the account wants to ask for it."""
    if account["settings"]["payouts"]["schedule"]["interval"] == "daily":
        books.later(DAY + waits, "pay_out", account["id"])


def pay_all(books: Books) -> list[Body]:
    """An automatic payout of all that is available, one a currency."""
    taken = [
        txn
        for txn in books.find("balance_transaction", status="available")
        if txn["_payout"] is None and not txn["type"].startswith("payout")
    ]
    made = []
    for currency in sorted({txn["currency"] for txn in taken}):
        mine = [txn for txn in taken if txn["currency"] == currency]
        amount = min(sum(txn["net"] for txn in mine), balance.available(books, currency))
        if amount <= 0:
            continue
        payout = _make(books, amount, currency, "STRIPE PAYOUT", {}, automatic=True)
        for txn in mine:
            books.save(txn | {"_payout": payout["id"]})
        made.append(payout)
    return made


def arrive(books: Books, payout: Body) -> None:
    """The bank took it, or sent it back."""
    if payout["status"] not in {"pending", "in_transit"}:
        return
    account = books.of("").peek(books.account) if books.account else None
    if account is None or account["_bank_works"]:
        payout["status"] = "paid"
        books.save(payout)
        emit(books, "payout.paid", payout)
        return
    returned = balance.book(books, "payout_failure", payout["amount"], payout)
    payout |= {
        "status": "failed",
        "failure_balance_transaction": returned["id"],
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed.",
    }
    books.save(payout)
    emit(books, "payout.failed", payout)


def _make(
    books: Books,
    amount: int,
    currency: str,
    description: str | None,
    metadata: dict[str, str],
    *,
    automatic: bool = False,
) -> Body:
    payout = books.add(
        "payout",
        {
            "amount": amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": books.now + ARRIVES_AFTER,
            "automatic": automatic,
            "balance_transaction": None,
            "currency": currency,
            "description": description,
            "destination": None,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "metadata": metadata,
            "method": "standard",
            "original_payout": None,
            "payout_method": None,
            "reconciliation_status": "completed" if automatic else "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": "pending",
            "trace_id": None,
            "type": "bank_account",
        },
    )
    booked = balance.book(books, "payout", -amount, payout)
    payout["balance_transaction"] = booked["id"]
    books.save(payout)
    if automatic:
        books.save(booked | {"_payout": payout["id"]})
    emit(books, "payout.created", payout)
    books.later(ARRIVES_AFTER, "payout_arrives", payout["id"])
    return payout
