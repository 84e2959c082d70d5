"""F4: the processor does what was asked, and nobody hears of it. It converges, and never twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.payments.cards import jobs
from app.payments.models import PaymentMethod
from app.payments.operations import charging
from app.payments.operations.charging import Outcome
from app.platform import work
from app.platform.transaction import transaction
from tests.doubles.cards import ASKS_ALWAYS, DECLINED_LATER, GOOD
from tests.factories.invoices import an_invoice, refund, the_invoice
from tests.factories.people import Person, signed_in
from tests.payments.cards import Till, another_card, attempts_of, card_forms, kept_card, payments_of

LOST = ["timeout_after", "error_500_after"]
NEVER_DONE = ["drop_before", "error_500", "rate_limit"]


def a_kept_card(app: Flask, till: Till, fan: Person, card: str = GOOD) -> UUID:
    till.pay(signed_in(app, fan), an_invoice(app, fan, total=700), card, keep="y")
    till.settle()
    with app.app_context():
        return UUID(str(db.session.query(PaymentMethod.id).filter_by(user_id=fan.id).scalar()))


def charge_later(app: Flask, invoice_id: UUID, method_id: UUID) -> UUID:
    with app.app_context(), transaction():
        return charging.charge_method(invoice_id, method_id)


def outcome(app: Flask, attempt_id: UUID) -> Outcome:
    with app.app_context():
        return charging.outcome(attempt_id)


@pytest.mark.parametrize("fault", [*LOST, *NEVER_DONE])
def test_a_page_that_nobody_heard_of_is_opened_by_the_worker(
    app: Flask, till: Till, fan: Person, later: Callable[[int], None], fault: str
) -> None:
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    till.double.fault("checkout.sessions.create", fault)
    on = page.send(another_card(page.get(f"/invoices/{invoice_id}"), invoice_id), follow=False)
    assert "does not answer" in page.get(on.location).text
    later(60)
    (attempt,) = attempts_of(app, invoice_id)
    assert attempt.state == "waiting"
    assert page.get(on.location, follow=False).location == attempt.data["url"]
    assert "Paid" in till.come_back(page, till.double.pay(attempt.data["url"])).text


@pytest.mark.parametrize("fault", [*LOST, *NEVER_DONE])
def test_a_kept_card_is_charged_once_whoever_heard_of_it(
    app: Flask, till: Till, fan: Person, later: Callable[[int], None], fault: str
) -> None:
    a_kept_card(app, till, fan)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=900)
    here = page.get(f"/invoices/{invoice_id}")
    till.double.fault("payment_intents.create", fault)
    page.send(kept_card(here, invoice_id))
    later(60)
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"
    assert len(payments_of(app, invoice_id)) == 1
    assert charges(till, invoice_id) == 1


@pytest.mark.parametrize("fault", [*LOST, *NEVER_DONE])
def test_a_renewal_is_charged_once_whoever_heard_of_it(
    app: Flask, till: Till, fan: Person, later: Callable[[int], None], fault: str
) -> None:
    method_id, invoice_id = a_kept_card(app, till, fan), an_invoice(app, fan, total=900)
    till.double.fault("payment_intents.create", fault)
    attempt_id = charge_later(app, invoice_id, method_id)
    assert charge_later(app, invoice_id, method_id) == attempt_id
    later(0)
    later(60)
    assert outcome(app, attempt_id) == Outcome("paid")
    assert charges(till, invoice_id) == 1


def test_a_key_that_was_forgotten_is_not_asked_with_again(
    app: Flask, till: Till, fan: Person, later: Callable[[int], None]
) -> None:
    method_id, invoice_id = a_kept_card(app, till, fan), an_invoice(app, fan, total=900)
    till.double.fault("payment_intents.create", "timeout_after")
    till.double.fault("webhooks", "drop", times=20)
    attempt_id = charge_later(app, invoice_id, method_id)
    later(0)
    till.forget_keys()
    later(21 * 3_600)
    assert outcome(app, attempt_id) == Outcome("paid")
    assert charges(till, invoice_id) == 1


def test_a_declined_renewal_says_whether_to_try_again(app: Flask, till: Till, fan: Person) -> None:
    method_id, invoice_id = a_kept_card(app, till, fan, DECLINED_LATER), an_invoice(app, fan, total=900)
    attempt_id = charge_later(app, invoice_id, method_id)
    till.settle()
    told = outcome(app, attempt_id)
    assert (told.kind, told.code, told.retryable) == ("declined", "generic_decline", True)
    assert "The bank declined the card" in signed_in(app, fan).get(f"/invoices/{invoice_id}").text
    assert the_invoice(app, invoice_id).state == "open"


def test_a_renewal_that_its_owner_has_to_confirm_says_so(app: Flask, till: Till, fan: Person) -> None:
    method_id, invoice_id = a_kept_card(app, till, fan, ASKS_ALWAYS), an_invoice(app, fan, total=900)
    attempt_id = charge_later(app, invoice_id, method_id)
    till.settle()
    assert outcome(app, attempt_id).kind == "needs_authentication"
    page = signed_in(app, fan)
    assert "Your bank wants you to confirm" in page.get(f"/invoices/{invoice_id}").text
    assert "Paid" in till.pay(page, invoice_id, ASKS_ALWAYS).text


@pytest.mark.parametrize("fault", [*LOST, *NEVER_DONE])
def test_a_refund_is_sent_once_whoever_heard_of_it(
    app: Flask, till: Till, fan: Person, later: Callable[[int], None], fault: str
) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.pay(signed_in(app, fan), invoice_id)
    till.settle()
    till.double.fault("refunds.create", fault)
    refund(app, invoice_id, 300)
    later(60)
    till.settle()
    client, (payment,) = till.double.client(), payments_of(app, invoice_id)
    assert client.v1.charges.retrieve(payment.external_id).amount_refunded == 300
    assert the_invoice(app, invoice_id).state == "part_refunded"
    assert till.refund_states(invoice_id) == ["succeeded"]


@pytest.mark.fault_long
def test_two_hundred_clicks_on_a_kept_card_charge_it_once(app: Flask, till: Till, fan: Person) -> None:
    a_kept_card(app, till, fan)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=900)
    form = kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id)

    def click(n: int) -> str:
        mine = signed_in(app, fan) if n % 2 else page
        here = mine.get(f"/invoices/{invoice_id}")
        forms = card_forms(here, invoice_id)
        return mine.send(forms[0] if n % 2 and forms else form, follow=False).location

    with ThreadPoolExecutor(8) as pool:
        places = set(pool.map(click, range(200)))
    assert len(attempts_of(app, invoice_id)) == 1
    (place,) = {one for one in places if one}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: signed_in(app, fan).get(place), range(8)))
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"
    assert charges(till, invoice_id) == 1


def charges(till: Till, invoice_id: UUID) -> int:
    made = till.double.client().v1.payment_intents.list({"limit": 100}).data
    ours = [one for one in made if one.metadata.to_dict().get("invoice_id") == str(invoice_id)]
    return sum(one.status == "succeeded" for one in ours)


def test_work_that_is_asked_for_twice_is_done_once(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=700)
    till.open_page(signed_in(app, fan), invoice_id)
    (attempt,) = attempts_of(app, invoice_id)
    with app.app_context():
        jobs.ask({"attempt_id": str(attempt.id)})
        work.drain()
    assert attempts_of(app, invoice_id)[0].provider_id == attempt.provider_id
