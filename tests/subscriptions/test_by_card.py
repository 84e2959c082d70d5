"""All the way: the processor's page, the card that stays, the charge of the next period."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask

from app.kit import clock
from app.kit.clock import FixedClock
from tests.doubles.cards import DECLINED_LATER, GOOD
from tests.factories.invoices import an_invoice
from tests.factories.people import signed_in
from tests.factories.restored import all_rows, bring_back, compared
from tests.factories.subscriptions import (
    asks_to_subscribe,
    go_round,
    invoice_at,
    invoices_of,
    mails_to,
    of_invoice,
    the_subscription,
)
from tests.payments.cards import Till, a_till, payments_of, taking_cards
from tests.subscriptions.conftest import House

MASTERCARD = "5555555555554444"


@pytest.fixture
def time() -> Iterator[FixedClock]:
    """The processor has its own clock, and words of another year would be too old for us."""
    fixed = FixedClock(datetime.now(UTC))
    with clock.using(fixed):
        yield fixed


@pytest.fixture
def till(house: House, app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    with a_till(app, tmp_path_factory.mktemp("cards")) as found, taking_cards(app, found.double):
        yield found


def subscribe(house: House, till: Till, card: str) -> UUID:
    fan = signed_in(house.app, house.fan)
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))
    assert "Paid" in till.pay(fan, invoice_id, card).text
    till.settle()
    return of_invoice(house.app, invoice_id)


def test_the_card_that_paid_pays_again(house: House, till: Till, time: FixedClock) -> None:
    sub = subscribe(house, till, GOOD)
    end = the_subscription(house.app, sub).period_end
    shown = signed_in(house.app, house.fan).get(f"/subscriptions/{sub}")
    assert f"Renews on {end:%-d %B %Y} for $5.00" in shown.text and "Visa ending in 4242" in shown.text
    time.at = end
    go_round(house.app)
    till.work_off()
    found = the_subscription(house.app, sub)
    assert (found.state, found.period, found.period_start) == ("active", 2, end)
    assert [one.kept for one in invoices_of(house.app, sub)] == [500, 500]
    assert till.failed_work() == []


def test_a_card_that_paid_pays_again_though_another_is_preferred(
    house: House, till: Till, time: FixedClock
) -> None:
    till.pay(signed_in(house.app, house.fan), an_invoice(house.app, house.fan, total=700), GOOD, keep="y")
    till.settle()
    sub = subscribe(house, till, MASTERCARD)
    shown = signed_in(house.app, house.fan).get(f"/subscriptions/{sub}")
    assert "Mastercard ending in 4444" in shown.text
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    till.work_off()
    paid = [one for bill in invoices_of(house.app, sub) for one in payments_of(house.app, bill.id)]
    assert [one.origin["last4"] for one in paid] == ["4444", "4444"]


def test_a_card_that_is_declined_later_is_told_of_and_paid_by_another(
    house: House, till: Till, time: FixedClock
) -> None:
    sub = subscribe(house, till, DECLINED_LATER)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    till.work_off()
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tries) == ("past_due", 1)
    assert "subscription_unpaid" in mails_to(house.app, house.fan)
    fan = signed_in(house.app, house.fan)
    shown = fan.send(fan.get(f"/subscriptions/{sub}").form(f"/subscriptions/{sub}/renew"))
    assert "did not go through" in shown.text


def test_a_period_that_was_charged_before_a_restore_is_not_charged_again(
    house: House, till: Till, time: FixedClock
) -> None:
    sub = subscribe(house, till, GOOD)
    rows = all_rows(house.app)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    till.work_off()
    (charged,) = (payments_of(house.app, bill.id)[0] for bill in invoices_of(house.app, sub)[1:])
    bring_back(house.app, rows)
    assert the_subscription(house.app, sub).period == 1
    compared(house.app)
    go_round(house.app)
    till.work_off()
    assert the_subscription(house.app, sub).period == 2
    assert [payments_of(house.app, bill.id)[0].external_id for bill in invoices_of(house.app, sub)[1:]] == [
        charged.external_id
    ]
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    till.work_off()
    assert the_subscription(house.app, sub).period == 3
    assert till.failed_work() == []
