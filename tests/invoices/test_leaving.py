"""Somebody who has to do with money leaves."""

from datetime import timedelta

from flask import Flask

from app.accounts.operations import deletion, tombstones
from app.extensions import db
from app.invoices.operations import disputing, refunding
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform import outbox, work
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, bought, dispute, give_credit, money_in, the_invoice, too_late
from tests.factories.people import Person, a_person, signed_in
from tests.invoices.conftest import balance, whole
from tests.page_client import Page

AFTER_THE_GRACE = timedelta(days=15)


HOME, DOOR = "/settings/data", "/settings/data/delete"


def ask_to_leave(app: Flask, person: Person, gives_up: str = "") -> Page:
    home = signed_in(app, person)
    form = home.get(DOOR).form(DOOR)
    return home.send(form, handle=person.handle, understood="y", gives_up=gives_up)


def leave(app: Flask, person: Person, time: FixedClock) -> None:
    time.move(AFTER_THE_GRACE)
    with app.app_context(), transaction():
        assert deletion.erase(person.id)


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
    leave(app, fan, fixed_clock)
    assert the_invoice(app, never).state == "cancelled"
    assert the_invoice(app, paid).state == "paid"
    seen = signed_in(app, creator).get(f"/dashboard/sales/{paid}")
    assert seen.status == 200 and fan.handle not in seen.text
    assert "Sold to somebody who left" in seen.text and "deleted_" not in seen.text


def test_who_bought_of_somebody_who_left_reads_no_dead_name(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    paid = bought(app, fan, creator)
    with app.app_context(), transaction():
        tombstones.put(creator.id)
    page = signed_in(app, fan)
    assert "From somebody who left" in page.get(f"/invoices/{paid}").text
    for place in (f"/invoices/{paid}", "/purchases", "/transactions", "/transactions.csv"):
        seen = page.get(place)
        assert seen.status == 200 and "deleted_" not in seen.text, place


def test_nobody_loses_credit_without_saying_so(app: Flask) -> None:
    fan = a_person(app)
    assert "gives_up" not in signed_in(app, fan).get(DOOR).form(DOOR).fields
    give_credit(app, fan, 40_000)
    give_credit(app, fan, 250, "EUR")
    door = signed_in(app, fan).get(DOOR).text
    for amount in ("$400.00", "€2.50"):
        assert f"You have {amount} of credit here. It cannot be paid out and is gone when you leave." in door
    assert "I give up my credit" in door
    refused = ask_to_leave(app, fan)
    assert (refused.status, list(refused.errors)) == (422, ["gives_up"])
    assert not signed_in(app, fan).get(HOME).has_form(f"{DOOR}/cancel")


def test_credit_that_was_given_up_is_the_houses(app: Flask, fixed_clock: FixedClock) -> None:
    fan = a_person(app)
    give_credit(app, fan, 40_000)
    give_credit(app, fan, 250, "EUR")
    told = ask_to_leave(app, fan, gives_up="y")
    assert "It cannot be paid out and is gone when you leave." in told.text
    leave(app, fan, fixed_clock)
    for currency, amount in (("USD", 40_000), ("EUR", 250)):
        assert balance(app, Kind.FAN_CREDIT, fan, currency) == 0
        assert balance(app, Kind.FORFEITED_CREDIT, currency=currency) == amount
    with app.app_context():
        found = db.session.query(AuditRecord).filter_by(action=Action.CREDIT_GIVEN_UP.value)
        assert {(one.subject_id, one.data["amount"]) for one in found} == {
            (str(fan.id), 40_000),
            (str(fan.id), 250),
        }
    assert whole(app)


def test_what_comes_in_for_somebody_who_left_goes_back_by_itself(app: Flask, fixed_clock: FixedClock) -> None:
    """Too late, or back from a bank that had taken it: nobody is there to ask for it."""
    fan, creator = a_person(app), a_creator(app)
    late = an_invoice(app, fan, creator, lives=timedelta(days=60))
    expired = too_late(app, an_invoice(app, fan, creator))
    twice = bought(app, fan, creator)
    disputed = dispute(app, twice, of=money_in(app, twice, 300))
    ask_to_leave(app, fan)
    leave(app, fan, fixed_clock)
    money_in(app, late, 200)
    money_in(app, expired, 500)
    with app.app_context():
        with transaction():
            disputing.won(disputed, Account(Kind.CARD_CLEARING, "USD"))
        for _ in range(2):
            outbox.relay()
            work.drain()
    assert [the_invoice(app, one).leftover for one in (late, expired, twice)] == [0, 0, 0]
    assert the_invoice(app, expired).kept == 0, "nothing is sold to nobody"
    assert balance(app, Kind.UNALLOCATED, fan) == balance(app, Kind.PAYOUT_TRANSIT, fan) == 0
    assert whole(app)
