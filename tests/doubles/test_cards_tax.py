"""Tax at the card processor's double: on its pages, reckoned beforehand, and tied to a charge."""

import pytest
import stripe

from tests.doubles.cards import CardsDouble
from tests.doubles.checkout import BACK, url_of


def a_taxed_session(
    api: stripe.StripeClient, customer: stripe.Customer, behavior: str, **more: object
) -> stripe.checkout.Session:
    price = {
        "currency": "eur",
        "unit_amount": 1190,
        "product_data": {"name": "A tier"},
        "tax_behavior": behavior,
    }
    return api.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "customer": customer.id,
            "success_url": BACK,
            "automatic_tax": {"enabled": True},
            "line_items": [{"price_data": price, "quantity": 1}],
            **more,
        }  # type: ignore[arg-type]
    )


def test_tax_is_added_where_the_customer_lives(double: CardsDouble, api: stripe.StripeClient) -> None:
    german = api.v1.customers.create({"address": {"country": "DE"}})
    session = a_taxed_session(api, german, "exclusive")
    assert (session.automatic_tax.enabled, session.automatic_tax.status) == (True, "complete")
    assert (session.amount_subtotal, session.amount_total) == (1190, 1416)
    assert session.total_details
    assert session.total_details.amount_tax == 226
    assert "€14.16" in double.visit(url_of(session)).text


def test_a_page_asks_who_never_said_where_they_live(double: CardsDouble, api: stripe.StripeClient) -> None:
    unknown = api.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        a_taxed_session(api, unknown, "inclusive")
    assert refused.value.code == "customer_tax_location_invalid"
    session = a_taxed_session(api, unknown, "inclusive", customer_update={"address": "auto"})
    assert session.automatic_tax.status == "requires_location_inputs"
    assert "Choose your country" in double.pay(url_of(session)).text
    double.pay(url_of(session), country="DE")
    paid = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["total_details.breakdown"]})
    assert (paid.status, paid.amount_total, paid.automatic_tax.status) == ("complete", 1190, "complete")
    assert paid.total_details and paid.total_details.breakdown
    [share] = paid.total_details.breakdown.taxes
    assert (share.amount, share.rate.effective_percentage) == (190, 19.0)
    holder = api.v1.customers.retrieve(unknown.id)
    assert holder.address and holder.address.country == "DE"


def test_tax_is_calculated_and_recorded(api: stripe.StripeClient) -> None:
    calculation = api.v1.tax.calculations.create(
        {
            "currency": "eur",
            "line_items": [{"amount": 1190, "reference": "post", "tax_behavior": "inclusive"}],
            "customer_details": {"address": {"country": "DE"}, "address_source": "billing"},
        }
    )
    assert (calculation.amount_total, calculation.tax_amount_inclusive) == (1190, 190)
    assert calculation.id
    transaction = api.v1.tax.transactions.create_from_calculation(
        {"calculation": calculation.id, "reference": "invoice-12"}
    )
    assert transaction.type == "transaction"
    reversal = api.v1.tax.transactions.create_reversal(
        {"mode": "full", "original_transaction": transaction.id, "reference": "refund-12"}
    )
    assert reversal.line_items
    assert reversal.line_items.data[0].amount_tax == -190


def test_a_charge_tied_to_a_calculation_is_recorded_by_itself(api: stripe.StripeClient) -> None:
    """Once: the reference is taken then."""
    holder = api.v1.customers.create({"address": {"country": "FR"}})
    calculation = api.v1.tax.calculations.create(
        {
            "currency": "eur",
            "customer": holder.id,
            "line_items": [{"amount": 600, "reference": "post", "tax_behavior": "inclusive"}],
        }
    )
    assert (calculation.tax_amount_inclusive, bool(calculation.id)) == (100, True)
    tied = {"inputs": {"tax": {"calculation": str(calculation.id)}}}
    paid = api.v1.payment_intents.create(
        {
            "amount": 600,
            "currency": "eur",
            "customer": holder.id,
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            "hooks": tied,  # type: ignore[typeddict-item]
        }
    )
    assert paid.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.tax.transactions.create_from_calculation(
            {"calculation": str(calculation.id), "reference": paid.id}
        )
    assert "exists already" in str(refused.value)


def test_where_nobody_said_where_they_live_nothing_is_reckoned(api: stripe.StripeClient) -> None:
    nobody = api.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.tax.calculations.create(
            {"currency": "eur", "customer": nobody.id, "line_items": [{"amount": 600, "reference": "post"}]}
        )
    assert refused.value.code == "customer_tax_location_invalid"
