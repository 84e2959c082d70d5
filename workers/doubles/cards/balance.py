"""The balance of an account, and the transactions that it is the sum of."""

from collections.abc import Iterable

from workers.doubles.cards.errors import Body
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import Books
from workers.doubles.cards.verbs import verb

FEE_PER_MILLE, FEE_FIXED = 29, 30
CATEGORIES = {
    "adjustment": "dispute",
    "payment": "charge",
    "payment_refund": "refund",
    "payment_failure_refund": "charge_failure",
    "refund_failure": "refund_failure",
    "payout_failure": "payout_reversal",
    "transfer_refund": "transfer_reversal",
}


def fee_of(amount: int) -> int:
    """2.9 % and 30 of the smallest unit, rounded half up."""
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED


def book(  # noqa: PLR0913 - what an entry may say
    books: Books,
    kind: str,
    amount: int,
    source: Body,
    *,
    fee: int = 0,
    available_in: int = 0,
    category: str = "",
    description: str | None = None,
) -> Body:
    """One transaction; positive amounts are ours."""
    currency = source["currency"]
    details = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees" if kind in {"charge", "payment"} else "Dispute fee",
        "type": "stripe_fee",
    }
    return books.add(
        "balance_transaction",
        {
            "amount": amount,
            "available_on": books.now + available_in,
            "balance_type": "payments",
            "currency": currency,
            "description": description or source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [details] if fee else [],
            "net": amount - fee,
            "reporting_category": category or CATEGORIES.get(kind, kind),
            "source": source["id"],
            "status": "pending" if available_in else "available",
            "type": kind,
            # The automatic payout that took it.
            "_payout": None,
        },
    )


def settle(books: Books) -> None:
    """What is due by the clock becomes available, in all accounts."""
    books.sql.execute(
        "update objects set body = json_set(body, '$.status', 'available')"
        " where kind = 'balance_transaction' and json_extract(body, '$.status') = 'pending'"
        " and json_extract(body, '$.available_on') <= ?",
        (books.now,),
    )


def available(books: Books, currency: str) -> int:
    return _sums(books, "available").get(currency, 0)


def _sums(books: Books, status: str) -> dict[str, int]:
    return dict(
        books.sql.execute(
            "select json_extract(body, '$.currency'), sum(json_extract(body, '$.net')) from objects"
            " where kind = 'balance_transaction' and account = ? and json_extract(body, '$.status') = ?"
            " group by 1 order by 1",
            (books.account, status),
        )
    )


@verb("GET", "balance", "balance.retrieve")
def retrieve(books: Books, params: Params) -> Body:
    now, later = _sums(books, "available"), _sums(books, "pending")
    currencies = sorted(now.keys() | later.keys()) or ["usd"]
    return {
        "object": "balance",
        "available": list(_lines(now, currencies)),
        "livemode": False,
        "pending": list(_lines(later, currencies)),
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }


def _lines(sums: dict[str, int], currencies: list[str]) -> Iterable[Body]:
    for currency in currencies:
        amount = sums.get(currency, 0)
        yield {"amount": amount, "currency": currency, "source_types": {"card": amount}}


@verb("GET", "balance_transactions/<key>", "balance_transactions.retrieve")
def retrieve_one(books: Books, params: Params, key: str) -> Body:
    return books.get("balance_transaction", key)


@verb("GET", "balance_transactions", "balance_transactions.list")
def listed(books: Books, params: Params) -> Body:
    payout = params.text("payout")
    if payout:
        books.get("payout", payout, param="payout")
    return page(
        books,
        params,
        "balance_transaction",
        "/v1/balance_transactions",
        _payout=payout,
        type=params.text("type"),
        source=params.text("source"),
        currency=params.text("currency"),
    )
