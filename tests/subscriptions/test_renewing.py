"""The next period: by card, by hand, and what if it is not paid."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.accounts.operations import roles
from app.invoices.operations import limits
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.factories.creators import a_tier
from tests.factories.invoices import paid, the_invoice
from tests.factories.people import signed_in
from tests.factories.restored import compared, restored
from tests.factories.subscriptions import (
    a_card,
    bank_says,
    go_round,
    invoices_of,
    mails_to,
    play_bank,
    steps,
    subscribed,
    subscribed_by_card,
    the_subscription,
    waiting_charge,
)
from tests.subscriptions.conftest import House
from tests.subscriptions.test_joining import can_read

DAY = timedelta(days=1)


def press(house: House, sub: UUID, what: str, **fields: object) -> str:
    """One button of its page; where it leads."""
    fan = signed_in(house.app, house.fan)
    address = f"/subscriptions/{sub}"
    answer = fan.send(fan.get(address).form(f"{address}/{what}"), follow=False, **fields)
    return answer.location or f"{answer.status}: {answer.text}"


@pytest.fixture
def by_card(house: House, cards: None) -> UUID:
    return subscribed_by_card(house.app, house.fan, house.creator, house.silver)


def test_a_card_is_charged_at_the_end_of_the_period(house: House, by_card: UUID, time: FixedClock) -> None:
    assert (
        "Renews on 28 February 2027 for $5.00" in signed_in(house.app, house.fan).get("/subscriptions").text
    )
    time.at = datetime(2027, 2, 28, 12, 29, tzinfo=UTC)
    go_round(house.app)
    assert waiting_charge(house.app, by_card) is None
    time.move(timedelta(minutes=1))
    go_round(house.app)
    assert can_read(house)
    bank_says(house.app, by_card)
    found = the_subscription(house.app, by_card)
    assert (found.state, found.period) == ("active", 2)
    assert found.period_start == datetime(2027, 2, 28, 12, 30, tzinfo=UTC)
    assert found.period_end == datetime(2027, 3, 31, 12, 30, tzinfo=UTC)


def test_the_day_of_joining_is_kept_over_a_year(house: House, by_card: UUID, time: FixedClock) -> None:
    ends = []
    for _ in range(13):
        time.at = the_subscription(house.app, by_card).period_end
        go_round(house.app, times=1)
        bank_says(house.app, by_card)
        ends.append(the_subscription(house.app, by_card).period_end.strftime("%m-%d"))
    assert ends[:4] == ["03-31", "04-30", "05-31", "06-30"]
    assert ends[-2:] == ["02-29", "03-31"]
    assert {one.total for one in invoices_of(house.app, by_card)} == {500}
    assert len(invoices_of(house.app, by_card)) == 14


def test_it_is_charged_once_however_often_the_clock_strikes(
    house: House, by_card: UUID, time: FixedClock
) -> None:
    time.move(timedelta(days=28))
    for _ in range(5):
        go_round(house.app)
        time.move(timedelta(minutes=2))
    assert len(invoices_of(house.app, by_card)) == 2
    bank_says(house.app, by_card)
    go_round(house.app)
    assert waiting_charge(house.app, by_card) is None
    assert len(invoices_of(house.app, by_card)) == 2


def test_dunning_tries_five_times_in_seven_days_and_then_ends(
    house: House, by_card: UUID, time: FixedClock
) -> None:
    end = the_subscription(house.app, by_card).period_end
    tried = []
    time.at = end
    for _ in range(8):
        go_round(house.app)
        if waiting_charge(house.app, by_card):
            tried.append((time.at - end).days)
            assert can_read(house) or tried[-1] == 7
            bank_says(house.app, by_card, "insufficient_funds")
        time.move(DAY)
    assert tried == [0, 1, 3, 5, 7]
    go_round(house.app)
    assert the_subscription(house.app, by_card).state == "ended"
    assert not can_read(house)
    mails = mails_to(house.app, house.fan)
    assert mails.count("subscription_unpaid") == 5 and mails[-1] == "subscription_ended"
    assert invoices_of(house.app, by_card)[-1].state == "cancelled"


def test_access_lasts_through_the_grace_and_a_late_yes_goes_on_from_the_old_end(
    house: House, by_card: UUID, time: FixedClock
) -> None:
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    bank_says(house.app, by_card, "insufficient_funds")
    assert the_subscription(house.app, by_card).state == "past_due"
    time.move(DAY)
    go_round(house.app)
    assert can_read(house)
    bank_says(house.app, by_card)
    found = the_subscription(house.app, by_card)
    assert (found.state, found.tries, found.grace_until, found.next_try_at) == ("active", 0, None, None)
    assert found.period_end == datetime(2027, 3, 31, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("code", ["expired_card", "authentication_required"])
def test_what_another_try_cannot_help_waits_for_its_owner(
    house: House, by_card: UUID, time: FixedClock, code: str
) -> None:
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    invoice_id = bank_says(house.app, by_card, code)
    time.move(3 * DAY)
    go_round(house.app)
    assert waiting_charge(house.app, by_card) is None
    shown = signed_in(house.app, house.fan).get("/subscriptions")
    assert "Not paid" in shown.text and "$5.00 is due. Open until 7 March 2027." in shown.text
    assert press(house, by_card, "renew") == f"/invoices/{invoice_id}"
    paid(house.app, invoice_id)
    assert the_subscription(house.app, by_card).state == "active"
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)


def test_nothing_is_charged_after_a_cancellation(house: House, by_card: UUID, time: FixedClock) -> None:
    press(house, by_card, "cancel")
    assert "it ends. Nothing is charged." in signed_in(house.app, house.fan).get("/subscriptions").text
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    assert the_subscription(house.app, by_card).state == "ended"
    assert len(invoices_of(house.app, by_card)) == 1
    assert not can_read(house)


def test_a_charge_that_comes_through_after_the_cancellation_goes_back(
    house: House, by_card: UUID, time: FixedClock
) -> None:
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    charge = waiting_charge(house.app, by_card)
    assert charge is not None
    press(house, by_card, "cancel")
    go_round(house.app)
    play_bank(house.app, charge)
    go_round(house.app)
    invoice = the_invoice(house.app, charge.invoice_id)
    assert (invoice.state, invoice.kept, invoice.returned) == ("cancelled", 0, 500)
    assert the_subscription(house.app, by_card).state == "ended"


def test_cancelling_twice_and_taking_it_back(house: House, by_card: UUID, time: FixedClock) -> None:
    press(house, by_card, "cancel")
    go_round(house.app)
    assert mails_to(house.app, house.fan).count("subscription_cancelled") == 1
    press(house, by_card, "reason", reason="Too dear for me")
    assert the_subscription(house.app, by_card).cancel_reason == "Too dear for me"
    press(house, by_card, "resume")
    assert "Renews on 28 February 2027" in signed_in(house.app, house.fan).get("/subscriptions").text
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    bank_says(house.app, by_card)
    assert the_subscription(house.app, by_card).period == 2


def test_whoever_pays_by_hand_is_reminded_thrice_and_renews_with_one_click(
    house: House, time: FixedClock
) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    end = the_subscription(house.app, sub).period_end
    for days in range(10, 0, -1):
        time.at = end - days * DAY
        go_round(house.app)
    assert mails_to(house.app, house.fan).count("subscription_due") == 3
    renewals = invoices_of(house.app, sub)[1:]
    assert [one.state for one in renewals] == ["open"]
    assert press(house, sub, "renew") == f"/invoices/{renewals[0].id}"
    paid(house.app, renewals[0].id)
    found = the_subscription(house.app, sub)
    assert (found.period, found.period_start) == (2, end)
    time.at = end + DAY
    go_round(house.app)
    assert can_read(house)


def test_whoever_does_nothing_by_hand_has_a_week_and_then_it_ends(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "past_due" and can_read(house)
    time.move(7 * DAY)
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "ended" and not can_read(house)


def test_it_cannot_be_paid_long_before(house: House) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    fan = signed_in(house.app, house.fan)
    shown = fan.get(f"/subscriptions/{sub}")
    assert not shown.has_form(f"/subscriptions/{sub}/renew")
    fields = shown.form(f"/subscriptions/{sub}/cancel").fields
    assert "from 14 February 2027" in fan.post(f"/subscriptions/{sub}/renew", fields).text


def test_a_pause_closes_and_goes_on_by_itself(house: House, by_card: UUID, time: FixedClock) -> None:
    press(house, by_card, "pause", months="2")
    assert can_read(house)
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    assert the_subscription(house.app, by_card).state == "paused" and not can_read(house)
    assert waiting_charge(house.app, by_card) is None
    time.at = datetime(2027, 4, 30, 12, 30, tzinfo=UTC)
    go_round(house.app)
    assert not can_read(house)
    bank_says(house.app, by_card)
    found = the_subscription(house.app, by_card)
    assert (found.state, found.period, found.paused_until) == ("active", 2, None)
    assert found.period_start == time.at and can_read(house)


def test_a_pause_ends_with_a_click_and_a_payment(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    press(house, sub, "pause", months="3")
    time.at = the_subscription(house.app, sub).period_end + 3 * DAY
    go_round(house.app)
    leads = press(house, sub, "renew")
    paid(house.app, UUID(leads.removeprefix("/invoices/")))
    assert the_subscription(house.app, sub).period_start == time.at
    assert can_read(house)


def test_a_pause_that_is_taken_back_never_was(house: House, by_card: UUID, time: FixedClock) -> None:
    press(house, by_card, "pause", months="1")
    press(house, by_card, "resume")
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    bank_says(house.app, by_card)
    assert the_subscription(house.app, by_card).period == 2


def test_a_pause_after_which_nobody_pays_ends(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    press(house, sub, "pause", months="1")
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    time.at = the_subscription(house.app, sub).paused_until or time.at
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "paused"
    time.move(7 * DAY)
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "ended"


def test_a_trial_with_a_card_becomes_a_paid_month(house: House, cards: None, time: FixedClock) -> None:
    tier = a_tier(house.app, house.creator, "Try", price=700, trial_days=7)
    a_card(house.app, house.fan)
    fan = signed_in(house.app, house.fan)
    address = f"/@ada/subscribe/{tier}"
    begun = fan.send(fan.get(address).form(f"{address}/trial"), follow=False)
    sub = UUID(begun.location.rpartition("/")[2])
    time.move(7 * DAY)
    go_round(house.app)
    bank_says(house.app, sub)
    found = the_subscription(house.app, sub)
    assert (found.state, found.period_end) == ("active", datetime(2027, 3, 7, 12, 30, tzinfo=UTC))
    assert [one.total for one in invoices_of(house.app, sub)] == [0, 700]


def test_another_card_is_chosen_or_none(house: House, by_card: UUID, time: FixedClock) -> None:
    other = a_card(house.app, house.fan, last4="1881", brand="mastercard")
    press(house, by_card, "method", method=str(other))
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    charge = waiting_charge(house.app, by_card)
    assert charge is not None and charge.method_id == other
    bank_says(house.app, by_card)
    press(house, by_card, "method", method="")
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    assert waiting_charge(house.app, by_card) is None
    assert the_subscription(house.app, by_card).state == "past_due"


def test_a_spending_limit_holds_for_renewals_too(house: House, by_card: UUID, time: FixedClock) -> None:
    with house.app.app_context(), transaction():
        limits.set_limit(house.fan.id, 300)
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    found = the_subscription(house.app, by_card)
    assert (found.state, waiting_charge(house.app, by_card)) == ("past_due", None)
    assert "declined" in steps(house.app, by_card)


def test_somebody_elses_subscription_is_nothing(house: House, by_card: UUID) -> None:
    other = signed_in(house.app)
    assert other.get(f"/subscriptions/{by_card}").status == 404
    token = other.get("/gifts").form("/gifts").fields["csrf_token"]
    for what in ("cancel", "resume", "stay", "renew", "pause", "reason", "method", "change"):
        fields = {"csrf_token": token, "idempotency_key": what, "months": "1", "method": "", "plan": ""}
        assert other.post(f"/subscriptions/{by_card}/{what}", fields).status == 404, what
    assert the_subscription(house.app, by_card).renews


def test_a_year_by_card_is_told_of_a_week_before(house: House, cards: None, time: FixedClock) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.gold, months="12")
    end = the_subscription(house.app, sub).period_end
    for days in (8, 7, 6, 1):
        time.at = end - days * DAY
        go_round(house.app)
    assert mails_to(house.app, house.fan).count("subscription_renews") == 1
    assert "subscription_due" not in mails_to(house.app, house.fan)


def test_nobody_is_charged_for_a_page_whose_creator_is_suspended(
    house: House, by_card: UUID, time: FixedClock
) -> None:
    with house.app.app_context(), transaction():
        roles.suspend(house.creator.id, actor=house.fan.id)
    time.at = the_subscription(house.app, by_card).period_end
    go_round(house.app)
    assert (the_subscription(house.app, by_card).state, waiting_charge(house.app, by_card)) == ("ended", None)


def test_after_a_restore_nothing_is_charged_again_before_somebody_compared(
    house: House, by_card: UUID, time: FixedClock
) -> None:
    restored(house.app)
    time.move(timedelta(days=28))
    go_round(house.app)
    assert waiting_charge(house.app, by_card) is None
    assert can_read(house)
    compared(house.app)
    go_round(house.app)
    bank_says(house.app, by_card)
    assert the_subscription(house.app, by_card).period == 2
