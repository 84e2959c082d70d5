"""What hardly ever happens: said by the processor all the same, or by time."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.config import Settings
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.payments import payouts, queries
from app.payments.cards import balancing, hearing, jobs, looking
from app.payments.gateways.stripe import connect
from app.payments.gateways.stripe.objects import Returned
from app.payments.models import CARD, Case, PaymentMethod
from app.payments.operations import cases, charging, methods, reconciling
from app.payments.operations.methods import Card
from app.payments.operations.reconciling import Movement
from app.platform import inbox
from app.platform.errors import NotFound
from app.platform.headers import content_policy
from app.platform.transaction import transaction
from tests.doubles.cards import BANK_HONOURS
from tests.factories.invoices import an_invoice, bought, dispute, refund, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.payments.cards import Till, attempts_of, kept_card, payments_of
from tests.payments.test_card_hearing import deaf

__all__ = ["deaf"]
FORGOTTEN = timedelta(hours=21)


@pytest.fixture
def admin(app: Flask) -> Person:
    return a_person(app, roles=("admin",))


def kept(app: Flask, till: Till, fan: Person) -> UUID:
    till.pay(signed_in(app, fan), an_invoice(app, fan, total=700), keep="y")
    till.settle()
    with app.app_context():
        return queries.methods(fan.id)[0].id


def open_cases(app: Flask) -> list[str]:
    with app.app_context():
        return [one.kind for one in db.session.query(Case).filter_by(state="open").order_by(Case.id)]


def told(app: Flask, till: Till, kind: str, subject: str, account: str = "") -> None:
    """An event of the processor's, by way of the inbox."""
    names = {"charge.refunded": "charge", "refund.updated": "refund"}
    payload = {"kind": kind, "object": names[kind], "subject": subject, "account": account}
    with app.app_context(), transaction():
        inbox.receive(hearing.SOURCE, f"evt_{new_id()}", payload)
    till.work_off()


def test_a_charge_that_never_was_made_is_made_a_day_later(app: Flask, till: Till, fan: Person) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    with app.app_context():
        with transaction():
            attempt_id = charging.charge_method(invoice_id, method_id)
        with clock.using(clock.FixedClock(clock.now() + FORGOTTEN)):
            till.work_off()
        assert charging.outcome(attempt_id).kind == "paid"
        assert [one.id for one in queries.methods(fan.id)] == [method_id]


@pytest.mark.parametrize("fault", ["timeout_after", "drop_before"])
def test_a_refund_is_found_a_day_later_or_made_then(
    app: Flask, till: Till, fan: Person, deaf: object, fault: str
) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.pay(signed_in(app, fan), invoice_id)
    till.double.fault("refunds.create", fault)
    refund(app, invoice_id, 300)
    till.forget_keys()
    with clock.using(clock.FixedClock(clock.now() + FORGOTTEN)):
        till.work_off()
    assert till.refund_states(invoice_id) == ["succeeded"]
    charge = till.double.client().v1.charges.retrieve(payments_of(app, invoice_id)[0].external_id)
    assert charge.amount_refunded == 300


def test_a_refund_that_takes_its_time_is_looked_at_again(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.pay(signed_in(app, fan), invoice_id)
    till.settle()
    refund(app, invoice_id, 300, deliver=False)
    (payment,) = payments_of(app, invoice_id)
    with app.app_context():
        (refund_id,) = till.refund_ids(invoice_id)
        made = till.double.client().v1.refunds.create(
            {"charge": payment.external_id, "amount": 300, "metadata": {"refund_id": str(refund_id)}}
        )
        looking.returned(Returned(made.id, "pending", payment.external_id, {"refund_id": str(refund_id)}, ""))
    assert till.refund_states(invoice_id) == ["sent"]
    till.work_off()
    assert till.refund_states(invoice_id) == ["succeeded"]


def test_what_is_too_much_for_the_processor_is_refused_in_words(app: Flask, till: Till, fan: Person) -> None:
    kept(app, till, fan)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=100_000_000)
    answer = page.send(kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id))
    assert "The card processor refused" in answer.text
    assert the_invoice(app, invoice_id).state == "open"


