"""Tax, as far as it needs to be: one rate a country."""

from workers.doubles.cards import customers
from workers.doubles.cards.errors import Body, impossible, invalid
from workers.doubles.cards.listing import whole
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import Books, random_text
from workers.doubles.cards.verbs import verb

DAYS_90 = 90 * 86_400
# Percent; elsewhere none is due.
RATES = {
    "AT": 20,
    "AU": 10,
    "BE": 21,
    "CH": 8,
    "DE": 19,
    "DK": 25,
    "ES": 21,
    "FI": 25,
    "FR": 20,
    "GB": 20,
    "IE": 23,
    "IT": 22,
    "JP": 10,
    "NL": 21,
    "NZ": 15,
    "PL": 23,
    "PT": 23,
    "SE": 25,
}


def on(amount: int, country: str | None, *, inclusive: bool) -> int:
    """The tax in (inclusive) or on top of an amount, rounded half up."""
    rate = RATES.get(country or "", 0)
    whole_ = 100 + rate if inclusive else 100
    return (amount * rate * 2 + whole_) // (2 * whole_)


@verb("POST", "tax/calculations", "tax.calculations.create")
def calculate(books: Books, params: Params) -> Body:
    currency = params.currency()
    customer, details = params.text("customer"), params.nested("customer_details")
    holder = customers.living(books, customer) if customer else {}
    address = details.whole("address") or holder.get("address") or {}
    if not address.get("country"):
        where = "customer" if customer else "customer_details[address][country]"
        raise invalid("The customer's location is not known.", where, "customer_tax_location_invalid")
    country = str(address["country"]).upper()
    lines = [_line(line, country) for line in params.items("line_items")]
    if not lines:
        raise invalid("Missing required param: line_items.", "line_items", "parameter_missing")
    added = sum(line["amount_tax"] for line in lines if line["tax_behavior"] == "exclusive")
    included = sum(line["amount_tax"] for line in lines if line["tax_behavior"] == "inclusive")
    params.accept("ship_from_details", "shipping_cost")
    return books.add(
        "tax.calculation",
        {
            "amount_total": sum(line["amount"] for line in lines) + added,
            "currency": currency,
            "customer": customer,
            "customer_details": {
                "address": address,
                "address_source": details.text("address_source") or "billing",
                "ip_address": details.text("ip_address"),
                "tax_ids": details.whole("tax_ids") or [],
                "taxability_override": details.text("taxability_override") or "none",
            },
            "expires_at": books.now + DAYS_90,
            "ship_from_details": None,
            "shipping_cost": None,
            "tax_amount_exclusive": added,
            "tax_amount_inclusive": included,
            "tax_breakdown": [_breakdown(lines, country)],
            "tax_date": params.integer("tax_date") or books.now,
            "_lines": lines,
        },
        created=False,
    )


@verb("GET", "tax/calculations/<key>", "tax.calculations.retrieve")
def retrieve_calculation(books: Books, params: Params, key: str) -> Body:
    return books.get("tax.calculation", key)


@verb("GET", "tax/calculations/<key>/line_items", "tax.calculations.line_items.list")
def calculated_lines(books: Books, params: Params, key: str) -> Body:
    params.accept("limit")
    return whole(f"/v1/tax/calculations/{key}/line_items", books.get("tax.calculation", key)["_lines"])


@verb("POST", "tax/transactions/create_from_calculation", "tax.transactions.create_from_calculation")
def commit(books: Books, params: Params) -> Body:
    calculation = books.get("tax.calculation", params.need("calculation"), param="calculation")
    if calculation["expires_at"] < books.now:
        raise impossible("This calculation has expired.", "tax_calculation_expired")
    lines = [
        line
        | {"object": "tax.transaction_line_item", "type": "transaction", "metadata": {}, "reversal": None}
        for line in calculation["_lines"]
    ]
    return _record(books, params, calculation, lines, None)


def valid(books: Books, key: str, intent: Body) -> str:
    """A calculation that a payment may be tied to."""
    calculation = books.get("tax.calculation", key, param="hooks[inputs][tax][calculation]")
    if calculation["currency"] != intent["currency"]:
        raise invalid("The calculation is in another currency.", "hooks[inputs][tax][calculation]")
    return key


