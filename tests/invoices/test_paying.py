"""What is paid: in full, in parts, too much, too late, and in more than one way."""

from datetime import timedelta

import pytest
from flask import Flask

from app.extensions import db
from app.invoices.errors import NoLongerSold
from app.invoices.models import Attempt
from app.invoices.operations import attempts, ending, refunding
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform import work
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import (
    Shop,
    an_invoice,
    bought,
    money_in,
    paid,
    refund,
    the_invoice,
    tried,
)
from tests.factories.people import a_person
from tests.invoices.conftest import balance, later, opened, the_attempt, whole


def test_what_is_paid_in_full_is_its_buyers_and_its_owners(app: Flask) -> None:
    fan, creator, subject = a_person(app), a_creator(app), new_id()
    invoice_id = an_invoice(app, fan, creator, total=500, subject_id=subject)
    assert not opened(app, fan, subject)
    paid(app, invoice_id)
    invoice = the_invoice(app, invoice_id)
    assert (invoice.state, invoice.kept, invoice.fee) == ("paid", 500, 40)
    assert invoice.number is not None
    assert opened(app, fan, subject)
    assert balance(app, Kind.CREATOR_PENDING, creator) == 460
    assert balance(app, Kind.PLATFORM_FEE) == 40
    assert whole(app)


def test_the_house_may_sell_too(app: Flask) -> None:
    invoice = the_invoice(app, bought(app, a_person(app)))
    assert (invoice.state, invoice.fee) == ("paid", 0)
    assert balance(app, Kind.PLATFORM_FEE) == 500


def test_what_costs_nothing_is_paid_at_once(app: Flask) -> None:
    fan, subject = a_person(app), new_id()
    invoice = the_invoice(app, an_invoice(app, fan, a_creator(app), total=0, subject_id=subject))
    assert invoice.state == "paid" and invoice.number
    assert opened(app, fan, subject)


def test_the_same_money_again_changes_nothing(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), a_creator(app), total=500)
    for _ in range(3):
        money_in(app, invoice_id, 500, external_id="ch_1")
    found = the_invoice(app, invoice_id)
    assert (found.state, found.received) == ("paid", 500)


def test_the_same_money_never_pays_two_invoices(app: Flask) -> None:
    fan = a_person(app)
    first, second = an_invoice(app, fan, total=500), an_invoice(app, fan, total=500)
    money_in(app, first, 500, external_id="ch_1")
    money_in(app, second, 500, external_id="ch_1")
    assert (the_invoice(app, first).state, the_invoice(app, second).state) == ("paid", "open")


def test_money_in_another_currency_goes_through_the_exchange(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), a_creator(app), total=500)
    money_in(
        app,
        invoice_id,
        500,
        rail_amount=5_000_000,
        rail_currency="USDC",
        into=Account(Kind.CHAIN_HOT, "USDC"),
    )
    assert the_invoice(app, invoice_id).state == "paid"
    assert balance(app, Kind.CHAIN_HOT, currency="USDC") == 5_000_000
    assert balance(app, Kind.EXCHANGE, currency="USDC") == -5_000_000
    assert balance(app, Kind.EXCHANGE) == 500


def test_the_same_currency_moves_in_the_same_amount(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    with pytest.raises(ValueError, match="not the same amount"):
        money_in(app, invoice_id, 500, rail_amount=499)


def test_too_little_is_completed_by_the_rest(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    invoice_id = an_invoice(app, fan, creator, total=500)
    attempt_id = tried(app, invoice_id)
    money_in(app, invoice_id, 200, attempt_id=attempt_id)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.missing) == ("underpaid", 300)
    assert the_attempt(app, attempt_id).state == "waiting"
    assert balance(app, Kind.UNALLOCATED, fan) == 200
    money_in(app, invoice_id, 300, attempt_id=attempt_id)
    assert the_invoice(app, invoice_id).state == "paid"
    assert the_attempt(app, attempt_id).state == "succeeded"
    assert balance(app, Kind.UNALLOCATED, fan) == 0


def test_too_much_waits_for_its_payer(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan, a_creator(app), total=500)
    money_in(app, invoice_id, 650)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.leftover) == ("overpaid", 150)
    with app.app_context():
        with transaction():
            refunding.give_back_leftover(invoice_id, fan.id)
        work.drain()
    assert the_invoice(app, invoice_id).state == "paid"
    assert balance(app, Kind.CARD_CLEARING) == 500


