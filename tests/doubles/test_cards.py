"""The card processor's double, asked by the processor's own client: its pages, and what is paid there."""

from pathlib import Path

import pytest
import stripe

from tests.doubles import cards
from tests.doubles.cards import CardsDouble, cards_double
from tests.doubles.checkout import BACK, CANCEL, a_saving, a_session, charge_away, intent_of, pairs, url_of
from tests.support import eventually

# What the published description of the interface calls required, of what we send.
REQUIRED = {
    "account": "id object",
    "balance": "available livemode object pending",
    "balance_transaction": "amount available_on balance_type created currency fee fee_details id net object "
    "reporting_category status type",
    "charge": "amount amount_captured amount_refunded billing_details captured created currency disputed id "
    "livemode metadata object paid refunded status",
    "checkout.session": "automatic_tax created custom_fields custom_text expires_at id livemode mode object "
    "payment_method_types payment_status shipping_options",
    "customer": "created id livemode object",
    "dispute": "amount balance_transactions charge created currency enhanced_eligibility_types evidence "
    "evidence_details id is_charge_refundable livemode metadata object reason status",
    "event": "created data id livemode object pending_webhooks type",
    "item": "amount_discount amount_subtotal amount_tax amount_total currency id object",
    "payment_intent": "amount capture_method confirmation_method created currency id livemode object "
    "payment_method_types status",
    "payment_method": "billing_details created id livemode object type",
    "payout": "amount arrival_date automatic created currency id livemode method object "
    "reconciliation_status source_type status type",
    "refund": "amount created currency id object",
    "setup_intent": "created id livemode object payment_method_types status usage",
    "transfer": "amount amount_reversed created currency id livemode metadata object reversals reversed",
    "transfer_reversal": "amount created currency id metadata object transfer",
}


def test_a_page_shows_what_is_due_and_says_that_the_money_is_play_money(
    double: CardsDouble, api: stripe.StripeClient
) -> None:
    page = double.visit(url_of(a_session(api, amount=123_456)))
    assert "Play money - demonstration" in page.text
    assert "$1,234.56" in page.text
    assert "A post" in page.text
    assert CANCEL in page.text


def test_a_good_card_pays_and_leads_back_with_the_sessions_id(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer
) -> None:
    session = a_session(api, customer)
    assert session.payment_status == "unpaid"
    assert session.payment_intent is None
    visit = double.pay(url_of(session))
    assert (visit.status, visit.location) == (303, BACK.replace("{CHECKOUT_SESSION_ID}", session.id))
    paid = api.v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert pairs(paid.metadata) == {"invoice": "12"}
    intent = intent_of(api, session)
    assert (intent.status, intent.amount_received) == ("succeeded", 1500)
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.transfer_group, pairs(charge.metadata)) == ("invoice-12", {"invoice": "12"})
    told = double.listener.wait_for("checkout.session.completed", session.id)
    assert told["data"]["object"]["payment_status"] == "paid"


def test_a_fee_of_2_9_percent_and_30_is_kept(double: CardsDouble, api: stripe.StripeClient) -> None:
    session = a_session(api, amount=10_000)
    double.pay(url_of(session))
    expand = "payment_intent.latest_charge.balance_transaction"
    intent = api.v1.checkout.sessions.retrieve(session.id, {"expand": [expand]}).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(intent.latest_charge, stripe.Charge)
    booked = intent.latest_charge.balance_transaction
    assert isinstance(booked, stripe.BalanceTransaction)
    assert (booked.amount, booked.fee, booked.net, booked.type) == (10_000, 320, 9_680, "charge")


def test_what_a_charge_costs_is_told_after_that_it_came(
    double: CardsDouble, api: stripe.StripeClient
) -> None:
    session = a_session(api)
    double.pay(url_of(session))
    charge = intent_of(api, session).latest_charge
    assert isinstance(charge, stripe.Charge)
    came = double.listener.wait_for("charge.succeeded", charge.id)
    cost = double.listener.wait_for("charge.updated", charge.id)
    assert came["data"]["object"]["balance_transaction"] is None
    assert cost["data"]["object"]["balance_transaction"] == charge.balance_transaction


