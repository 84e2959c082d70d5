"""What is ordered once, given up, and released: one at a time, at once, and in several goes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.invoices import rails
from app.invoices.errors import NotPayable
from app.invoices.models import Invoice, Payment
from app.invoices.operations import attempts, ending, making, releasing
from app.invoices.operations.attempts import Quote
from app.invoices.operations.making import Item, Order, UnderWay
from app.invoices.rails import Rail
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.platform.errors import NotFound
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import (
    PRODUCT,
    Shop,
    an_invoice,
    bought,
    money_in,
    paid,
    refund,
    the_invoice,
)
from tests.factories.people import a_person
from tests.invoices.conftest import balance, later, the_attempt, whole


def test_what_ended_cannot_be_paid(app: Flask) -> None:
    fan = a_person(app)
    expired, settled = an_invoice(app, fan, total=500), bought(app, fan)
    later(app, timedelta(hours=25))
    for invoice_id in (expired, settled):
        with app.app_context(), transaction(), pytest.raises(NotPayable):
            attempts.payable(invoice_id)
    with app.app_context(), transaction(), pytest.raises(NotFound):
        attempts.payable(new_id())


def test_the_same_order_twice_is_one_invoice(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    first = an_invoice(app, fan, creator, total=500, unique_key="thing")
    assert an_invoice(app, fan, creator, total=500, unique_key="thing") == first
    dearer = an_invoice(app, fan, creator, total=700, unique_key="thing")
    assert dearer != first
    assert the_invoice(app, first).state == "cancelled"
    paid(app, dearer)
    assert an_invoice(app, fan, creator, total=700, unique_key="thing") != dearer


def test_another_order_waits_for_the_payment_that_is_under_way(app: Flask) -> None:
    fan = a_person(app)
    money_in(app, an_invoice(app, fan, total=500, unique_key="thing"), 100)
    with pytest.raises(UnderWay):
        an_invoice(app, fan, total=700, unique_key="thing")


def test_an_order_after_its_invoice_grew_too_old_is_a_new_one(app: Flask) -> None:
    fan = a_person(app)
    old = an_invoice(app, fan, total=500, unique_key="thing", lives=timedelta(seconds=-1))
    new = an_invoice(app, fan, total=500, unique_key="thing")
    assert new != old
    assert the_invoice(app, old).state == "expired"


def test_many_at_once_buy_once(app: Flask) -> None:
    """Two hundred orders of the same thing, and as many messages about the same money."""
    fan, creator, subject = a_person(app), a_creator(app), new_id()

    def order(_: int) -> UUID:
        return an_invoice(app, fan, creator, total=500, subject_id=subject, unique_key=f"post:{fan.id}")

    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(order, range(200)))
        assert len(ids) == 1
        invoice_id = ids.pop()
        list(threads.map(lambda _: money_in(app, invoice_id, 500, external_id="ch_same"), range(200)))
    found = the_invoice(app, invoice_id)
    assert (found.state, found.received) == ("paid", 500)
    with app.app_context():
        assert db.session.query(Payment).count() == db.session.query(Invoice).count() == 1
    assert balance(app, Kind.CREATOR_PENDING, creator) == 460
    assert whole(app)


def test_money_and_giving_up_at_once_end_in_one_of_both(app: Flask) -> None:
    fan = a_person(app)
    for _ in range(5):
        invoice_id = an_invoice(app, fan, total=500)

        def give_up(invoice_id: UUID = invoice_id) -> None:
            with app.app_context(), transaction(), suppress(NotPayable):
                ending.give_up(invoice_id, fan.id)

        with ThreadPoolExecutor(2) as threads:
            one = threads.submit(give_up)
            two = threads.submit(money_in, app, invoice_id, 500)
            one.result(), two.result()
        found = the_invoice(app, invoice_id)
        assert (found.state, found.kept, found.leftover) in {("paid", 500, 0), ("cancelled", 0, 500)}


def test_a_discount_is_a_line_without_a_product(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    items = (Item("Gold", 1_000, PRODUCT, new_id()), Item("Welcome", -300))
    ids = []
    for _ in range(2):
        with app.app_context(), transaction():
            order = Order(fan.id, creator.id, "subscription", "USD", items, return_to="/feed")
            ids.append(making.make(order).id)
    paid(app, ids[0])
    assert the_invoice(app, ids[0]).kept == 700
    refund(app, ids[0], 700)
    with app.app_context(), transaction():
        ending.give_up(ids[1], fan.id)
    assert [the_invoice(app, one).state for one in ids] == ["refunded", "cancelled"]


def test_one_that_cannot_end_does_not_hold_up_the_others(
    app: Flask, shelves: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "BATCH", 1)
    subject, fan = new_id(), a_person(app)
    broken = an_invoice(app, fan, subject_id=subject, lives=timedelta(hours=1))
    shelves.broken.add(subject)
    others = [an_invoice(app, fan) for _ in range(3)]
    later(app, timedelta(hours=25))
    assert {the_invoice(app, one).state for one in others} == {"expired"}
    assert the_invoice(app, broken).state == "open"


def test_many_end_in_several_goes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "BATCH", 2)
    fan = a_person(app)
    ids = [an_invoice(app, fan) for _ in range(5)]
    later(app, timedelta(hours=25))
    assert {the_invoice(app, one).state for one in ids} == {"expired"}


def test_many_are_released_in_several_goes_and_each_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releasing, "BATCH", 2)
    fan, creator = a_person(app), a_creator(app)
    ids = [bought(app, fan, creator, total=500) for _ in range(5)]
    later(app, timedelta(days=8))
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 5 * 460
    with app.app_context(), transaction():
        releasing.release(ids[0])
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 5 * 460


def test_a_rail_that_need_not_be_told_is_not(app: Flask) -> None:
    rails.register(app, Rail("cash", "Cash", 95, offers=lambda _: [], refund_work=""))
    invoice_id = an_invoice(app, a_person(app), total=500)
    with app.app_context(), transaction():
        attempt_id = attempts.begin(attempts.payable(invoice_id), Quote("cash", 500, "USD")).id
    paid(app, invoice_id)
    assert the_attempt(app, attempt_id).state == "cancelled"
    del app.extensions[rails.PLACE]["cash"]