def test_a_page_paid_before_we_noted_it_is_found_by_its_name(
    app: Flask, till: Till, fan: Person, deaf: object
) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.double.fault("checkout.sessions.create", "timeout_after")
    page = signed_in(app, fan)
    form_of = page.get(f"/invoices/{invoice_id}").form(f"/invoices/{invoice_id}/pay/card")
    page.send(form_of)
    assert attempts_of(app, invoice_id)[0].state == "made"
    opened = till.double.client().v1.checkout.sessions.list({"limit": 1}).data[0]
    till.double.pay(str(opened.url))
    with app.app_context():
        hearing.catch_up()
    till.work_off()
    assert the_invoice(app, invoice_id).state == "paid"
    with app.app_context():
        looking.attempt(UUID(int=1))
        looking.attempt(attempts_of(app, invoice_id)[0].id)


def test_a_charge_whose_attempt_was_called_off_is_looked_at(app: Flask, till: Till, fan: Person) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    with app.app_context():
        with transaction():
            attempt_id = charging.charge_method(invoice_id, method_id)
        assert charging.outcome(attempt_id).kind == "waiting"
        till.work_off()
        jobs.call_off({"attempt_id": str(attempt_id)})
    assert len(payments_of(app, invoice_id)) == 1


def test_a_debit_that_was_kept_is_no_card_on_file(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.pay(signed_in(app, fan), invoice_id, BANK_HONOURS, keep="y")
    page = till.double.client().v1.checkout.sessions.retrieve(
        str(attempts_of(app, invoice_id)[0].provider_id)
    )
    till.double.control(f"async/{page.payment_intent}?ok=yes")
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"
    with app.app_context():
        assert db.session.query(PaymentMethod).count() == 0


def test_a_card_that_could_not_be_read_is_kept_when_it_is_told(app: Flask, till: Till, fan: Person) -> None:
    till.double.fault("payment_methods.retrieve", "error_500")
    till.double.fault("webhooks", "delay", seconds=1, times=20)
    invoice_id = an_invoice(app, fan, total=700)
    assert "Paid" in till.pay(signed_in(app, fan), invoice_id, keep="y").text
    till.settle()
    with app.app_context():
        assert len(queries.methods(fan.id)) == 1


def test_a_card_that_the_processor_lost_is_off_our_file(app: Flask, till: Till, fan: Person) -> None:
    with app.app_context():
        with transaction():
            methods.keep(fan.id, CARD, Card("pm_lost", "visa", "0001", 12, 2040, "US"))
            methods.keep(fan.id, CARD, Card("pm_lost", "visa", "0001", 12, 2040, "US"))
        looking.method("pm_lost")
        assert not queries.methods(fan.id)


def test_events_about_what_is_not_ours_or_is_gone_do_nothing(app: Flask, till: Till, fan: Person) -> None:
    told(app, till, "refund.updated", "re_gone")
    told(app, till, "refund.updated", "re_theirs", account="acct_theirs")
    made = till.double.client().v1.payment_intents.create(
        {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    till.double.client().v1.refunds.create({"charge": str(made.latest_charge), "amount": 100})
    told(app, till, "charge.refunded", str(made.latest_charge))
    till.settle()
    assert open_cases(app) == []
    assert not till.failed_work()


def test_an_inquiry_takes_no_money(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.pay(signed_in(app, fan), invoice_id)
    opened = till.double.control(f"dispute/{payments_of(app, invoice_id)[0].external_id}")
    till.rewrite(opened["id"], status="warning_needs_response")
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"


def test_jobs_of_the_scheduler_read_what_there_is(app: Flask, till: Till, fan: Person) -> None:
    with app.app_context():
        jobs.read_balance()
        jobs.catch_up()
        till.open_page(signed_in(app, fan), an_invoice(app, fan, total=700))
        with clock.using(clock.FixedClock(clock.now() + timedelta(hours=1))):
            balancing.read()


def test_what_the_processor_charges_by_itself_is_a_cost(app: Flask, till: Till) -> None:
    with app.app_context(), transaction():
        at = clock.now()
        fee = Movement("txn_fee", "stripe_fee", -250, 0, "USD", None, at)
        strange = Movement("txn_strange", "reserve", -250, 0, "USD", None, at - timedelta(hours=2))
        for one in (fee, strange):
            reconciling.note(balancing.AT_PROCESSOR, one)
        assert reconciling.check(balancing.AT_PROCESSOR) == 1
        assert [total.natural for total in _totals(Kind.PROVIDER_FEE)] == [250]
        assert [one.external_id for one in db.session.query(Case)] == ["txn_strange"]
        cases.settle(CARD, reconciling.NO_ENTRY, "txn_strange", "It was booked later.")
        assert db.session.query(Case).one().state == "closed"


def test_cases_and_disputes_that_are_not_there_are_not_found(app: Flask, admin: Person) -> None:
    office = signed_in(app, admin, second_factor=True)
    nowhere = UUID(int=1)
    for room in (f"cases/{nowhere}", f"disputes/{nowhere}"):
        assert office.get(f"/admin/payments/{room}").status == 404
    by_another_rail = dispute(app, bought(app, a_person(app)))
    assert office.get(f"/admin/payments/disputes/{by_another_rail}").status == 404
    assert "No open disputes" in office.get(f"/admin/payments/disputes?before={nowhere}").text
    with app.app_context(), pytest.raises(NotFound), transaction():
        cases.close(nowhere, admin.id, "It is not there.")


def test_a_case_is_closed_once(app: Flask, admin: Person) -> None:
    with app.app_context():
        with transaction():
            cases.open_case(CARD, "no_entry", "txn_1")
            (found,), _ = queries.cases("open")
            cases.close(found.id, admin.id, "First.")
        with transaction():
            cases.close(found.id, admin.id, "Second.")
        assert queries.case(found.id).note == "First."


def test_a_connected_account_has_a_page_of_its_own(app: Flask, till: Till) -> None:
    with app.app_context():
        account = connect.make(new_id(), "creator@example.org", "US")
        till.double.onboard(
            connect.onboarding(account.id, back_to="http://localhost/", again_at="http://localhost/")
        )
        assert connect.look(account.id).ready
        assert connect.dashboard(account.id).startswith(till.double.url)


def test_who_has_no_customer_there_is_forgotten_without_a_word(app: Flask, fan: Person) -> None:
    with app.app_context(), transaction():
        methods.leave(fan.id)


def test_a_wish_for_a_card_is_an_address_of_ours_only(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    for wish in ("", "short", "x" * 65):
        assert page.get(f"/settings/payment-methods/new?wish={wish}").status == 404


def _totals(kind: Kind) -> list[ledger.Total]:
    return [total for total in ledger.trial_balance() if total.kind is kind]


def test_nobody_is_asked_while_a_transaction_is_open(context: Flask) -> None:
    with pytest.raises(RuntimeError, match="inside transaction"), transaction():
        connect.look("acct_somebody")


def test_a_payout_of_which_nobody_answers_is_unknown(app: Flask, till: Till) -> None:
    till.double.fault("transfers.list", "error_500", times=2)
    order = payouts.Order(new_id(), "acct_somebody", 500, "USD")
    with app.app_context():
        assert payouts.look(CARD, order) == payouts.send(CARD, order) == payouts.Unknown()


def test_a_dispute_of_another_rail_is_not_answered_here(
    app: Flask, till: Till, fan: Person, admin: Person
) -> None:
    office = signed_in(app, admin, second_factor=True)
    invoice_id = an_invoice(app, fan, total=700)
    till.pay(signed_in(app, fan), invoice_id)
    till.double.control(f"dispute/{payments_of(app, invoice_id)[0].external_id}")
    till.settle()
    listed = office.get("/admin/payments/disputes")
    here = office.get(str(listed.one('a.name[href^="/admin/payments/disputes/"]')["href"]))
    form = here.form("/admin/payments/disputes/.*/answer")
    form.action = f"/admin/payments/disputes/{dispute(app, bought(app, fan))}/answer"
    assert office.send(form, words="They read it.").status == 404


def test_a_form_of_yesterday_opens_no_page_of_a_processor_that_is_gone(
    app: Flask, till: Till, fan: Person
) -> None:
    page = signed_in(app, fan)
    form = page.get("/settings/payment-methods").form("/settings/payment-methods")
    taking = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = taking.model_copy(update={"stripe_secret_key": ""})
    try:
        assert page.send(form).status == 404
    finally:
        app.extensions["fanlight.settings"] = taking


@pytest.mark.parametrize(
    ("page_base", "origins"),
    [
        ("", "https://checkout.stripe.com https://connect.stripe.com"),
        ("http://localhost:3010", "http://localhost:3010"),
    ],
)
def test_forms_may_lead_to_the_processor_s_pages_only(
    settings: Settings, page_base: str, origins: str
) -> None:
    taking = settings.model_copy(update={"stripe_secret_key": "sk_test_one", "stripe_page_base": page_base})
    assert f"form-action 'self' {origins};" in content_policy(taking)
    assert "form-action 'self';" in content_policy(settings)
