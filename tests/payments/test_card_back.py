"""Money on its way back: refunds, and what banks take in a dispute."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.invoices.models import Dispute
from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments import queries
from app.payments.cards import jobs, looking
from app.payments.models import Case
from app.platform import personal_data
from app.platform.transaction import transaction
from tests.doubles.cards import DISPUTED, GOOD, REFUND_FAILS
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, refund, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.factories.post import letters
from tests.factories.restored import compared, restored
from tests.invoices.test_leaving import ask_to_leave, leave
from tests.payments.cards import Till, payments_of

DISPUTES = "/admin/payments/disputes"


def bought(app: Flask, till: Till, fan: Person, card: str = GOOD, total: int = 1_000) -> UUID:
    invoice_id = an_invoice(app, fan, a_creator(app), total=total)
    till.pay(signed_in(app, fan), invoice_id, card)
    till.settle()
    return invoice_id


def at_processor(app: Flask) -> int:
    with app.app_context():
        return ledger.balance(Account(Kind.CARD_CLEARING, "USD")).posted


def credit_of(app: Flask, fan: Person) -> int:
    with app.app_context():
        return ledger.balance(Account(Kind.FAN_CREDIT, "USD", fan.id)).posted


def lost_by_house(app: Flask) -> int:
    with app.app_context():
        return ledger.balance(Account(Kind.DISPUTE_LOSS, "USD")).posted


def charge_of(app: Flask, invoice_id: UUID) -> str:
    return payments_of(app, invoice_id)[-1].external_id


def dispute_states(app: Flask, invoice_id: UUID) -> list[str]:
    with app.app_context():
        return [one.state for one in db.session.query(Dispute).filter_by(invoice_id=invoice_id)]


def erase(app: Flask, fan: Person) -> None:
    forget = personal_data.registry(app).tables["provider_customers"].erase
    assert callable(forget)
    forget(fan.id)


def cases(app: Flask) -> list[str]:
    with app.app_context():
        return [one.kind for one in db.session.query(Case).order_by(Case.id)]


def test_a_refund_goes_back_to_the_card(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = bought(app, till, fan)
    before = at_processor(app)
    refund(app, invoice_id, 1_000)
    till.settle()
    assert till.refund_states(invoice_id) == ["succeeded"]
    assert the_invoice(app, invoice_id).state == "refunded"
    assert (before - at_processor(app), credit_of(app, fan)) == (1_000, 0)


def test_a_pending_refund_that_a_lost_dispute_overtook_is_its_payers_already(
    app: Flask, till: Till, fan: Person
) -> None:
    invoice_id = bought(app, till, fan)
    refund(app, invoice_id, 400, deliver=False)
    (refund_id,) = till.refund_ids(invoice_id)
    charge, names = charge_of(app, invoice_id), {"refund_id": str(refund_id)}
    till.double.fault("webhooks", "drop", times=20)
    made = till.double.client().v1.refunds.create({"charge": charge, "amount": 400, "metadata": names})
    till.rewrite(made.id, status="failed", failure_reason="charge_for_pending_refund_disputed")
    opened = till.double.control(f"dispute/{charge}")
    till.rewrite(opened["id"], amount=1_000)
    with app.app_context():
        looking.returned_of(charge)
    assert (till.refund_states(invoice_id), dispute_states(app, invoice_id)) == (["sent"], ["open"])
    till.double.control(f"dispute/{opened['id']}/close?won=no")
    with app.app_context():
        looking.dispute(opened["id"])
    till.work_off()
    with app.app_context():
        # The processor tells it more than once.
        looking.returned_of(charge)
    assert (till.refund_states(invoice_id), dispute_states(app, invoice_id)) == (["succeeded"], ["lost"])
    assert (credit_of(app, fan), lost_by_house(app)) == (0, 0)


def test_a_pending_refund_that_a_won_dispute_overtook_becomes_credit(
    app: Flask, till: Till, fan: Person
) -> None:
    """The processor gave it up, and the bank gave its payer nothing."""
    invoice_id = bought(app, till, fan)
    refund(app, invoice_id, 400, deliver=False)
    charge = charge_of(app, invoice_id)
    names = {"refund_id": str(till.refund_ids(invoice_id)[0])}
    till.double.fault("webhooks", "drop", times=20)
    made = till.double.client().v1.refunds.create({"charge": charge, "amount": 400, "metadata": names})
    till.rewrite(made.id, status="failed", failure_reason="charge_for_pending_refund_disputed")
    opened = till.double.control(f"dispute/{charge}")
    till.double.control(f"dispute/{opened['id']}/close?won=yes")
    with app.app_context():
        looking.dispute(opened["id"])
        looking.returned_of(charge)
    assert (till.refund_states(invoice_id), dispute_states(app, invoice_id)) == (["failed"], ["won"])
    assert (credit_of(app, fan), lost_by_house(app)) == (400, 0)


def test_nothing_is_sent_back_while_a_bank_decides(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = bought(app, till, fan)
    refund(app, invoice_id, 400, deliver=False)
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    with app.app_context():
        looking.dispute(opened["id"])
    till.settle()
    assert (till.refund_states(invoice_id), credit_of(app, fan)) == (["due"], 0)
    assert till.double.client().v1.refunds.list({"charge": charge_of(app, invoice_id)}).data == []
    till.double.control(f"dispute/{opened['id']}/close?won=yes")
    till.settle()
    assert till.refund_states(invoice_id) == ["succeeded"]


def test_after_a_restore_nothing_is_sent_back_again_before_somebody_compared(
    app: Flask, till: Till, fan: Person
) -> None:
    invoice_id = bought(app, till, fan)
    restored(app)
    refund(app, invoice_id, 400)
    till.settle()
    assert till.refund_states(invoice_id) == ["due"]
    compared(app)
    with app.app_context(), clock.using(FixedClock(clock.now() + timedelta(hours=2))):
        jobs.unfinished()
        till.work_off()
    till.settle()
    assert till.refund_states(invoice_id) == ["succeeded"]


def test_a_refund_that_the_bank_sends_back_becomes_credit(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = bought(app, till, fan, REFUND_FAILS)
    before = at_processor(app)
    refund(app, invoice_id, 400)
    till.settle()
    assert till.refund_states(invoice_id) == ["succeeded"]
    sent = till.double.client().v1.refunds.list({"charge": charge_of(app, invoice_id)}).data[0]
    till.double.control(f"refund/{sent.id}/fail")
    till.settle()
    assert till.refund_states(invoice_id) == ["failed"]
    assert (at_processor(app), credit_of(app, fan)) == (before, 400)


@pytest.mark.parametrize("decided", [None, "yes", "no"])
def test_a_refund_that_comes_home_after_a_dispute_is_no_credit(
    app: Flask, till: Till, fan: Person, decided: str | None
) -> None:
    """Unless the dispute is won: only then has the bank given its payer nothing."""
    invoice_id = bought(app, till, fan, REFUND_FAILS)
    charge = charge_of(app, invoice_id)
    refund(app, invoice_id, 400)
    till.settle()
    sent = till.double.client().v1.refunds.list({"charge": charge}).data[0]
    opened = till.double.control(f"dispute/{charge}")
    till.rewrite(opened["id"], amount=1_000)
    till.settle()
    if decided == "no":
        till.double.control(f"dispute/{opened['id']}/close?won=no")
        till.settle()
        assert lost_by_house(app) == 400
    till.double.control(f"refund/{sent.id}/fail")
    till.settle()
    assert till.refund_states(invoice_id) == ["failed"]
    assert (credit_of(app, fan), lost_by_house(app)) == (0, 0)
    with app.app_context():
        assert not letters(app, fan.email, "refund_failed")
    if decided == "yes":
        till.double.control(f"dispute/{opened['id']}/close?won=yes")
        till.settle()
        assert credit_of(app, fan) == 400


def overtaken(app: Flask, till: Till, fan: Person, amount: int) -> tuple[UUID, str]:
    """The bank was quicker by a moment, and the processor refuses the refund."""
    invoice_id = bought(app, till, fan)
    refund(app, invoice_id, amount, deliver=False)
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    till.settle()
    assert (till.refund_states(invoice_id), credit_of(app, fan)) == (["due"], 0)
    return invoice_id, str(opened["id"])


@pytest.mark.parametrize("amount", [400, 1_000])
def test_a_refund_that_a_lost_dispute_overtook_is_its_payers_already(
    app: Flask, till: Till, fan: Person, amount: int
) -> None:
    invoice_id, dispute_id = overtaken(app, till, fan, amount)
    till.double.control(f"dispute/{dispute_id}/close?won=no")
    till.settle()
    assert (till.refund_states(invoice_id), dispute_states(app, invoice_id)) == (["succeeded"], ["lost"])
    assert (at_processor(app), credit_of(app, fan), lost_by_house(app)) == (0, 0, 0)


@pytest.mark.parametrize("amount", [400, 1_000])
def test_a_refund_that_a_won_dispute_overtook_goes_back(
    app: Flask, till: Till, fan: Person, amount: int
) -> None:
    invoice_id, dispute_id = overtaken(app, till, fan, amount)
    till.forget_keys()
    till.double.control(f"dispute/{dispute_id}/close?won=yes")
    till.settle()
    assert (till.refund_states(invoice_id), dispute_states(app, invoice_id)) == (["succeeded"], ["won"])
    assert (at_processor(app), credit_of(app, fan)) == (1_000 - amount, 0)
    assert till.double.client().v1.charges.retrieve(charge_of(app, invoice_id)).amount_refunded == amount


def test_what_a_dispute_left_of_a_refund_becomes_credit(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = bought(app, till, fan)
    refund(app, invoice_id, 500, deliver=False)
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    till.rewrite(opened["id"], amount=700)
    till.settle()
    till.double.control(f"dispute/{opened['id']}/close?won=no")
    till.settle()
    assert sorted(till.refund_states(invoice_id)) == ["failed", "succeeded"]
    assert (credit_of(app, fan), lost_by_house(app)) == (300, 0)


def test_a_refund_may_hear_of_a_dispute_first(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = bought(app, till, fan)
    refund(app, invoice_id, 1_000, deliver=False)
    till.double.fault("webhooks", "drop", times=20)
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    till.double.control(f"dispute/{opened['id']}/close?won=no")
    till.settle()
    assert (till.refund_states(invoice_id), dispute_states(app, invoice_id)) == (["succeeded"], ["lost"])
    assert (credit_of(app, fan), lost_by_house(app)) == (0, 0)


def test_a_refund_by_hand_at_the_processor_is_a_case(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = bought(app, till, fan)
    till.double.client().v1.refunds.create({"charge": charge_of(app, invoice_id), "amount": 100})
    till.settle()
    assert cases(app) == ["refund_by_hand"]
    assert the_invoice(app, invoice_id).state == "paid"


def test_a_dispute_closes_what_was_sold_until_it_is_won(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = bought(app, till, fan)
    before = at_processor(app)
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    till.settle()
    assert (the_invoice(app, invoice_id).state, dispute_states(app, invoice_id)) == ("disputed", ["open"])
    assert before - at_processor(app) == 1_000
    till.double.control(f"dispute/{opened['id']}/close?won=yes")
    till.settle()
    assert (the_invoice(app, invoice_id).state, dispute_states(app, invoice_id)) == ("paid", ["won"])
    assert at_processor(app) == before


def test_a_dispute_about_what_was_spent_as_credit_is_a_case_until_it_is_won(
    app: Flask, till: Till, fan: Person
) -> None:
    invoice_id, other = bought(app, till, fan), an_invoice(app, fan, a_creator(app), total=700)
    refund(app, invoice_id, 1_000, as_credit=True)
    page = signed_in(app, fan)
    page.send(page.get(f"/invoices/{other}").form(f"/invoices/{other}/pay/credit"))
    assert credit_of(app, fan) == 300
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    till.settle()
    assert (credit_of(app, fan), the_invoice(app, other).state) == (0, "paid")
    with app.app_context():
        case = db.session.query(Case).one()
        assert (case.kind, case.state, case.detail["amount"]) == ("credit_spent", "open", 700)
    till.double.control(f"dispute/{opened['id']}/close?won=yes")
    till.settle()
    assert credit_of(app, fan) == 300
    with app.app_context():
        assert db.session.query(Case).one().state == "closed"


def test_a_dispute_about_credit_of_somebody_who_left_is_told_as_that(
    app: Flask, till: Till, fan: Person
) -> None:
    """They bought nothing with it: it was given up."""
    invoice_id = bought(app, till, fan)
    refund(app, invoice_id, 1_000, as_credit=True)
    ask_to_leave(app, fan, gives_up="y")
    time = FixedClock(clock.now())
    with clock.using(time):
        leave(app, fan, time)
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    till.settle()
    assert cases(app) == ["credit_left"]
    till.double.control(f"dispute/{opened['id']}/close?won=yes")
    till.settle()
    with app.app_context():
        assert db.session.query(Case).one().state == "closed"


def test_a_dispute_that_is_lost_takes_it_for_good(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = bought(app, till, fan, DISPUTED)
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    till.double.control(f"dispute/{opened['id']}/close?won=no")
    till.settle()
    assert (the_invoice(app, invoice_id).state, dispute_states(app, invoice_id)) == ("refunded", ["lost"])


@pytest.mark.parametrize("fault", ["reorder", "duplicate"])
def test_disputes_told_in_any_order_end_the_same(app: Flask, till: Till, fan: Person, fault: str) -> None:
    till.double.fault("webhooks", fault, times=40)
    invoice_id = an_invoice(app, fan, a_creator(app), total=1_000)
    till.double.pay(till.open_page(signed_in(app, fan), invoice_id))
    session = till.double.client().v1.checkout.sessions.list({"limit": 1, "status": "complete"}).data[0]
    intent = till.double.client().v1.payment_intents.retrieve(str(session.payment_intent))
    opened = till.double.control(f"dispute/{intent.latest_charge}")
    till.double.control(f"dispute/{opened['id']}/close?won=yes")
    till.settle()
    till.settle()
    assert (the_invoice(app, invoice_id).state, dispute_states(app, invoice_id)) == ("paid", ["won"])


def test_an_admin_answers_a_dispute_once(app: Flask, till: Till, fan: Person) -> None:
    admin = signed_in(app, a_person(app, roles=("admin",)), second_factor=True)
    assert "No open disputes" in admin.get(DISPUTES).text
    opened = till.double.control(f"dispute/{charge_of(app, bought(app, till, fan))}")
    till.settle()
    listed = admin.get(DISPUTES)
    here = admin.get(str(listed.one(f'a.name[href^="{DISPUTES}/"]')["href"]))
    form = here.form(f"{DISPUTES}/.*/answer")
    assert "Bought: A thing." in str(form.fields["words"])
    assert "words" in admin.send(form, words=" ").errors
    answered = admin.send(form, words="They read it the same evening.")
    assert "Sent to the bank" in answered.text and not answered.has_form(f"{DISPUTES}/.*/answer")
    again = admin.send(form, words="Once more.", idempotency_key="another-key")
    assert again.status == 422 and "answered already" in again.text
    till.settle()
    there = till.double.client().v1.disputes.retrieve(opened["id"])
    assert there.status == "under_review"
    assert there.evidence.uncategorized_text == "They read it the same evening."
    assert "No closed disputes" in admin.get(f"{DISPUTES}?state=closed").text
    till.double.control(f"dispute/{opened['id']}/close?won=no")
    till.settle()
    assert "Fraudulent" in admin.get(f"{DISPUTES}?state=closed").text


def test_nobody_answers_the_bank_about_what_they_bought_themselves(app: Flask, till: Till) -> None:
    buyer = a_person(app, roles=("fan", "admin"))
    till.double.control(f"dispute/{charge_of(app, bought(app, till, buyer))}")
    till.settle()
    admin = signed_in(app, buyer, second_factor=True)
    here = admin.get(str(admin.get(DISPUTES).one(f'a.name[href^="{DISPUTES}/"]')["href"]))
    answered = admin.send(here.form(f"{DISPUTES}/.*/answer"), words="It was mine.")
    assert answered.status == 422 and "another admin decides" in answered.text


def test_an_answer_after_the_bank_s_word_does_no_harm(app: Flask, till: Till, fan: Person) -> None:
    admin = signed_in(app, a_person(app, roles=("admin",)), second_factor=True)
    invoice_id = bought(app, till, fan)
    opened = till.double.control(f"dispute/{charge_of(app, invoice_id)}")
    till.settle()
    listed = admin.get(DISPUTES)
    form = admin.get(str(listed.one(f'a.name[href^="{DISPUTES}/"]')["href"])).form(f"{DISPUTES}/.*/answer")
    till.double.control(f"dispute/{opened['id']}/close?won=yes")
    admin.send(form, words="They read it the same evening.")
    till.settle()
    assert dispute_states(app, invoice_id) == ["won"]
    assert not till.failed_work()


def test_a_dispute_of_a_payment_of_somebody_else_is_a_case(app: Flask, till: Till) -> None:
    made = till.double.client().v1.payment_intents.create(
        {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    till.double.control(f"dispute/{made.latest_charge}")
    till.settle()
    assert cases(app) == ["dispute_of_unknown"]


def test_who_leaves_the_house_is_forgotten_by_the_processor(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan)
    with app.app_context():
        customer = queries.customer(fan.id, "card")
        assert customer is not None
        with transaction():
            erase(app, fan)
        assert queries.customer(fan.id, "card") is None
    till.settle()
    assert till.double.client().v1.customers.retrieve(customer).deleted