def test_a_second_payment_becomes_credit_when_its_payer_wants(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = bought(app, fan, a_creator(app), total=500)
    money_in(app, invoice_id, 500)
    assert the_invoice(app, invoice_id).state == "overpaid"
    with app.app_context(), transaction():
        refunding.keep_leftover_as_credit(invoice_id, fan.id)
    assert balance(app, Kind.FAN_CREDIT, fan) == 500
    assert the_invoice(app, invoice_id).state == "paid"
    with app.app_context(), transaction(), pytest.raises(Exception, match="nothing left over"):
        refunding.keep_leftover_as_credit(invoice_id, fan.id)


def test_money_after_a_refund_waits_and_leaves_the_refund_alone(app: Flask) -> None:
    invoice_id = bought(app, a_person(app), a_creator(app), total=500)
    refund(app, invoice_id, 500)
    money_in(app, invoice_id, 500)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.leftover, found.kept) == ("refunded", 500, 0)


def test_late_money_is_taken_when_it_can_still_be_had(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), a_creator(app), total=500)
    attempt_id = tried(app, invoice_id)
    later(app, timedelta(hours=25))
    assert the_invoice(app, invoice_id).state == "expired"
    assert the_attempt(app, attempt_id).state == "expired"
    money_in(app, invoice_id, 500, attempt_id=attempt_id)
    assert the_invoice(app, invoice_id).state == "paid"
    assert the_attempt(app, attempt_id).state == "succeeded"


def test_money_for_what_its_payer_cancelled_is_the_payers(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan, a_creator(app), total=500)
    with app.app_context(), transaction():
        ending.give_up(invoice_id, fan.id)
    money_in(app, invoice_id, 500)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.leftover, found.kept) == ("cancelled", 500, 0)
    with app.app_context(), transaction():
        refunding.keep_leftover_as_credit(invoice_id, fan.id)
    assert balance(app, Kind.FAN_CREDIT, fan) == 500


def test_late_money_for_what_is_gone_is_the_payers(app: Flask, shelves: Shop) -> None:
    fan, subject = a_person(app), new_id()
    invoice_id = an_invoice(app, fan, a_creator(app), total=500, subject_id=subject)
    shelves.gone.add(subject)
    with app.app_context(), transaction(), pytest.raises(NoLongerSold, match="It is gone"):
        attempts.payable(invoice_id)
    money_in(app, invoice_id, 500)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.leftover) == ("cancelled", 500)
    assert not opened(app, fan, subject)
    assert len(shelves.let_go) == 1


def test_too_little_too_late_is_the_payers(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    money_in(app, invoice_id, 200)
    later(app, timedelta(hours=25))
    money_in(app, invoice_id, 100)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.leftover) == ("expired", 300)
    with app.app_context(), transaction():
        refunding.keep_leftover_as_credit(invoice_id, found.user_id)
    assert (the_invoice(app, invoice_id).state, the_invoice(app, invoice_id).leftover) == ("expired", 0)


def test_other_tries_are_called_off_when_one_has_paid(app: Flask, shelves: Shop) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    one, other = tried(app, invoice_id), tried(app, invoice_id)
    paid(app, invoice_id, attempt_id=one)
    assert (the_attempt(app, one).state, the_attempt(app, other).state) == ("succeeded", "cancelled")
    with app.app_context():
        work.drain()
    assert shelves.called_off == [other]


