"""What somebody allows themselves to spend in a month."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.invoices.errors import OverLimit
from app.invoices.operations import crediting, ending, limits
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.factories.invoices import (
    an_invoice,
    bought,
    give_credit,
    money_in,
    paid,
    refund,
    the_invoice,
    tried,
)
from tests.factories.people import Person, a_person, signed_in

MID_MONTH = datetime(2026, 11, 15, 12, tzinfo=UTC)


@pytest.fixture
def fan(app: Flask, fixed_clock: FixedClock) -> Person:
    fixed_clock.at = MID_MONTH
    return a_person(app, "mira")


def limit(app: Flask, person: Person, amount: int | None) -> None:
    with app.app_context(), transaction():
        limits.set_limit(person.id, amount)


def test_what_goes_over_it_is_refused_before_anything_is_paid(app: Flask, fan: Person) -> None:
    limit(app, fan, 1_000)
    bought(app, fan, total=600)
    with pytest.raises(OverLimit, match=r"\$4.00 are left this month"):
        an_invoice(app, fan, total=401)
    bought(app, fan, total=400)
    with pytest.raises(OverLimit, match=r"\$0.00"):
        an_invoice(app, fan, total=1)
    an_invoice(app, fan, total=0)


def test_each_currency_counts_for_itself(app: Flask, fan: Person) -> None:
    limit(app, fan, 1_000)
    bought(app, fan, total=1_000)
    bought(app, fan, total=1_000, currency="EUR")


def test_what_was_refunded_is_free_again(app: Flask, fan: Person) -> None:
    limit(app, fan, 1_000)
    refund(app, bought(app, fan, total=1_000), 300)
    bought(app, fan, total=300)


def test_a_month_begins_on_the_first(app: Flask, fan: Person, fixed_clock: FixedClock) -> None:
    limit(app, fan, 1_000)
    bought(app, fan, total=1_000)
    fixed_clock.at = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    with pytest.raises(OverLimit):
        an_invoice(app, fan, total=1)
    fixed_clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    bought(app, fan, total=1_000)


def test_lower_holds_at_once_and_higher_after_a_night(
    app: Flask, fan: Person, fixed_clock: FixedClock
) -> None:
    limit(app, fan, 1_000)
    limit(app, fan, 500)
    with pytest.raises(OverLimit):
        an_invoice(app, fan, total=501)
    limit(app, fan, 2_000)
    with pytest.raises(OverLimit):
        an_invoice(app, fan, total=501)
    fixed_clock.move(timedelta(hours=24))
    an_invoice(app, fan, total=2_000)
    limit(app, fan, None)
    with pytest.raises(OverLimit):
        an_invoice(app, fan, total=2_001)
    fixed_clock.move(timedelta(hours=24))
    an_invoice(app, fan, total=999_999)
    limit(app, fan, None)
    an_invoice(app, fan, total=999_999)


def test_a_wish_for_more_is_forgotten_by_a_wish_for_less(
    app: Flask, fan: Person, fixed_clock: FixedClock
) -> None:
    limit(app, fan, 500)
    limit(app, fan, 2_000)
    limit(app, fan, 400)
    fixed_clock.move(timedelta(hours=25))
    with pytest.raises(OverLimit):
        an_invoice(app, fan, total=401)


def test_what_is_being_paid_counts_until_it_has_ended(app: Flask, fan: Person) -> None:
    limit(app, fan, 1_000)
    first, second = an_invoice(app, fan, total=700), an_invoice(app, fan, total=700)
    tried(app, first)
    tried(app, first)  # again, for the same thing
    with pytest.raises(OverLimit):
        tried(app, second)
    with app.app_context(), transaction():
        ending.give_up(first, fan.id)
    tried(app, second)


def test_a_part_that_came_in_does_not_make_room(app: Flask, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=1_500)
    money_in(app, invoice_id, 1_000)
    limit(app, fan, 1_000)
    with pytest.raises(OverLimit):
        tried(app, invoice_id)


def test_two_purchases_at_once_do_not_go_over_it_together(app: Flask, fan: Person) -> None:
    limit(app, fan, 1_000)
    give_credit(app, fan, 10_000)
    invoices = [an_invoice(app, fan, total=400) for _ in range(8)]

    def pay(index: int) -> bool:
        try:
            with app.app_context(), transaction():
                crediting.pay(invoices[index], fan.id)
        except OverLimit:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(pay, range(8))) == 2
    assert sorted(the_invoice(app, one).state for one in invoices) == ["open"] * 6 + ["paid"] * 2


def test_two_first_limits_at_once_are_one(app: Flask, fan: Person) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: limit(app, fan, 500), range(8)))
    with pytest.raises(OverLimit):
        an_invoice(app, fan, total=501)


def test_it_is_set_on_the_page_of_billing(app: Flask, fan: Person, fixed_clock: FixedClock) -> None:
    home = signed_in(app, fan)
    seen = home.get("/settings/billing")
    assert "Nothing spent this month" in seen.text
    seen = home.send(seen.form("/settings/billing/limit"), amount="12.50")
    assert "holds from now on" in seen.text
    assert seen.form("/settings/billing/limit").fields["amount"] == "12.50"
    paid(app, an_invoice(app, fan, total=1_000))
    seen = home.send(home.get("/settings/billing").form("/settings/billing/limit"), amount="100")
    assert "24 hours" in seen.text and "your limit is 100.00" in seen.text and "$10.00" in seen.text
    seen = home.send(seen.form("/settings/billing/limit"), amount="")
    assert "you have no limit" in seen.text
    fixed_clock.move(timedelta(hours=24))
    home = signed_in(app, fan)
    seen = home.get("/settings/billing")
    assert "you have no limit" not in seen.text
    assert seen.form("/settings/billing/limit").fields["amount"] == ""
    assert home.send(seen.form("/settings/billing/limit"), amount="lots").errors.keys() == {"amount"}
