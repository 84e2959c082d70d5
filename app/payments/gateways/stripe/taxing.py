"""Stripe Tax: what of a price is tax, by where its payer lives, and that its reports hear of it.

A hosted page reckons it by itself and asks for the address. For a card on file it is reckoned beforehand, by
the address that an earlier page left with the customer, and tied to the charge.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import stripe

from app.payments.gateways.stripe.client import asking, key
from app.payments.gateways.stripe.objects import Tax, said

CONTAINED = "inclusive"


@dataclass(frozen=True, slots=True)
class Reckoned:
    # What Stripe's reports need to hear of it by.
    id: str | None
    tax: Tax


def reckon(attempt_id: UUID, customer_id: str, amount: int, currency: str) -> Reckoned:
    """The same attempt is the same calculation."""
    with asking(harmless=True) as client:
        made = client.v1.tax.calculations.create(
            {
                "currency": currency.lower(),
                "customer": customer_id,
                "line_items": [{"amount": amount, "reference": str(attempt_id), "tax_behavior": CONTAINED}],
            },
            key("tax", attempt_id),
        )
    rates = [part.tax_rate_details for part in made.tax_breakdown]
    bps = _bps(Decimal(rate.percentage_decimal) for rate in rates if rate.percentage_decimal)
    address = made.customer_details.address
    return Reckoned(made.id, Tax(made.tax_amount_inclusive, bps, address.country if address else None))


def of_page(found: stripe.checkout.Session) -> Tax | None:
    """With the breakdown expanded. Nothing where it was not asked for, or could not be reckoned."""
    if said(said(found, "automatic_tax"), "status") != "complete" or found.total_details is None:
        return None
    breakdown, payer = found.total_details.breakdown, found.customer_details
    shares = [share.rate for share in breakdown.taxes] if breakdown else []
    bps = _bps(Decimal(str(_percentage(rate))) for rate in shares)
    country = payer.address.country if payer and payer.address else None
    return Tax(found.total_details.amount_tax, bps, country)


def _percentage(rate: stripe.TaxRate) -> float:
    """What is applied, where that differs from what the law says."""
    return rate.percentage if rate.effective_percentage is None else rate.effective_percentage


def _bps(percentages: Iterable[Decimal]) -> int:
    return round(sum(percentages) * 100)
