"""Cards that the double keeps: offered again, charged while nobody is there, and forgotten."""

import pytest
import stripe

from tests.doubles import cards
from tests.doubles.cards import CardsDouble
from tests.doubles.checkout import a_saving, a_session, charge_away, intent_of, pairs, saved, url_of


def test_a_card_saved_in_a_payment_is_charged_later(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer
) -> None:
    double.pay(url_of(a_session(api, customer)))
    assert saved(api, customer) == []
    double.pay(url_of(a_session(api, customer, keep=True)), cards.ASKS_ONCE)
    (method,) = saved(api, customer)
    assert charge_away(api, customer, method).status == "succeeded"


def test_a_saved_card_is_offered_on_the_next_page(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer
) -> None:
    double.pay(url_of(a_session(api, customer, keep=True)))
    (method,) = saved(api, customer)
    session = a_session(api, customer)
    assert "Card ending in 4242" in double.visit(url_of(session)).text
    assert double.pay(url_of(session), method).status == 303
    assert intent_of(api, session).payment_method == method


def test_nobody_pays_with_somebody_elses_card(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer
) -> None:
    double.pay(url_of(a_session(api, customer, keep=True)))
    (method,) = saved(api, customer)
    other = api.v1.customers.create({})
    assert double.pay(url_of(a_session(api, other)), method).status == 402
    with pytest.raises(stripe.InvalidRequestError):
        charge_away(api, other, method)


def test_a_card_is_saved_without_a_payment(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer
) -> None:
    session = a_saving(api, customer)
    assert session.setup_intent
    assert double.pay(url_of(session), cards.DECLINED).status == 402
    assert double.pay(url_of(session), cards.ASKS_ONCE).status == 303
    done = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert isinstance(done.setup_intent, stripe.SetupIntent)
    assert isinstance(done.setup_intent.payment_method, stripe.PaymentMethod)
    assert done.setup_intent.payment_method.customer == customer.id
    assert charge_away(api, customer, done.setup_intent.payment_method.id).status == "succeeded"


@pytest.mark.parametrize(
    ("card", "code"),
    [(cards.DECLINED_LATER, "card_declined"), (cards.ASKS_ALWAYS, "authentication_required")],
)
def test_a_charge_while_nobody_is_there_fails_with_its_reason(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer, card: str, code: str
) -> None:
    double.pay(url_of(a_session(api, customer, keep=True)), card)
    (method,) = saved(api, customer)
    with pytest.raises(stripe.CardError) as refused:
        charge_away(api, customer, method)
    error = refused.value
    assert (error.http_status, error.code) == (402, code)
    assert error.error
    assert error.error.decline_code
    assert isinstance(error.error.payment_intent, stripe.PaymentIntent)
    kept = api.v1.payment_intents.retrieve(error.error.payment_intent.id, {"expand": ["latest_charge"]})
    assert kept.status == "requires_payment_method"
    assert kept.last_payment_error
    assert kept.last_payment_error.code == code
    assert isinstance(kept.latest_charge, stripe.Charge)
    assert (kept.latest_charge.status, kept.latest_charge.balance_transaction) == ("failed", None)
    double.listener.wait_for("payment_intent.payment_failed", kept.id)


def test_a_holder_who_is_there_confirms_what_failed_without_them(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer
) -> None:
    double.pay(url_of(a_session(api, customer, keep=True)), cards.ASKS_ALWAYS)
    (method,) = saved(api, customer)
    with pytest.raises(stripe.CardError) as refused:
        charge_away(api, customer, method)
    assert refused.value.error
    assert refused.value.error.payment_intent
    key = refused.value.error.payment_intent.id
    asked = api.v1.payment_intents.confirm(
        key, {"payment_method": method, "return_url": "http://fans.example/done?a=1"}
    )
    assert asked.status == "requires_action"
    assert asked.next_action
    assert asked.next_action.redirect_to_url
    assert asked.next_action.redirect_to_url.url
    back = double.answer(asked.next_action.redirect_to_url.url, approve=True)
    assert back.location.startswith(f"http://fans.example/done?a=1&payment_intent={key}")
    assert back.location.endswith("redirect_status=succeeded")
    assert api.v1.payment_intents.retrieve(key).status == "succeeded"


def test_customers_are_changed_listed_and_deleted(api: stripe.StripeClient) -> None:
    made = api.v1.customers.create({"email": "once@example.org", "metadata": {"a": "1", "b": "2"}})
    changed = api.v1.customers.update(made.id, {"name": "Ada", "metadata": {"a": "", "c": "3"}})
    assert (changed.name, pairs(changed.metadata)) == ("Ada", {"b": "2", "c": "3"})
    found = api.v1.customers.list({"email": "once@example.org"}).data
    assert [each.id for each in found] == [made.id]
    api.v1.customers.delete(made.id)
    assert api.v1.customers.retrieve(made.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.customers.update(made.id, {"name": "Nobody"})


def test_a_detached_card_is_never_charged_again(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer
) -> None:
    double.pay(url_of(a_session(api, customer, keep=True)))
    (method,) = saved(api, customer)
    api.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method}})
    assert api.v1.payment_methods.detach(method).customer is None
    assert saved(api, customer) == []
    settings = api.v1.customers.retrieve(customer.id).invoice_settings
    assert settings
    assert settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_methods.attach(method, {"customer": customer.id})


def test_a_payment_that_waits_can_be_called_off(api: stripe.StripeClient, customer: stripe.Customer) -> None:
    intent = api.v1.payment_intents.create({"amount": 700, "currency": "usd", "customer": customer.id})
    assert intent.status == "requires_payment_method"
    assert api.v1.payment_intents.cancel(intent.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"
