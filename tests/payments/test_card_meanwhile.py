"""What happens while the processor is asked: somebody else asks too, or it answers as it seldom does."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from flask import Flask

from app.extensions import db
from app.payments.models import CARD
from app.payments.operations import methods
from app.platform import work
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.doubles.between import Answer, Asked, Meddle, between
from tests.doubles.cards import ASKS_ALWAYS
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, signed_in
from tests.payments.cards import Till, another_card, attempts_of, kept_card, payments_of

SESSIONS, INTENTS = "/v1/checkout/sessions", "/v1/payment_intents"
PATIENCE = 10


@contextmanager
def in_between(app: Flask, till: Till, meddle: Meddle) -> Iterator[None]:
    """The processor is asked by way of somebody who may answer in its place."""
    before = app.extensions["fanlight.settings"]
    with between(till.double.url, meddle) as url:
        app.extensions["fanlight.settings"] = before.model_copy(update={"stripe_api_base": url})
        try:
            yield
        finally:
            app.extensions["fanlight.settings"] = before


def refused(status: int, **error: str) -> Answer:
    return Answer(status, json.dumps({"error": error}).encode())


class OneAtATime:
    """The first call that opens a page goes on when the processor has told a second one to wait."""

    def __init__(self) -> None:
        self.begun, self.told_to_wait = Event(), Event()

    def __call__(self, asked: Asked) -> Answer:
        if asked.path != SESSIONS:
            return asked.pass_on()
        if not self.begun.is_set():
            self.begun.set()
            assert self.told_to_wait.wait(PATIENCE)
            return asked.pass_on()
        self.told_to_wait.set()
        return refused(409, type="invalid_request_error", code="idempotency_key_in_use", message="Wait.")


def test_a_second_click_waits_for_what_the_first_one_began(app: Flask, till: Till, fan: Person) -> None:
    first, second, invoice_id = signed_in(app, fan), signed_in(app, fan), an_invoice(app, fan, total=700)
    on = first.send(another_card(first.get(f"/invoices/{invoice_id}"), invoice_id), follow=False).location
    meanwhile = OneAtATime()
    with in_between(app, till, meanwhile), ThreadPoolExecutor(1) as pool:
        slow = pool.submit(first.get, on, follow=False)
        assert meanwhile.begun.wait(PATIENCE)
        led_to = second.get(on, follow=False).location
        assert led_to == slow.result().location
    (attempt,) = attempts_of(app, invoice_id)
    assert led_to == attempt.data["url"]


def test_a_card_that_is_declined_before_it_was_charged_says_so(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    till.pay(page, an_invoice(app, fan, total=700), keep="y")
    till.settle()
    invoice_id = an_invoice(app, fan, total=900)

    def decline(asked: Asked) -> Answer:
        if asked.path != INTENTS:
            return asked.pass_on()
        return refused(402, type="card_error", code="expired_card", message="Your card has expired.")

    with in_between(app, till, decline):
        answer = page.send(kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id))
    assert "expired" in answer.text
    (attempt,) = attempts_of(app, invoice_id)
    assert (attempt.state, attempt.failure_code, attempt.provider_id) == ("failed", "expired_card", None)
    assert the_invoice(app, invoice_id).state == "open" and not payments_of(app, invoice_id)


def test_who_leaves_a_house_that_has_no_processor_any_more_is_forgotten_here(app: Flask, fan: Person) -> None:
    with app.app_context():
        with transaction():
            methods.remember_customer(fan.id, CARD, "cus_of_another_time")
            methods.leave(fan.id)
        work.drain()
        (done,) = db.session.query(WorkItem).filter_by(kind=methods.FORGET)
        assert (done.state, done.last_error) == ("done", None)


def test_a_bank_that_asks_after_its_way_was_closed_is_told_on_the_invoice_s_page(
    app: Flask, till: Till, fan: Person
) -> None:
    page, creator = signed_in(app, fan), a_creator(app)
    till.pay(page, an_invoice(app, fan, total=700), ASKS_ALWAYS, keep="y")
    till.settle()
    invoice_id = an_invoice(app, fan, creator, total=900)
    on = page.send(kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id), follow=False)
    desk, ways = signed_in(app, creator), "/dashboard/ways-to-pay"
    desk.send(desk.get(ways).form(f"{ways}/card"))
    back = page.get(on.location, follow=False)
    assert back.location == f"/invoices/{invoice_id}"
    assert "This way of paying is not open here" in page.get(back.location).text
    assert the_invoice(app, invoice_id).state == "open"