def commit_for(books: Books, intent: Body) -> None:
    """By itself, once the payment is through."""
    key = intent["hooks"]["inputs"]["tax"]["calculation"]
    commit(books, Params({"calculation": key, "reference": intent["id"]}))


@verb("POST", "tax/transactions/create_reversal", "tax.transactions.create_reversal")
def reverse(books: Books, params: Params) -> Body:
    original = books.get("tax.transaction", params.need("original_transaction"), param="original_transaction")
    if params.choice("mode", "full", "partial") != "full":
        raise invalid("Only reversals of the whole are made here.", "mode")
    lines = [
        line | {"amount": -line["amount"], "amount_tax": -line["amount_tax"], "type": "reversal"}
        for line in original["line_items"]["data"]
    ]
    return _record(books, params, original, lines, original["id"])


@verb("GET", "tax/transactions/<key>", "tax.transactions.retrieve")
def retrieve_transaction(books: Books, params: Params, key: str) -> Body:
    return books.get("tax.transaction", key)


def _record(books: Books, params: Params, basis: Body, lines: list[Body], original: str | None) -> Body:
    reference = params.need("reference")
    if books.find("tax.transaction", reference=reference):
        raise impossible("A transaction with this reference exists already.", param="reference")
    transaction = books.add(
        "tax.transaction",
        {
            "currency": basis["currency"],
            "customer": basis["customer"],
            "customer_details": basis["customer_details"],
            "metadata": params.metadata(),
            "posted_at": params.integer("posted_at") or books.now,
            "reference": reference,
            "reversal": {"original_transaction": original} if original else None,
            "ship_from_details": None,
            "shipping_cost": None,
            "tax_date": basis["tax_date"],
            "type": "reversal" if original else "transaction",
        },
    )
    transaction["line_items"] = whole(f"/v1/tax/transactions/{transaction['id']}/line_items", lines)
    books.save(transaction)
    return transaction


def _line(line: Params, country: str) -> Body:
    amount = line.integer("amount") or 0
    behavior = line.choice("tax_behavior", "exclusive", "inclusive") or "exclusive"
    key = f"tax_li_{random_text(14)}"
    return {
        "id": key,
        "object": "tax.calculation_line_item",
        "amount": amount,
        "amount_tax": on(amount, country, inclusive=behavior == "inclusive"),
        "livemode": False,
        "metadata": line.metadata(),
        "product": line.text("product"),
        "quantity": line.integer("quantity") or 1,
        "reference": line.text("reference") or key,
        "tax_behavior": behavior,
        "tax_breakdown": None,
        "tax_code": line.text("tax_code") or "txcd_10000000",
    }


def shares(lines: list[Body], country: str) -> list[Body]:
    """Of what is on a page, by rate; here there is one."""
    rate = RATES.get(country, 0)
    found = {
        "id": f"txr_{random_text(24)}",
        "object": "tax_rate",
        "active": True,
        "country": country or None,
        "description": None,
        "display_name": "VAT",
        "effective_percentage": float(rate),
        "inclusive": all(line["price"]["tax_behavior"] == "inclusive" for line in lines),
        "jurisdiction": None,
        "livemode": False,
        "metadata": {},
        "percentage": float(rate),
        "state": None,
        "tax_type": "vat",
    }
    return [
        {
            "amount": sum(line["amount_tax"] for line in lines),
            "rate": found,
            "taxability_reason": "standard_rated" if rate else "not_collecting",
            "taxable_amount": sum(line["amount_subtotal"] for line in lines) if rate else 0,
        }
    ]


def _breakdown(lines: list[Body], country: str) -> Body:
    rate = RATES.get(country, 0)
    return {
        "amount": sum(line["amount_tax"] for line in lines),
        "inclusive": all(line["tax_behavior"] == "inclusive" for line in lines),
        "tax_rate_details": {
            "country": country,
            "flat_amount": None,
            "percentage_decimal": f"{rate}.0",
            "rate_type": "percentage",
            "state": None,
            "tax_type": "vat",
        },
        "taxability_reason": "standard_rated" if rate else "not_collecting",
        "taxable_amount": sum(line["amount"] for line in lines) if rate else 0,
    }