@pytest.mark.parametrize(
    ("card", "decline"), [(cards.DECLINED, "generic_decline"), (cards.NO_FUNDS, "insufficient_funds")]
)
def test_a_declined_card_leaves_the_page_open_for_another(
    double: CardsDouble, api: stripe.StripeClient, card: str, decline: str
) -> None:
    session = a_session(api)
    declined = double.pay(url_of(session), card)
    assert declined.status == 402
    assert "card" in declined.text
    intent = intent_of(api, session)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error
    assert (intent.last_payment_error.code, intent.last_payment_error.decline_code) == (
        "card_declined",
        decline,
    )
    double.listener.wait_for("payment_intent.payment_failed", intent.id)
    assert double.pay(url_of(session)).status == 303
    assert intent_of(api, session).id == intent.id
    assert intent_of(api, session).last_payment_error is None


@pytest.mark.parametrize("card", [cards.ASKS_ONCE, cards.ASKS_ALWAYS])
def test_a_bank_that_asks_is_answered_on_a_second_page(
    double: CardsDouble, api: stripe.StripeClient, card: str
) -> None:
    session = a_session(api)
    asked = double.visit(url_of(session), {"method": card, "email": "fan@example.org"})
    assert intent_of(api, session).status == "requires_action"
    refused = double.answer(asked.location, approve=False)
    assert refused.status == 402
    error = intent_of(api, session).last_payment_error
    assert error
    assert error.code == "payment_intent_authentication_failure"
    assert double.pay(url_of(session), card, approve=True).status == 303
    assert intent_of(api, session).status == "succeeded"


def test_the_banks_page_opens_for_nobody_else(double: CardsDouble, api: stripe.StripeClient) -> None:
    session = a_session(api)
    double.visit(url_of(session), {"method": cards.ASKS_ONCE, "email": "fan@example.org"})
    address = f"{double.url}/c/confirm/{intent_of(api, session).id}"
    assert double.visit(f"{address}?secret=guessed").status == 404
    assert double.visit(address, {"answer": "approve"}).status == 404


def test_a_second_press_of_pay_pays_nothing_more(double: CardsDouble, api: stripe.StripeClient) -> None:
    session = a_session(api)
    first = double.pay(url_of(session))
    again = double.visit(url_of(session), {"method": cards.GOOD, "email": "fan@example.org"})
    assert (again.status, again.location) == (303, first.location)
    assert len(api.v1.charges.list({"payment_intent": intent_of(api, session).id}).data) == 1


def test_a_bank_debit_is_known_later(double: CardsDouble, api: stripe.StripeClient) -> None:
    session = a_session(api)
    double.pay(url_of(session), cards.BANK_HONOURS)
    told = double.listener.wait_for("checkout.session.completed", session.id)
    assert told["data"]["object"]["payment_status"] == "unpaid"
    intent = intent_of(api, session)
    assert intent.status == "processing"
    double.control(f"async/{intent.id}?ok=1")
    told = double.listener.wait_for("checkout.session.async_payment_succeeded", session.id)
    assert told["data"]["object"]["payment_status"] == "paid"
    assert intent_of(api, session).status == "succeeded"


def test_a_bank_debit_may_be_refused_later(double: CardsDouble, api: stripe.StripeClient) -> None:
    session = a_session(api)
    double.pay(url_of(session), cards.BANK_REFUSES)
    double.control(f"async/{intent_of(api, session).id}?ok=0")
    told = double.listener.wait_for("checkout.session.async_payment_failed", session.id)
    assert told["data"]["object"]["payment_status"] == "unpaid"
    assert intent_of(api, session).status == "requires_payment_method"


def test_who_wants_only_cards_gets_only_cards(double: CardsDouble, api: stripe.StripeClient) -> None:
    session = a_session(api, only_cards=True)
    assert "Bank account" not in double.visit(url_of(session)).text
    assert double.pay(url_of(session), cards.BANK_HONOURS).status == 402


