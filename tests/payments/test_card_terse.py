"""A processor that leaves out of its answers what it need not say: the house goes by what is left."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps, loads
from threading import Thread
from typing import Any

import pytest
from flask import Flask

from app.earnings import connecting
from app.kit.ids import new_id
from app.payments import queries
from app.payments.cards import balancing
from app.payments.operations import charging
from app.platform.transaction import transaction
from tests.doubles.cards import DECLINED_LATER, CardsDouble
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, refund, the_invoice
from tests.factories.people import Person, signed_in
from tests.payments.cards import Till, attempts_of, kept_card, payments_of
from tests.payments.test_card_methods import add

ALWAYS = {"id", "object", "amount", "currency", "status", "metadata", "customer", "data", "error", "has_more"}
SAYS = {
    "account": {"details_submitted", "payouts_enabled"},
    "balance": {"available"},
    "balance_transaction": {"created", "fee", "source", "type"},
    "charge": {"paid", "payment_intent"},
    "checkout.session": {"mode", "payment_status", "url"},
    "dispute": {"charge"},
    "event": {"created", "type"},
    "payment_intent": {"latest_charge", "payment_method"},
    "payment_method": {"card", "type"},
    "refund": {"charge"},
    "setup_intent": {"payment_method"},
}
# Each has one of them, by what it is for.
ONE_OF = {"payment": "payment_intent", "setup": "setup_intent"}
CARD = {"brand", "last4", "exp_month", "exp_year"}


def tersely(told: Any) -> Any:
    if isinstance(told, list):
        return [tersely(one) for one in told]
    if not isinstance(told, dict):
        return told
    kind = told.get("object")
    if kind in SAYS:
        says = ALWAYS | SAYS[kind] | {ONE_OF.get(told.get("mode", ""), "")}
        told = {name: value for name, value in told.items() if name in says}
        if kind == "payment_method":
            told["card"] = {name: told["card"][name] for name in CARD}
    return {name: value if name == "metadata" else tersely(value) for name, value in told.items()}


@contextmanager
def terse(double: CardsDouble) -> Iterator[str]:
    """The address of somebody who passes on what is asked, and of the answer only what has to be said."""

    class Between(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            there = HTTPConnection("127.0.0.1", double.port, timeout=10)
            there.request(self.command, self.path, body, dict(self.headers))
            answer = there.getresponse()
            said = dumps(tersely(loads(answer.read()))).encode()
            there.close()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_DELETE = pass_on

        def log_message(self, format: str, *args: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Between) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def till_of_few_words(app: Flask, till: Till) -> Iterator[Till]:
    with terse(till.double) as url:
        before = app.extensions["fanlight.settings"]
        app.extensions["fanlight.settings"] = before.model_copy(update={"stripe_api_base": url})
        yield till
        till.settle()
        assert not till.failed_work()
        app.extensions["fanlight.settings"] = before


def test_a_card_is_charged_kept_and_charged_again(app: Flask, till_of_few_words: Till, fan: Person) -> None:
    page, first, second = signed_in(app, fan), an_invoice(app, fan), an_invoice(app, fan, total=900)
    till_of_few_words.pay(page, first, keep="y")
    assert the_invoice(app, first).state == "paid"
    page.send(kept_card(page.get(f"/invoices/{second}"), second))
    assert the_invoice(app, second).state == "paid"
    with app.app_context():
        assert [one.country for one in queries.methods(fan.id)] == [None]


def test_a_card_is_left_and_declined(app: Flask, till_of_few_words: Till, fan: Person) -> None:
    added = add(till_of_few_words, signed_in(app, fan), DECLINED_LATER)
    assert "The card is on file" in added.text
    invoice_id = an_invoice(app, fan)
    with app.app_context():
        with transaction():
            charging.charge_method(invoice_id, queries.methods(fan.id)[0].id)
        till_of_few_words.work_off()
    assert [one.failure_code for one in attempts_of(app, invoice_id)] == ["generic_decline"]


def test_money_goes_back_and_is_taken_back(app: Flask, till_of_few_words: Till, fan: Person) -> None:
    till, page, creator = till_of_few_words, signed_in(app, fan), a_creator(app)
    returned, disputed = an_invoice(app, fan, creator), an_invoice(app, fan, creator, total=900)
    till.pay(page, returned)
    till.pay(page, disputed)
    till.double.control(f"dispute/{payments_of(app, disputed)[0].external_id}")
    refund(app, returned, 500)
    till.settle()
    assert till.refund_states(returned) == ["succeeded"]
    assert the_invoice(app, disputed).state == "disputed"
    with app.app_context():
        balancing.read()
        balancing.compare()


def test_somebody_can_be_paid_who_is_told_of_tersely(app: Flask, till_of_few_words: Till) -> None:
    with app.app_context():
        seen = connecting.make(new_id(), "creator@example.org", "US")
        way = connecting.way_in(seen, back_to="http://localhost/", again_at="http://localhost/")
        assert seen.state == "incomplete"
        till_of_few_words.double.onboard(way)
        assert connecting.look(seen.provider_id).state == "ready"
