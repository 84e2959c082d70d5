"""Money goes back: refunds, whole and in parts, and those that do not arrive."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.invoices.errors import NothingLeft, NotRefundable
from app.invoices.models import Invoice, Payment, Refund
from app.invoices.operations import bookings, crediting, refunding
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform import work
from app.platform.errors import NotFound
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import (
    LOST,
    an_invoice,
    bought,
    give_credit,
    money_in,
    refund,
    the_invoice,
)
from tests.factories.people import a_person
from tests.invoices.conftest import balance, later, lives_in, opened, whole

CLEARING = Account(Kind.CARD_CLEARING, "USD")


def the_refunds(app: Flask) -> list[Refund]:
    with app.app_context():
        return db.session.query(Refund).order_by(Refund.id).populate_existing().all()


def test_all_of_it_takes_back_what_was_bought(app: Flask) -> None:
    fan, creator, subject = a_person(app), a_creator(app), new_id()
    invoice_id = bought(app, fan, creator, total=500, subject_id=subject)
    refund(app, invoice_id, 500)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.kept, found.returned) == ("refunded", 0, 500)
    assert not opened(app, fan, subject)
    for kind in (Kind.CARD_CLEARING, Kind.PLATFORM_FEE):
        assert balance(app, kind) == 0
    assert balance(app, Kind.CREATOR_PENDING, creator) == balance(app, Kind.PAYOUT_TRANSIT, fan) == 0
    assert whole(app)


def test_a_part_leaves_it_to_its_buyer(taxed: Flask) -> None:
    fan, creator, subject = a_person(taxed), a_creator(taxed), new_id()
    lives_in(taxed, fan, "DE")
    invoice_id = bought(taxed, fan, creator, total=1_190, subject_id=subject)
    assert balance(taxed, Kind.TAX_DUE) == 190
    refund(taxed, invoice_id, 119)
    assert the_invoice(taxed, invoice_id).state == "part_refunded"
    assert opened(taxed, fan, subject)
    assert balance(taxed, Kind.TAX_DUE) == 171
    assert balance(taxed, Kind.PLATFORM_FEE) == 72
    assert balance(taxed, Kind.CREATOR_PENDING, creator) == 828
    refund(taxed, invoice_id, 1_071)
    assert the_invoice(taxed, invoice_id).state == "refunded"
    assert balance(taxed, Kind.TAX_DUE) == balance(taxed, Kind.CREATOR_PENDING, creator) == 0


@pytest.mark.parametrize("amount", [0, -1, 501])
def test_never_more_than_was_kept(app: Flask, amount: int) -> None:
    invoice_id = bought(app, a_person(app), total=500)
    with pytest.raises(NotRefundable):
        refund(app, invoice_id, amount)


def test_what_was_not_paid_cannot_be_refunded(app: Flask) -> None:
    with pytest.raises(NotRefundable):
        refund(app, an_invoice(app, a_person(app), total=500), 1)


def test_several_payments_are_given_back_the_last_first(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan, a_creator(app), total=500)
    give_credit(app, fan, 100)
    with app.app_context(), transaction():
        crediting.pay(invoice_id, fan.id)
    money_in(app, invoice_id, 250, external_id="ch_1")
    money_in(app, invoice_id, 150, external_id="ch_2")
    refund(app, invoice_id, 200)
    with app.app_context():
        returned = dict(db.session.query(Payment.external_id, Payment.returned).all())
    assert (returned["ch_1"], returned["ch_2"]) == (50, 150)
    refund(app, invoice_id, 300)
    assert balance(app, Kind.FAN_CREDIT, fan) == 100
    assert balance(app, Kind.CARD_CLEARING) == 0
    assert [(one.rail, one.amount) for one in the_refunds(app)] == [
        ("test", 150), ("test", 50), ("test", 200), ("credit", 100),
    ]  # fmt: skip


def test_it_may_become_credit(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = bought(app, fan, a_creator(app), total=500)
    refund(app, invoice_id, 500, as_credit=True)
    assert balance(app, Kind.FAN_CREDIT, fan) == 500
    assert balance(app, Kind.CARD_CLEARING) == 500
    assert the_refunds(app)[0].state == "succeeded"


def test_what_cannot_be_delivered_becomes_credit(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = bought(app, fan, a_creator(app), total=500)
    refund(app, invoice_id, 200, note=LOST)
    found = the_refunds(app)[0]
    assert (found.state, found.failure) == ("failed", "The account is closed.")
    assert balance(app, Kind.FAN_CREDIT, fan) == 200
    assert balance(app, Kind.PAYOUT_TRANSIT, fan) == 0
    with app.app_context(), transaction():  # told again, or otherwise: it has ended
        refunding.could_not_go_back(found.id, "Again.")
        refunding.went_back(found.id, CLEARING)
        refunding.sent(found.id, "re_1")
        refunding.came_back(found.id, "Again.", CLEARING)
    assert balance(app, Kind.FAN_CREDIT, fan) == 200
    assert whole(app)


def test_what_was_delivered_and_comes_back_later_becomes_credit(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = bought(app, fan, a_creator(app), total=500)
    refund(app, invoice_id, 200, deliver=False)
    with app.app_context(), transaction():
        found = the_refunds(app)[0]
        refunding.sent(found.id, "re_1")
        refunding.went_back(found.id, CLEARING)
    assert balance(app, Kind.CARD_CLEARING) == 300
    for _ in range(2):
        with app.app_context(), transaction():
            refunding.came_back(found.id, "The bank did not take it.", CLEARING)
    assert balance(app, Kind.CARD_CLEARING) == 500
    assert balance(app, Kind.FAN_CREDIT, fan) == 200
    assert (the_refunds(app)[0].state, the_refunds(app)[0].provider_id) == ("failed", "re_1")


def test_coins_go_back_to_the_last_one(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), a_creator(app), total=500)
    hot = Account(Kind.CHAIN_HOT, "SOL")
    money_in(app, invoice_id, 500, rail_amount=33_333_337, rail_currency="SOL", into=hot)
    for amount in (77, 123, 299, 1):
        refund(app, invoice_id, amount, deliver=False)
    assert sum(one.rail_amount for one in the_refunds(app)) == 33_333_337
    with app.app_context(), transaction():
        for one in the_refunds(app):
            refunding.went_back(one.id, hot)
    assert balance(app, Kind.CHAIN_HOT, currency="SOL") == 0
    assert balance(app, Kind.EXCHANGE, currency="SOL") == balance(app, Kind.EXCHANGE) == 0


def test_after_the_release_it_comes_out_of_what_is_free(app: Flask) -> None:
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=500)
    later(app, timedelta(days=6))
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 0
    later(app, timedelta(days=8))
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 460
    assert balance(app, Kind.CREATOR_PENDING, creator) == 0
    refund(app, invoice_id, 500)
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 0
    later(app, timedelta(days=9))
    assert whole(app)


def test_what_was_refunded_before_is_not_released(app: Flask) -> None:
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=500)
    refund(app, invoice_id, 250)
    whole_one = bought(app, a_person(app), creator, total=500)
    refund(app, whole_one, 500)
    later(app, timedelta(days=8))
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 230
    assert the_invoice(app, whole_one).released_at is not None


def test_credit_is_free_for_its_seller_at_once(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    give_credit(app, fan, 500)
    invoice_id = an_invoice(app, fan, creator, total=500)
    with app.app_context(), transaction():
        crediting.pay(invoice_id, fan.id)
    later(app, timedelta(seconds=1))
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 460


def test_the_house_has_nothing_to_release(app: Flask) -> None:
    invoice_id = bought(app, a_person(app))
    later(app, timedelta(days=8))
    assert the_invoice(app, invoice_id).released_at is not None


def test_a_seller_refunds_only_what_they_sold(app: Flask) -> None:
    seller, other = a_creator(app), a_creator(app)
    invoice_id = bought(app, a_person(app), seller)
    wish = refunding.Wish(500, "asked", other.id)
    with app.app_context(), transaction(), pytest.raises(NotFound):
        refunding.refund_own_sale(invoice_id, other.id, wish)


def test_a_leftover_is_only_its_payers(app: Flask) -> None:
    invoice_id = bought(app, a_person(app))
    money_in(app, invoice_id, 100)
    with app.app_context(), transaction(), pytest.raises(NotFound):
        refunding.give_back_leftover(invoice_id, a_person(app).id)


def test_a_leftover_that_was_paid_in_credit_is_credit_again(app: Flask) -> None:
    fan = a_person(app)
    for _ in range(2):
        give_credit(app, fan, 100)
        invoice_id = an_invoice(app, fan, total=500)
        with app.app_context():
            with transaction():
                crediting.pay(invoice_id, fan.id)
            with transaction():
                refunding.give_back_leftover(invoice_id, fan.id)
            with transaction(), pytest.raises(NothingLeft):
                refunding.give_back_leftover(invoice_id, fan.id)
        assert the_invoice(app, invoice_id).state == "cancelled"
        with app.app_context(), transaction():
            paying = an_invoice(app, fan, total=100)
        with app.app_context(), transaction():
            crediting.pay(paying, fan.id)
    assert balance(app, Kind.FAN_CREDIT, fan) == 0
    assert whole(app)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(numbers=st.tuples(*[st.integers(0, 3_000)] * 5), seller=st.sampled_from([None, UUID(int=7)]))
def test_shares_fit_the_whole_and_never_grow_when_less_is_kept(
    numbers: tuple[int, ...], seller: UUID | None
) -> None:
    total = numbers[0]
    tax = numbers[1] % (total + 1)
    fee = numbers[2] % (total - tax + 1)
    one, two = sorted(number % (total + 1) for number in numbers[3:])
    invoice = Invoice(total=total, tax=tax, fee=fee if seller else 0, seller_id=seller)
    less, more = bookings.shares(invoice, one), bookings.shares(invoice, two)
    assert less.tax + less.fee + less.seller == one
    assert 0 <= less.tax <= more.tax and 0 <= less.fee <= more.fee and 0 <= less.seller <= more.seller
    all_of_it = bookings.shares(invoice, total)
    assert all_of_it.tax == tax
    assert all_of_it.fee == (fee if seller else total - tax)


def test_a_refund_waits_until_the_rail_has_it(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = bought(app, fan, a_creator(app), total=500)
    refund(app, invoice_id, 500, deliver=False)
    assert balance(app, Kind.PAYOUT_TRANSIT, fan) == 500
    with app.app_context():
        work.drain()
    assert balance(app, Kind.PAYOUT_TRANSIT, fan) == 0


def test_sales_and_refunds_of_many_payments_never_wait_for_each_other_in_a_circle(app: Flask) -> None:
    """They touch the same seller and, in any order, the same parts of the house's accounts."""
    creator = a_creator(app)
    sold = []
    for _ in range(12):
        invoice_id = an_invoice(app, a_person(app), creator, total=500)
        for part in range(5):
            money_in(app, invoice_id, 100, external_id=f"{invoice_id}-{part}")
        sold.append(invoice_id)
    buyers = [a_person(app) for _ in range(12)]

    def act(n: int) -> None:
        if n % 2:
            refund(app, sold[n // 2], 500, deliver=False)
        else:
            bought(app, buyers[n // 2], creator, total=500)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(act, range(24)))
    assert balance(app, Kind.CREATOR_PENDING, creator) == 12 * 460
    assert whole(app)
