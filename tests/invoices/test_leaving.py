"""Somebody who has to do with money leaves."""

from datetime import timedelta

from flask import Flask

from app.accounts.operations import deletion
from app.invoices.operations import refunding
from app.kit.clock import FixedClock
from app.platform import work
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, bought, money_in, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page

AFTER_THE_GRACE = timedelta(days=15)


DOOR = "/settings/data/delete"


def ask_to_leave(app: Flask, person: Person) -> Page:
    home = signed_in(app, person)
    return home.send(home.get(DOOR).form(DOOR), handle=person.handle, understood="y")


def test_what_is_theirs_goes_back_first(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = bought(app, fan, total=500)
    money_in(app, invoice_id, 100)
    door = signed_in(app, fan).get(DOOR)
    assert "Money of yours" in door.text and not door.has_form(DOOR)
    with app.app_context():
        with transaction():
            refunding.give_back_leftover(invoice_id, fan.id)
        work.drain()
    assert "Money of yours" not in ask_to_leave(app, fan).text


def test_what_they_did_not_pay_is_called_off_and_what_they_paid_is_kept(
    app: Flask, fixed_clock: FixedClock
) -> None:
    fan, creator = a_person(app), a_creator(app)
    never = an_invoice(app, fan, creator, lives=timedelta(days=60))
    paid = bought(app, fan, creator)
    ask_to_leave(app, fan)
    fixed_clock.move(AFTER_THE_GRACE)
    with app.app_context(), transaction():
        assert deletion.erase(fan.id)
    assert the_invoice(app, never).state == "cancelled"
    assert the_invoice(app, paid).state == "paid"
    seen = signed_in(app, creator).get(f"/dashboard/sales/{paid}")
    assert seen.status == 200 and fan.handle not in seen.text
