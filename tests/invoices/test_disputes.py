"""A payer's bank takes a payment back."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.invoices.errors import NothingLeft, NotRefundable
from app.invoices.models import Dispute, Payment
from app.invoices.operations import disputing, refunding
from app.invoices.operations.disputing import Complaint
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform import outbox, work
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import (
    Shop,
    an_invoice,
    bought,
    dispute,
    give_credit,
    money_in,
    refund,
    the_invoice,
)
from tests.factories.people import Person, a_person, signed_in
from tests.factories.post import letters
from tests.invoices.conftest import balance, later, opened, whole
from tests.invoices.test_leaving import ask_to_leave, leave

CLEARING = Account(Kind.CARD_CLEARING, "USD")


def win(app: Flask, dispute_id: UUID) -> None:
    for _ in range(2):
        with app.app_context(), transaction():
            disputing.won(dispute_id, CLEARING)


def lose(app: Flask, dispute_id: UUID) -> None:
    for _ in range(2):
        with app.app_context(), transaction():
            disputing.lost(dispute_id)


def test_while_it_is_open_all_waits(app: Flask) -> None:
    fan, creator, subject = a_person(app), a_creator(app), new_id()
    invoice_id = bought(app, fan, creator, total=500, subject_id=subject)
    dispute(app, invoice_id)
    assert the_invoice(app, invoice_id).state == "disputed"
    assert not opened(app, fan, subject)
    assert balance(app, Kind.CREATOR_HELD, creator) == 460
    assert balance(app, Kind.CREATOR_PENDING, creator) == 0
    assert balance(app, Kind.CARD_CLEARING) == 0
    with pytest.raises(NotRefundable):
        refund(app, invoice_id, 100)
    later(app, timedelta(days=8))
    assert the_invoice(app, invoice_id).released_at is None
    assert whole(app)


def test_won_it_is_as_before(app: Flask) -> None:
    fan, creator, subject = a_person(app), a_creator(app), new_id()
    invoice_id = bought(app, fan, creator, total=500, subject_id=subject)
    win(app, dispute(app, invoice_id))
    assert the_invoice(app, invoice_id).state == "paid"
    assert opened(app, fan, subject)
    assert balance(app, Kind.CREATOR_HELD, creator) == balance(app, Kind.DISPUTED) == 0
    assert balance(app, Kind.CREATOR_PENDING, creator) == 460
    assert balance(app, Kind.PLATFORM_FEE) == 40
    later(app, timedelta(days=8))
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 460


def test_won_too_late_it_is_the_payers_credit(app: Flask, shelves: Shop) -> None:
    fan, creator, subject = a_person(app), a_creator(app), new_id()
    invoice_id = bought(app, fan, creator, total=500, subject_id=subject)
    opened_ = dispute(app, invoice_id)
    shelves.gone.add(subject)
    win(app, opened_)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.kept, found.returned) == ("refunded", 0, 500)
    assert not opened(app, fan, subject)
    assert balance(app, Kind.FAN_CREDIT, fan) == balance(app, Kind.CARD_CLEARING) == 500
    for kind in (Kind.CREATOR_HELD, Kind.CREATOR_PENDING):
        assert balance(app, kind, creator) == 0
    assert "could not be had any more" in signed_in(app, fan).get(f"/invoices/{invoice_id}").text
    with app.app_context():
        outbox.relay()
        work.drain()
    assert len(letters(app, fan.email, "invoice_refunded")) == 1
    assert whole(app)


def test_won_too_late_it_goes_back_as_it_came_to_a_payer_who_left(
    app: Flask, shelves: Shop, fixed_clock: FixedClock
) -> None:
    fan, subject = a_person(app), new_id()
    invoice_id = bought(app, fan, a_creator(app), total=500, subject_id=subject)
    opened_ = dispute(app, invoice_id)
    ask_to_leave(app, fan)
    leave(app, fan, fixed_clock)
    shelves.gone.add(subject)
    win(app, opened_)
    with app.app_context():
        work.drain()
    assert the_invoice(app, invoice_id).state == "refunded"
    assert balance(app, Kind.FAN_CREDIT, fan) == balance(app, Kind.CARD_CLEARING) == 0
    assert whole(app)


def test_lost_in_part_too_late_the_rest_is_the_payers_credit(app: Flask, shelves: Shop) -> None:
    fan, subject = a_person(app), new_id()
    invoice_id = bought(app, fan, a_creator(app), total=500, subject_id=subject)
    opened_ = dispute(app, invoice_id, 200)
    shelves.gone.add(subject)
    lose(app, opened_)
    assert the_invoice(app, invoice_id).state == "refunded"
    assert balance(app, Kind.FAN_CREDIT, fan) == 300
    assert whole(app)


def test_lost_it_is_as_refunded(app: Flask) -> None:
    fan, creator, subject = a_person(app), a_creator(app), new_id()
    invoice_id = bought(app, fan, creator, total=500, subject_id=subject)
    lose(app, dispute(app, invoice_id))
    found = the_invoice(app, invoice_id)
    assert (found.state, found.kept, found.returned) == ("refunded", 0, 500)
    assert not opened(app, fan, subject)
    for kind in (Kind.DISPUTED, Kind.PLATFORM_FEE, Kind.DISPUTE_LOSS, Kind.CARD_CLEARING):
        assert balance(app, kind) == 0
    assert balance(app, Kind.CREATOR_HELD, creator) == balance(app, Kind.CREATOR_PENDING, creator) == 0
    assert whole(app)


def test_after_the_release_it_is_taken_from_what_is_free(app: Flask) -> None:
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=500)
    later(app, timedelta(days=8))
    opened_ = dispute(app, invoice_id)
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 0
    win(app, opened_)
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 460
    lose(app, dispute(app, invoice_id))
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == 0


def test_what_was_refunded_before_is_the_houses_loss(app: Flask) -> None:
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=500)
    refund(app, invoice_id, 200)
    opened_ = dispute(app, invoice_id, 500)
    assert balance(app, Kind.CREATOR_HELD, creator) == 276
    lose(app, opened_)
    assert balance(app, Kind.DISPUTE_LOSS) == 200
    assert the_invoice(app, invoice_id).state == "refunded"


def test_all_refunded_before_changes_nothing_for_the_invoice(app: Flask) -> None:
    invoice_id = bought(app, a_person(app), a_creator(app), total=500)
    refund(app, invoice_id, 500)
    lose(app, dispute(app, invoice_id, 500))
    assert the_invoice(app, invoice_id).state == "refunded"
    assert balance(app, Kind.DISPUTE_LOSS) == 500


def test_a_part_of_it_closes_it_until_it_is_decided(app: Flask) -> None:
    fan, creator, subject = a_person(app), a_creator(app), new_id()
    invoice_id = bought(app, fan, creator, total=500, subject_id=subject)
    opened_ = dispute(app, invoice_id, 200)
    assert (the_invoice(app, invoice_id).state, opened(app, fan, subject)) == ("disputed", False)
    lose(app, opened_)
    assert (the_invoice(app, invoice_id).state, opened(app, fan, subject)) == ("part_refunded", True)


def test_one_of_two_payments_for_the_same_leaves_what_was_bought_alone(app: Flask) -> None:
    fan, subject = a_person(app), new_id()
    invoice_id = bought(app, fan, a_creator(app), total=500, subject_id=subject)
    money_in(app, invoice_id, 500, external_id="twice")
    opened_ = dispute(app, invoice_id, of="twice")
    found = the_invoice(app, invoice_id)
    assert (found.state, found.leftover, opened(app, fan, subject)) == ("paid", 0, True)
    with app.app_context(), transaction(), pytest.raises(NothingLeft):
        refunding.give_back_leftover(invoice_id, fan.id)
    win(app, opened_)
    assert (the_invoice(app, invoice_id).state, the_invoice(app, invoice_id).leftover) == ("overpaid", 500)
    lose(app, dispute(app, invoice_id, of="twice"))
    assert the_invoice(app, invoice_id).state == "paid"
    assert balance(app, Kind.DISPUTE_LOSS) == balance(app, Kind.UNALLOCATED, fan) == 0
    assert whole(app)


def paid_twice(app: Flask, fan: Person, subject: UUID) -> UUID:
    """And the second time taken as credit."""
    invoice_id = bought(app, fan, a_creator(app), total=500, subject_id=subject)
    money_in(app, invoice_id, 500, external_id="again")
    page = signed_in(app, fan)
    page.send(page.get(f"/invoices/{invoice_id}").form(f"/invoices/{invoice_id}/credit"))
    assert balance(app, Kind.FAN_CREDIT, fan) == 500
    return invoice_id


def test_what_its_payer_took_as_credit_goes_with_the_payment(app: Flask) -> None:
    fan, subject = a_person(app), new_id()
    invoice_id = paid_twice(app, fan, subject)
    opened_ = dispute(app, invoice_id, of="again")
    assert (the_invoice(app, invoice_id).state, opened(app, fan, subject)) == ("paid", True)
    assert balance(app, Kind.FAN_CREDIT, fan) == balance(app, Kind.DISPUTED) == 0
    page = signed_in(app, fan)
    assert "$5.00 of it taken from credit" in page.get(f"/invoices/{invoice_id}").text
    win(app, opened_)
    assert balance(app, Kind.FAN_CREDIT, fan) == 500
    assert "taken from credit" not in page.get(f"/invoices/{invoice_id}").text
    lose(app, dispute(app, invoice_id, of="again"))
    assert balance(app, Kind.FAN_CREDIT, fan) == balance(app, Kind.DISPUTE_LOSS) == 0
    assert whole(app)


def test_what_was_bought_with_the_credit_stays(app: Flask) -> None:
    fan, bought_with_it = a_person(app), new_id()
    invoice_id = paid_twice(app, fan, new_id())
    other, page = (
        an_invoice(app, fan, a_creator(app), total=300, subject_id=bought_with_it),
        signed_in(app, fan),
    )
    page.send(page.get(f"/invoices/{other}").form(f"/invoices/{other}/pay/credit"))
    opened_ = dispute(app, invoice_id, of="again")
    assert (balance(app, Kind.FAN_CREDIT, fan), balance(app, Kind.DISPUTED)) == (0, 300)
    lose(app, opened_)
    assert balance(app, Kind.DISPUTE_LOSS) == 300
    assert (the_invoice(app, other).state, opened(app, fan, bought_with_it)) == ("paid", True)
    assert whole(app)


def half_paid_with_credit(app: Flask, fan: Person) -> UUID:
    """All their credit lies in it."""
    other, page = an_invoice(app, fan, a_creator(app), total=900), signed_in(app, fan)
    page.send(page.get(f"/invoices/{other}").form(f"/invoices/{other}/pay/credit"))
    assert the_invoice(app, other).state == "underpaid"
    return other


def test_credit_that_lay_in_a_half_paid_invoice_goes_with_the_payment_it_came_from(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = paid_twice(app, fan, new_id())
    other, page = half_paid_with_credit(app, fan), signed_in(app, fan)
    opened_ = dispute(app, invoice_id, of="again")
    after = page.send(page.get(f"/invoices/{other}").form(f"/invoices/{other}/give-back"))
    assert "Your bank gave you $5.00 of it already." in after.text
    assert "goes back to where it came from" not in after.text and "The rest" not in after.text
    assert the_invoice(app, other).state == "cancelled"
    assert balance(app, Kind.FAN_CREDIT, fan) == balance(app, Kind.DISPUTED) == 0
    win(app, opened_)
    assert balance(app, Kind.FAN_CREDIT, fan) == 500
    assert whole(app)


def test_credit_that_comes_back_of_a_purchase_goes_to_the_bank_that_took_its_payment(app: Flask) -> None:
    fan = a_person(app)
    lost = paid_twice(app, fan, new_id())
    other, page = an_invoice(app, fan, a_creator(app), total=300), signed_in(app, fan)
    page.send(page.get(f"/invoices/{other}").form(f"/invoices/{other}/pay/credit"))
    lose(app, dispute(app, lost, of="again"))
    assert balance(app, Kind.DISPUTE_LOSS) == 300
    refund(app, other, 300)
    assert balance(app, Kind.FAN_CREDIT, fan) == balance(app, Kind.DISPUTE_LOSS) == 0
    assert whole(app)


@pytest.mark.parametrize("kept", ["give-back", "credit"])
def test_of_a_leftover_that_a_bank_gave_in_part_the_rest_is_promised(app: Flask, kept: str) -> None:
    fan = a_person(app)
    invoice_id = paid_twice(app, fan, new_id())
    other, page = half_paid_with_credit(app, fan), signed_in(app, fan)
    money_in(app, other, 200)
    dispute(app, invoice_id, of="again")
    after = page.send(page.get(f"/invoices/{other}").form(f"/invoices/{other}/{kept}"))
    assert "Your bank gave you $5.00 of it already. The rest " in after.text
    assert balance(app, Kind.FAN_CREDIT, fan) == (200 if kept == "credit" else 0)


@pytest.mark.parametrize("others", [0, 400])
def test_a_refund_does_not_tell_of_credit_that_went_to_a_bank_at_once(app: Flask, others: int) -> None:
    """`others`: credit that did not come from the payment that the bank took."""
    fan = a_person(app)
    lost = paid_twice(app, fan, new_id())
    if others:
        give_credit(app, fan, others)
    other, page = an_invoice(app, fan, a_creator(app), total=300 + others), signed_in(app, fan)
    page.send(page.get(f"/invoices/{other}").form(f"/invoices/{other}/pay/credit"))
    lose(app, dispute(app, lost, of="again"))
    refund(app, other, 300 + others)
    assert balance(app, Kind.FAN_CREDIT, fan) == others
    with app.app_context():
        outbox.relay()
        work.drain()
    (told,) = letters(app, fan.email, "invoice_refunded")
    said = " ".join(told.text.split())
    if others:
        assert told.subject == "$4.00 goes back to you"
        assert "$4.00 of it is yours as credit already" in said
        assert "Another $3.00 you have from your bank" in said
    else:
        assert told.subject == "A thing was refunded"
        assert "You have the $3.00 from your bank already" in said and "on its way" in said


def test_other_credit_of_theirs_stays_when_it_comes_back(app: Flask) -> None:
    """What they got and spent after the bank had taken its payment is not of that payment."""
    fan = a_person(app)
    lost = paid_twice(app, fan, new_id())
    spent, later_ = (an_invoice(app, fan, a_creator(app), total=500) for _ in range(2))
    page = signed_in(app, fan)
    page.send(page.get(f"/invoices/{spent}").form(f"/invoices/{spent}/pay/credit"))
    lose(app, dispute(app, lost, of="again"))
    give_credit(app, fan, 500)
    page.send(page.get(f"/invoices/{later_}").form(f"/invoices/{later_}/pay/credit"))
    refund(app, later_, 500)
    assert (balance(app, Kind.FAN_CREDIT, fan), balance(app, Kind.DISPUTE_LOSS)) == (500, 500)
    assert whole(app)


def test_credit_of_a_payment_comes_back_to_nobody_who_left(app: Flask, fixed_clock: FixedClock) -> None:
    fan = a_person(app)
    opened_ = dispute(app, paid_twice(app, fan, new_id()), of="again")
    ask_to_leave(app, fan)
    leave(app, fan, fixed_clock)
    win(app, opened_)
    assert (balance(app, Kind.FAN_CREDIT, fan), balance(app, Kind.FORFEITED_CREDIT)) == (0, 500)
    assert whole(app)


def test_two_at_once_end_with_the_last(app: Flask) -> None:
    fan, creator, subject = a_person(app), a_creator(app), new_id()
    invoice_id = an_invoice(app, fan, creator, total=500, subject_id=subject)
    money_in(app, invoice_id, 333, external_id="one")
    money_in(app, invoice_id, 167, external_id="two")
    one, two = dispute(app, invoice_id, of="one"), dispute(app, invoice_id, of="two")
    assert the_invoice(app, invoice_id).kept == 0
    lose(app, one)
    assert (the_invoice(app, invoice_id).state, opened(app, fan, subject)) == ("disputed", False)
    win(app, two)
    found = the_invoice(app, invoice_id)
    assert (found.state, found.kept, opened(app, fan, subject)) == ("part_refunded", 167, True)
    assert whole(app)


def test_money_that_does_not_pay_yet_can_be_disputed_too(app: Flask) -> None:
    invoice_id = an_invoice(app, a_person(app), total=500)
    money_in(app, invoice_id, 300)
    opened_ = dispute(app, invoice_id)
    assert the_invoice(app, invoice_id).state == "open"
    money_in(app, invoice_id, 200)
    win(app, opened_)
    assert the_invoice(app, invoice_id).state == "paid"


def test_the_house_disputes_without_a_seller(app: Flask) -> None:
    invoice_id = bought(app, a_person(app), total=500)
    lose(app, dispute(app, invoice_id))
    assert balance(app, Kind.PLATFORM_FEE) == balance(app, Kind.DISPUTED) == 0
    again = bought(app, a_person(app), total=500)
    win(app, dispute(app, again))
    assert balance(app, Kind.PLATFORM_FEE) == 500


def test_the_same_complaint_again_is_one(app: Flask) -> None:
    invoice_id = bought(app, a_person(app), a_creator(app), total=500)
    for _ in range(2):
        with app.app_context(), transaction():
            payment = db.session.query(Payment).filter_by(invoice_id=invoice_id).one()
            complaint = Complaint("test", "dp_1", 500, "fraudulent", None, clock.now())
            disputing.opened(payment.id, complaint, CLEARING)
    with app.app_context():
        assert db.session.query(Dispute).count() == 1
    assert balance(app, Kind.CARD_CLEARING) == 0
