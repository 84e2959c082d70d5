"""What is on a bill: lines with a price made for the occasion, and their tax."""

from workers.doubles.cards import tax
from workers.doubles.cards.errors import Body, invalid
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import random_text


def read(line: Params, country: str, now: int) -> Body:
    if "price" in line:
        raise invalid("This double knows no catalogue: use price_data.", line.name("price"))
    price, quantity = line.nested("price_data"), line.integer("quantity", least=1) or 1
    product = price.nested("product_data")
    name, currency = product.need("name"), price.currency()
    product.accept("description", "images", "metadata", "tax_code", "unit_label")
    line.accept("adjustable_quantity", "dynamic_tax_rates", "tax_rates", "metadata")
    unit = price.integer("unit_amount", least=0)
    if unit is None:
        raise invalid("Missing required param: unit_amount.", price.name("unit_amount"), "parameter_missing")
    behavior = price.choice("tax_behavior", "exclusive", "inclusive", "unspecified") or "unspecified"
    return taxed(
        {
            "id": f"li_{random_text(24)}",
            "object": "item",
            "adjustable_quantity": None,
            "amount_discount": 0,
            "amount_subtotal": unit * quantity,
            "currency": currency,
            "description": name,
            "metadata": {},
            "price": _price(unit, currency, behavior, now),
            "quantity": quantity,
        },
        country,
    )


def taxed(line: Body, country: str) -> Body:
    """As it is for somebody who lives there."""
    inclusive = line["price"]["tax_behavior"] == "inclusive"
    due = tax.on(line["amount_subtotal"], country, inclusive=inclusive)
    total = line["amount_subtotal"] + (0 if inclusive else due)
    return line | {"amount_tax": due, "amount_total": total}


def _price(unit: int, currency: str, behavior: str, now: int) -> Body:
    return {
        "id": f"price_{random_text(24)}",
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": now,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": f"prod_{random_text(14)}",
        "recurring": None,
        "tax_behavior": behavior,
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit,
        "unit_amount_decimal": str(unit),
    }


def totals(lines: list[Body]) -> Body:
    return {
        "amount_discount": 0,
        "amount_shipping": 0,
        "amount_tax": sum(line["amount_tax"] for line in lines),
    }
