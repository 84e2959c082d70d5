"""The card processor's double: what becomes of the money once it came, by the clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from tests.doubles import cards
from tests.doubles.cards import CardsDouble, cards_double

VISA = "pm_card_visa"
RETURN = "http://fans.example/dashboard/payouts"


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[CardsDouble]:
    """One whose clock a file moves, and whose money takes two days."""
    with cards_double(tmp_path, settle_days=2, clock_file=tmp_path / "clock") as running:
        yield running


def go_on(double: CardsDouble, tmp_path: Path, offset: str) -> None:
    (tmp_path / "clock").write_text(offset)
    double.tick()


def a_charge(api: stripe.StripeClient, card: str = VISA, amount: int = 1_000) -> stripe.Charge:
    intent = api.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "payment_method": card,
            "confirm": True,
            "expand": ["latest_charge"],
        }
    )
    assert isinstance(intent.latest_charge, stripe.Charge)
    return intent.latest_charge


def a_creator(double: CardsDouble, outcome: str = "complete") -> stripe.Account:
    api = double.client()
    account = api.v1.accounts.create(
        {
            "type": "express",
            "country": "US",
            "email": "creator@example.org",
            "capabilities": {"transfers": {"requested": True}},
        }
    )
    double.onboard(a_way(api, account), outcome)
    return api.v1.accounts.retrieve(account.id)


def a_way(api: stripe.StripeClient, account: stripe.Account) -> str:
    return api.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": f"{RETURN}?again",
            "return_url": RETURN,
        }
    ).url


def available(api: stripe.StripeClient, account: str = "") -> int:
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    return sum(line.amount for line in api.v1.balance.retrieve(None, options).available)


def test_a_charge_is_refunded_in_parts_and_never_more_than_whole(
    double: CardsDouble, api: stripe.StripeClient
) -> None:
    charge = a_charge(api)
    assert charge.payment_intent
    part = api.v1.refunds.create({"charge": charge.id, "amount": 400, "metadata": {"case": "1"}})
    assert (part.status, part.amount, part.payment_intent) == ("succeeded", 400, charge.payment_intent)
    booked = api.v1.balance_transactions.retrieve(str(part.balance_transaction))
    assert (booked.type, booked.amount, booked.fee, booked.net) == ("refund", -400, 0, -400)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.refunds.create({"charge": charge.id, "amount": 601})
    api.v1.refunds.create({"payment_intent": str(charge.payment_intent)})
    seen = api.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (seen.amount_refunded, seen.refunded) == (1_000, True)
    assert seen.refunds
    assert [each.amount for each in seen.refunds.data] == [600, 400]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"
    double.listener.wait_for("charge.refunded", charge.id, times=2)


def test_a_refund_that_the_bank_sends_back_fails_later(timed: CardsDouble, tmp_path: Path) -> None:
    api = timed.client()
    charge = a_charge(api, "pm_card_refundFail")
    refund = api.v1.refunds.create({"charge": charge.id})
    assert refund.status == "succeeded"
    go_on(timed, tmp_path, "5m")
    failed = api.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert failed.failure_balance_transaction.net == 1_000
    assert api.v1.charges.retrieve(charge.id).amount_refunded == 0
    timed.listener.wait_for("refund.failed", refund.id)


def test_a_fraudulent_charge_is_disputed_later_and_can_be_won(timed: CardsDouble, tmp_path: Path) -> None:
    api = timed.client()
    charge = a_charge(api, "pm_card_createDispute")
    go_on(timed, tmp_path, "1h")
    told = timed.listener.wait_for("charge.dispute.created")["data"]["object"]
    assert (told["charge"], told["reason"], told["status"]) == (charge.id, "fraudulent", "needs_response")
    dispute = api.v1.disputes.retrieve(told["id"])
    assert [(each.net, each.fee) for each in dispute.balance_transactions] == [(-2_500, 1_500)]
    assert api.v1.charges.retrieve(charge.id).disputed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"
    answered = api.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    go_on(timed, tmp_path, "2h")
    timed.listener.wait_for("charge.dispute.funds_reinstated", dispute.id)
    closed = timed.listener.wait_for("charge.dispute.closed", dispute.id)
    assert closed["data"]["object"]["status"] == "won"
    transactions = api.v1.disputes.retrieve(dispute.id).balance_transactions
    assert [each.net for each in transactions] == [-2_500, 1_000]


def test_a_dispute_that_nobody_answers_is_lost(timed: CardsDouble, tmp_path: Path) -> None:
    api = timed.client()
    dispute = timed.control(f"dispute/{a_charge(api).id}?reason=product_not_received")
    assert dispute["reason"] == "product_not_received"
    go_on(timed, tmp_path, "10d")
    assert api.v1.disputes.retrieve(dispute["id"]).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.disputes.close(dispute["id"])


def test_a_dispute_is_given_up_or_decided_on_demand(double: CardsDouble, api: stripe.StripeClient) -> None:
    one = double.control(f"dispute/{a_charge(api).id}")["id"]
    assert api.v1.disputes.close(one).status == "lost"
    other = double.control(f"dispute/{a_charge(api).id}")["id"]
    assert double.control(f"dispute/{other}/close?won=1")["status"] == "won"


def test_money_is_available_after_two_days(timed: CardsDouble, tmp_path: Path) -> None:
    api = timed.client()
    a_charge(api, amount=10_000)
    balance = api.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 9_680)
    go_on(timed, tmp_path, "3d")
    balance = api.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (9_680, 0)
    assert api.v1.balance_transactions.list().data[0].status == "available"


def test_a_page_expires_by_the_clock(timed: CardsDouble, tmp_path: Path) -> None:
    session = timed.client().v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": RETURN,
            "line_items": [
                {"price_data": {"currency": "usd", "unit_amount": 100, "product_data": {"name": "A tip"}}}
            ],
        }
    )
    go_on(timed, tmp_path, "25h")
    assert timed.client().v1.checkout.sessions.retrieve(session.id).status == "expired"
    timed.listener.wait_for("checkout.session.expired", session.id)


def test_a_bank_answers_by_the_clock(timed: CardsDouble, tmp_path: Path) -> None:
    api = timed.client()
    session = api.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": RETURN,
            "line_items": [
                {"price_data": {"currency": "eur", "unit_amount": 100, "product_data": {"name": "A tip"}}}
            ],
        }
    )
    assert session.url
    timed.pay(session.url, cards.BANK_HONOURS)
    go_on(timed, tmp_path, "1h")
    timed.listener.wait_for("checkout.session.async_payment_succeeded", session.id)


def test_who_has_not_said_who_they_are_gets_nothing(double: CardsDouble, api: stripe.StripeClient) -> None:
    account = api.v1.accounts.create({"type": "express", "capabilities": {"transfers": {"requested": True}}})
    assert (account.details_submitted, account.payouts_enabled) == (False, False)
    assert account.requirements
    assert account.requirements.currently_due
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.create({"amount": 100, "currency": "usd", "destination": account.id})
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.accounts.login_links.create(account.id)


@pytest.mark.parametrize(
    ("outcome", "submitted", "paid"),
    [("complete", True, True), ("open", True, False), ("later", False, False)],
)
def test_onboarding_ends_as_chosen(
    double: CardsDouble, api: stripe.StripeClient, outcome: str, *, submitted: bool, paid: bool
) -> None:
    account = a_creator(double, outcome)
    assert (account.details_submitted, account.payouts_enabled) == (submitted, paid)
    assert account.requirements
    assert bool(account.requirements.currently_due) is not paid
    if submitted:
        told = double.listener.wait_for("account.updated", account.id)
        assert told["account"] == account.id
        assert told["data"]["object"]["payouts_enabled"] is paid


def test_a_way_to_onboarding_opens_once(double: CardsDouble, api: stripe.StripeClient) -> None:
    account = api.v1.accounts.create({"type": "express"})
    way = a_way(api, account)
    assert double.visit(way).status == 200
    assert double.visit(way).location == f"{RETURN}?again"


def test_money_goes_to_a_creator_and_back(double: CardsDouble, api: stripe.StripeClient) -> None:
    creator = a_creator(double)
    a_charge(api, amount=5_000)
    before = available(api)
    transfer = api.v1.transfers.create(
        {
            "amount": 2_000,
            "currency": "usd",
            "destination": creator.id,
            "transfer_group": "payout-1",
            "metadata": {"payout": "1"},
        }
    )
    assert (available(api), available(api, creator.id)) == (before - 2_000, 2_000)
    reversal = api.v1.transfers.reversals.create(transfer.id, {"amount": 500})
    assert reversal.amount == 500
    assert api.v1.transfers.retrieve(transfer.id).amount_reversed == 500
    assert (available(api), available(api, creator.id)) == (before - 1_500, 1_500)
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.transfers.reversals.create(transfer.id, {"amount": 1_501})
    assert [each.id for each in api.v1.transfers.list({"transfer_group": "payout-1"}).data] == [transfer.id]


def test_nobody_transfers_more_than_there_is(double: CardsDouble, api: stripe.StripeClient) -> None:
    creator, charge = a_creator(double), a_charge(api)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.create({"amount": 9_000_000, "currency": "usd", "destination": creator.id})
    assert refused.value.code == "balance_insufficient"
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.transfers.create(
            {
                "amount": 1_001,
                "currency": "usd",
                "destination": creator.id,
                "source_transaction": charge.id,
            }
        )


def test_a_creator_is_paid_out_day_by_day(timed: CardsDouble, tmp_path: Path) -> None:
    api, creator = timed.client(), a_creator(timed)
    charge = a_charge(api, amount=5_000)
    transfer = api.v1.transfers.create(
        {"amount": 3_000, "currency": "usd", "destination": creator.id, "source_transaction": charge.id}
    )
    assert available(api, creator.id) == 0
    go_on(timed, tmp_path, "10d")
    paid = timed.listener.wait_for("payout.paid")
    assert (paid["account"], paid["data"]["object"]["amount"]) == (creator.id, 3_000)
    theirs: stripe.RequestOptions = {"stripe_account": creator.id}
    payout = api.v1.payouts.retrieve(paid["data"]["object"]["id"], None, theirs)
    assert (payout.status, payout.automatic) == ("paid", True)
    inside = api.v1.balance_transactions.list({"payout": payout.id}, theirs).data
    assert [(each.type, each.net) for each in inside] == [("payout", -3_000), ("payment", 3_000)]
    assert inside[1].source == transfer.destination_payment
    assert available(api, creator.id) == 0


def test_a_closed_bank_account_sends_the_money_back(timed: CardsDouble, tmp_path: Path) -> None:
    api, creator = timed.client(), a_creator(timed, "failing_bank")
    timed.control("topup", {"amount": 3_000, "currency": "usd"})
    api.v1.transfers.create({"amount": 3_000, "currency": "usd", "destination": creator.id})
    theirs: stripe.RequestOptions = {"stripe_account": creator.id}
    payout = api.v1.payouts.create({"amount": 3_000, "currency": "usd"}, theirs)
    assert (payout.status, available(api, creator.id)) == ("pending", 0)
    go_on(timed, tmp_path, "4d")
    failed = timed.listener.wait_for("payout.failed", payout.id)
    assert failed["data"]["object"]["failure_code"] == "account_closed"
    assert available(api, creator.id) == 3_000


def test_the_creators_dashboard_opens_by_its_link_alone(
    double: CardsDouble, api: stripe.StripeClient
) -> None:
    creator = a_creator(double)
    page = double.visit(api.v1.accounts.login_links.create(creator.id).url)
    assert (page.status, "creator@example.org" in page.text) == (200, True)
    assert double.visit(f"{double.url}/connect/dashboard/{creator.id}").status == 404


def test_every_cent_of_the_balance_is_a_transaction(double: CardsDouble, api: stripe.StripeClient) -> None:
    a_charge(api)
    api.v1.refunds.create({"charge": a_charge(api).id, "amount": 300})
    double.control(f"dispute/{a_charge(api).id}")
    everything = api.v1.balance_transactions.list({"limit": 100}).auto_paging_iter()
    assert sum(each.net for each in everything) == available(api)