def test_a_try_that_its_provider_learns_of_too_late_is_called_off_again(app: Flask, shelves: Shop) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    attempt_id = tried(app, invoice_id, asked=False)
    later(app, timedelta(hours=25))
    with app.app_context():
        for _ in range(2):
            with transaction():
                attempts.asked(attempt_id, "cs_late", url="x")
        work.drain()
    found = the_attempt(app, attempt_id)
    assert (found.state, found.provider_id, found.data) == ("expired", "cs_late", {"url": "x"})
    assert shelves.called_off == [attempt_id]


def test_an_answer_after_success_changes_nothing(app: Flask, shelves: Shop) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    attempt_id = tried(app, invoice_id, asked=False)
    paid(app, invoice_id, attempt_id=attempt_id)
    with app.app_context(), transaction():
        attempts.asked(attempt_id, "cs_1")
        assert not attempts.fail(attempt_id, "declined", "No.")
        attempts.on_its_way(attempt_id)
    assert the_attempt(app, attempt_id).state == "succeeded"
    assert shelves.called_off == []


def test_an_attempt_that_was_forgotten_takes_nothing_from_a_paid_invoice(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    attempt_id = tried(app, invoice_id)
    paid(app, invoice_id)
    with app.app_context(), transaction():
        found = db.session.get_one(Attempt, attempt_id)
        found.state, found.ended_at = "waiting", None
    with app.app_context(), transaction():
        assert attempts.fail(attempt_id, "declined", "No.")
    assert the_invoice(app, invoice_id).state == "paid"


def test_what_is_on_its_way_neither_expires_nor_is_cancelled(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    first, second = tried(app, invoice_id), tried(app, invoice_id)
    with app.app_context(), transaction():
        attempts.on_its_way(first)
        attempts.on_its_way(first)
        attempts.on_its_way(second)
        assert [one.id for one in attempts.living(invoice_id, "test")] == [second, first]
        assert attempts.living(invoice_id, "card") == []
    later(app, timedelta(hours=25))
    assert the_invoice(app, invoice_id).state == "processing"
    with app.app_context(), transaction():
        assert attempts.fail(first, "declined", "No.")
    assert the_invoice(app, invoice_id).state == "processing"
    with app.app_context(), transaction():
        assert attempts.fail(second, "expired", "Too late.", state="expired")
    assert the_invoice(app, invoice_id).state == "open"
    later(app, timedelta(hours=25))
    assert the_invoice(app, invoice_id).state == "expired"


def test_an_invoice_waits_only_for_what_is_on_its_way(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    begun, sent = tried(app, invoice_id), tried(app, invoice_id)
    with app.app_context(), transaction():
        attempts.on_its_way(sent)
    assert the_invoice(app, invoice_id).state == "processing"
    with app.app_context(), transaction():
        attempts.fail(sent, "dropped", "It went away.")
    assert (the_invoice(app, invoice_id).state, the_attempt(app, begun).state) == ("open", "waiting")


def test_the_rest_of_a_part_can_be_on_its_way(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    money_in(app, invoice_id, 200)
    sent = tried(app, invoice_id)
    with app.app_context(), transaction():
        attempts.on_its_way(sent)
    later(app, timedelta(hours=25))
    assert the_invoice(app, invoice_id).state == "processing"
    money_in(app, invoice_id, 100)
    assert the_invoice(app, invoice_id).state == "processing"
    with app.app_context(), transaction():
        attempts.fail(sent, "declined", "No.")
    assert the_invoice(app, invoice_id).state == "underpaid"


def test_a_part_calls_off_what_asks_for_all(app: Flask, shelves: Shop) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    part, whole, little, sent = (tried(app, invoice_id, amount) for amount in (None, None, 100, None))
    with app.app_context(), transaction():
        attempts.on_its_way(sent)
    money_in(app, invoice_id, 200, attempt_id=part)
    states = [the_attempt(app, one).state for one in (part, whole, little, sent)]
    assert states == ["waiting", "cancelled", "waiting", "waiting"]
