"""What happens rarely: late, crossed, forgotten."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.invoices import jobs as invoice_jobs
from app.invoices.errors import NotOffered
from app.invoices.operations import attempts
from app.invoices.operations.attempts import Quote
from app.kit import clock
from app.payments import payouts, queries
from app.payments.cards import asking, jobs
from app.payments.models import CARD, Case, PaymentMethod
from app.payments.operations import charging, methods
from app.payments.operations.methods import Card
from app.platform import outbox
from app.platform.errors import NotFound
from app.platform.models import OutboxEvent
from app.platform.transaction import transaction
from tests.doubles.cards import BANK_HONOURS, GOOD
from tests.factories.invoices import an_invoice, money_in, refund, shop, the_invoice
from tests.factories.people import Person, signed_in
from tests.payments.cards import Till, another_card, attempts_of, kept_card, payments_of
from tests.payments.test_card_hearing import deaf

__all__ = ["deaf"]
PAY = {"method": GOOD, "email": "fan@example.org"}


def later(**by: float) -> clock.FixedClock:
    return clock.FixedClock(clock.now() + timedelta(**by))


def kept(app: Flask, till: Till, fan: Person) -> UUID:
    till.pay(signed_in(app, fan), an_invoice(app, fan, total=700), keep="y")
    till.settle()
    with app.app_context():
        return queries.methods(fan.id)[0].id


def cases(app: Flask) -> list[str]:
    with app.app_context():
        return [one.kind for one in db.session.query(Case).order_by(Case.id)]


def test_money_that_was_paid_in_time_and_told_too_late_still_buys(
    app: Flask, till: Till, fan: Person, deaf: object
) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.double.pay(till.open_page(signed_in(app, fan), invoice_id))
    with app.app_context(), clock.using(later(days=3)):
        invoice_jobs.expire()
        assert the_invoice(app, invoice_id).state == "expired"
        till.work_off()
    assert the_invoice(app, invoice_id).state == "paid"


def test_money_for_what_is_gone_waits_for_its_payer(
    app: Flask, till: Till, fan: Person, deaf: object
) -> None:
    subject_id = UUID(int=7)
    invoice_id = an_invoice(app, fan, total=700, subject_id=subject_id)
    page = signed_in(app, fan)
    till.double.pay(till.open_page(page, invoice_id))
    shop(app).gone.add(subject_id)
    with app.app_context(), clock.using(later(days=3)):
        invoice_jobs.expire()
        till.work_off()
    invoice = the_invoice(app, invoice_id)
    assert (invoice.state, invoice.leftover) == ("expired", 700)
    page.send(page.get(f"/invoices/{invoice_id}").form(f"/invoices/{invoice_id}/give-back"))
    till.work_off()
    assert till.refund_states(invoice_id) == ["succeeded"]


def test_who_paid_in_two_ways_gets_one_of_them_back(app: Flask, till: Till, fan: Person) -> None:
    invoice_id, page = an_invoice(app, fan, total=700), signed_in(app, fan)
    address = till.open_page(page, invoice_id)
    till.double.fault("webhooks", "delay", seconds=2, times=20)
    till.double.pay(address)
    money_in(app, invoice_id, 700)
    till.settle()
    invoice = the_invoice(app, invoice_id)
    assert (invoice.state, invoice.received, invoice.leftover) == ("overpaid", 1_400, 700)


def test_a_page_that_nobody_told_the_end_of_is_looked_at(
    app: Flask, till: Till, fan: Person, deaf: object
) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.open_page(signed_in(app, fan), invoice_id)
    (attempt,) = attempts_of(app, invoice_id)
    till.double.client().v1.checkout.sessions.expire(str(attempt.provider_id))
    with app.app_context(), clock.using(later(hours=25)):
        till.double.fault("checkout.sessions.retrieve", "drop_before")
        jobs.overdue()
        assert attempts_of(app, invoice_id)[0].state == "waiting"
        jobs.overdue()
    assert attempts_of(app, invoice_id)[0].state == "expired"


def test_a_payer_whom_the_processor_forgot_is_introduced_again(app: Flask, till: Till, fan: Person) -> None:
    with app.app_context(), transaction():
        methods.remember_customer(fan.id, CARD, "cus_of_another_time")
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    on = page.send(another_card(page.get(f"/invoices/{invoice_id}"), invoice_id), follow=False)
    assert "refused this payment" in page.get(on.location).text
    assert "Paid" in till.pay(page, invoice_id).text


def test_a_card_that_the_processor_does_not_know_is_not_charged(app: Flask, till: Till, fan: Person) -> None:
    kept(app, till, fan)
    with app.app_context(), transaction():
        methods.keep(fan.id, CARD, Card("pm_unknown", "visa", "0001", 12, 2040, "US"))
    with app.app_context():
        unknown = queries.method_called(CARD, "pm_unknown")
        assert unknown is not None
        invoice_id = an_invoice(app, fan, total=900)
        with transaction():
            attempt_id = charging.charge_method(invoice_id, unknown.id)
        till.work_off()
        outcome = charging.outcome(attempt_id)
    assert (outcome.kind, outcome.code, outcome.retryable) == ("declined", "refused", False)


def test_a_card_that_was_removed_meanwhile_is_not_charged(app: Flask, till: Till, fan: Person) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    with app.app_context():
        with transaction():
            attempt_id = charging.charge_method(invoice_id, method_id)
        with transaction():
            methods.remove(fan.id, method_id, confirmed=True)
        till.work_off()
        assert charging.outcome(attempt_id).code == "no_such_method"
        with pytest.raises(NotOffered), transaction():
            charging.charge_method(invoice_id, method_id)
        with pytest.raises(NotFound):
            charging.outcome(UUID(int=1))


def test_while_a_debit_is_on_its_way_nothing_else_is_begun(app: Flask, till: Till, fan: Person) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    page = signed_in(app, fan)
    till.pay(page, invoice_id, BANK_HONOURS)
    (debit,) = attempts_of(app, invoice_id)
    with app.app_context():
        with transaction():
            assert charging.open_page(invoice_id, fan.id, keep=True).id == debit.id
        with transaction():
            assert charging.charge_method(invoice_id, method_id) == debit.id
    there = page.get(f"/invoices/{invoice_id}/go/{debit.id}", follow=False)
    assert there.location == f"/invoices/{invoice_id}"


def test_while_another_rail_brings_money_no_card_is_charged(app: Flask, till: Till, fan: Person) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    with app.app_context():
        with transaction():
            attempts.on_its_way(attempts.begin(attempts.payable(invoice_id), Quote("test", 900, "USD")).id)
        with pytest.raises(NotOffered), transaction():
            charging.open_page(invoice_id, fan.id, keep=True)
        with pytest.raises(NotOffered), transaction():
            charging.charge_method(invoice_id, method_id)


def test_a_kept_card_takes_the_place_of_an_open_page(app: Flask, till: Till, fan: Person) -> None:
    kept(app, till, fan)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=900)
    address = till.open_page(page, invoice_id)
    page.send(kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id))
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"
    assert till.double.visit(address, PAY).status >= 400
    assert len(payments_of(app, invoice_id)) == 1


def test_a_card_whose_bank_renewed_it_is_good_for_longer(app: Flask, till: Till, fan: Person) -> None:
    method_id = kept(app, till, fan)
    with app.app_context(), transaction():
        old = db.session.get_one(PaymentMethod, method_id)
        old.exp_year, known = 2026, old.provider_id
    till.double.client().v1.payment_methods.update(known, {"metadata": {"touched": "yes"}})
    till.settle()
    with app.app_context():
        assert db.session.get_one(PaymentMethod, method_id).exp_year == 2040


def test_a_refund_of_what_went_back_by_hand_is_a_case(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.pay(signed_in(app, fan), invoice_id)
    till.settle()
    refund(app, invoice_id, 700, deliver=False)
    (payment,) = payments_of(app, invoice_id)
    till.double.client().v1.refunds.create({"charge": payment.external_id})
    till.settle()
    assert sorted(cases(app)) == ["refund_by_hand", "refunded_already"]
    assert till.refund_states(invoice_id) == ["due"]


def test_what_nobody_can_find_out_is_a_case(app: Flask, till: Till) -> None:
    with app.app_context(), transaction():
        jobs.attempt_stuck({"attempt_id": "one"})
        jobs.refund_stuck({"refund_id": "two"})
    assert cases(app) == ["attempt_stuck", "refund_stuck"]


def test_what_happens_to_those_whom_we_pay_is_told_on(app: Flask, till: Till) -> None:
    account = till.double.client().v1.accounts.create(
        {"type": "express", "country": "US", "capabilities": {"transfers": {"requested": True}}}
    )
    link = till.double.client().v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": "http://localhost/",
            "refresh_url": "http://localhost/",
        }
    )
    till.double.onboard(link.url)
    till.settle()
    with app.app_context():
        told = db.session.query(OutboxEvent).filter_by(topic=payouts.CHANGED)
        assert {one.payload["subject"] for one in told} == {account.id}
        outbox.relay()


def test_a_rail_that_nobody_registered_pays_nobody(context: Flask) -> None:
    order = payouts.Order(UUID(int=1), "somewhere", 100, "USD")
    assert payouts.send("pigeons", order) == payouts.CLOSED
    assert payouts.look("pigeons", order) == payouts.Unknown()
    assert "card" in payouts.rails()


@pytest.mark.parametrize("job", [jobs.catch_up, jobs.overdue, jobs.read_balance, jobs.reconcile])
def test_a_house_without_a_processor_asks_nobody(context: Flask, job: Callable[[], None]) -> None:
    job()
    assert db.session.query(Case).count() == 0


def test_work_about_what_is_gone_does_nothing(app: Flask, till: Till) -> None:
    with app.app_context():
        for job, name in (
            (jobs.ask, "attempt_id"),
            (jobs.call_off, "attempt_id"),
            (jobs.refund, "refund_id"),
        ):
            job({name: str(UUID(int=1))})
        jobs.detach({"provider_id": "pm_gone"})
        jobs.forget({"provider_id": "cus_gone"})
        asking.ask(UUID(int=1))


def test_the_pages_say_when_the_processor_is_silent(app: Flask, till: Till, fan: Person) -> None:
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    till.open_page(page, invoice_id)
    (attempt,) = attempts_of(app, invoice_id)
    till.double.fault("checkout.sessions.retrieve", "error_500")
    assert "does not answer" in page.get(f"/invoices/{invoice_id}/back/{attempt.id}").text
    home = "/settings/payment-methods"
    till.double.fault("checkout.sessions.create", "error_500")
    assert "does not answer" in page.send(page.get(home).form(home)).text
    till.double.fault("checkout.sessions.retrieve", "error_500")
    assert "in a moment" in page.get(f"{home}/back?page={attempt.provider_id}").text


def test_what_is_no_card_is_not_found(app: Flask, till: Till, fan: Person) -> None:
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    form = another_card(page.get(f"/invoices/{invoice_id}"), invoice_id)
    assert page.send(form, choice="no-id").status == 404
    form.action = f"/invoices/{UUID(int=1)}/pay/card"
    assert page.send(form.without("choice")).status == 404