def test_an_expired_page_takes_no_money(double: CardsDouble, api: stripe.StripeClient) -> None:
    session = a_session(api)
    double.pay(url_of(session), cards.DECLINED)
    expired = api.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert double.visit(url_of(session)).status == 410
    assert double.visit(url_of(session), {"method": cards.GOOD, "email": "fan@example.org"}).status == 410
    assert intent_of(api, session).status == "canceled"
    double.listener.wait_for("checkout.session.expired", session.id)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.checkout.sessions.expire(session.id)


def test_lists_come_in_pages_newest_first(api: stripe.StripeClient) -> None:
    customer = api.v1.customers.create({})
    made = [charge_away(api, customer, "pm_card_visa").id for _ in range(5)]
    first = api.v1.payment_intents.list({"customer": customer.id, "limit": 2})
    assert ([each.id for each in first.data], first.has_more) == ([made[4], made[3]], True)
    everything = api.v1.payment_intents.list({"customer": customer.id, "limit": 2}).auto_paging_iter()
    assert [each.id for each in everything] == made[::-1]
    back = api.v1.payment_intents.list({"customer": customer.id, "limit": 2, "ending_before": made[2]})
    assert [each.id for each in back.data] == [made[4], made[3]]
    none = api.v1.payment_intents.list({"customer": customer.id, "created": {"lt": 1_000}})
    assert none.data == []


def test_every_object_has_what_its_description_requires(
    double: CardsDouble, api: stripe.StripeClient, customer: stripe.Customer
) -> None:
    double.pay(url_of(a_saving(api, customer)))
    session = a_session(api, customer)
    double.pay(url_of(session))
    account = api.v1.accounts.create({"type": "express", "capabilities": {"transfers": {"requested": True}}})
    way = api.v1.account_links.create(
        {"account": account.id, "type": "account_onboarding", "refresh_url": BACK, "return_url": BACK}
    )
    double.onboard(way.url)
    transfer = api.v1.transfers.create({"amount": 300, "currency": "usd", "destination": account.id})
    api.v1.refunds.create({"payment_intent": intent_of(api, session).id, "amount": 100})
    charge = intent_of(api, session).latest_charge
    assert isinstance(charge, stripe.Charge)
    double.control(f"dispute/{charge.id}")
    seen: list[stripe.StripeObject] = [
        customer,
        account,
        transfer,
        charge,
        api.v1.balance.retrieve(),
        api.v1.checkout.sessions.retrieve(session.id),
        api.v1.checkout.sessions.line_items.list(session.id).data[0],
        api.v1.payment_intents.list().data[0],
        api.v1.payment_methods.list({"customer": customer.id}).data[0],
        api.v1.setup_intents.list().data[0],
        api.v1.refunds.list().data[0],
        api.v1.disputes.list().data[0],
        api.v1.balance_transactions.list().data[0],
        api.v1.events.list().data[0],
        api.v1.transfers.reversals.create(transfer.id, {"amount": 100}),
        api.v1.payouts.create({"amount": 100, "currency": "usd"}, {"stripe_account": account.id}),
    ]
    assert {str(each["object"]) for each in seen} == set(REQUIRED)
    for each in seen:
        kind = str(each["object"])
        missing = [name for name in REQUIRED[kind].split() if getattr(each, name, None) is None]
        assert not missing, kind
        assert not [name for name in each.to_dict() if name.startswith("_")], kind


def test_what_was_answered_survives_a_crash(tmp_path: Path) -> None:
    with cards_double(tmp_path) as double:
        api, known = double.client(), []
        session = a_session(api)
        double.kill_while(lambda: known.append(api.v1.customers.create({}).id), after=lambda: len(known) > 20)
        double.start()
        assert all(api.v1.customers.retrieve(key).id == key for key in known)
        assert double.pay(url_of(session)).status == 303
        eventually(lambda: "checkout.session.completed" in double.listener.kinds())
