"""What the processor tells: twice, late, in any order, or not at all. And what strangers tell in its name."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.kit import clock
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments.cards import hearing
from app.platform.models import InboxEvent
from tests.doubles.cards import Listener
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, signed_in
from tests.payments.cards import Till, attempts_of, payments_of
from tests.support import eventually
from workers.doubles.cards.deliveries import signature

COMPLETED = "webhooks.checkout.session.completed"
SUCCEEDED = "webhooks.payment_intent.succeeded"


@pytest.fixture
def deaf(till: Till) -> Iterator[Listener]:
    """Nothing that is told arrives."""
    listener = till.double.listener
    hear, listener.hear = listener.hear, lambda _payload, _signature: 503
    yield listener
    listener.hear = hear
    till.double.tick()


def pay_and_leave(app: Flask, till: Till, fan: Person, total: int = 700) -> UUID:
    """Paid on the processor's page, and the browser closed there."""
    invoice_id = an_invoice(app, fan, total=total)
    till.double.pay(till.open_page(signed_in(app, fan), invoice_id))
    return invoice_id


@pytest.mark.parametrize("fault", ["duplicate", "reorder", "tamper"])
def test_events_that_come_wrongly_end_as_those_that_come_well(
    app: Flask, till: Till, fan: Person, fault: str
) -> None:
    till.double.fault("webhooks", fault, times=20)
    invoice_id = pay_and_leave(app, till, fan)
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"
    assert len(payments_of(app, invoice_id)) == 1


def test_events_told_again_days_later_change_nothing(app: Flask, till: Till, fan: Person) -> None:
    invoice_id = pay_and_leave(app, till, fan)
    till.settle()
    told = till.double.listener.wait_for("checkout.session.completed")
    with clock.using(clock.FixedClock(clock.now() + timedelta(days=3))):
        payload = json.dumps(told).encode()
        assert hear(app, payload, signature(payload, till.double.secret.encode())) == 200
        till.settle()
    assert len(payments_of(app, invoice_id)) == 1
    assert the_invoice(app, invoice_id).received == 700


@pytest.mark.parametrize("lost", [[COMPLETED], [SUCCEEDED], [COMPLETED, SUCCEEDED]])
def test_what_was_never_told_is_asked_for(app: Flask, till: Till, fan: Person, lost: list[str]) -> None:
    for kind in lost:
        till.double.fault(kind, "drop")
    invoice_id = pay_and_leave(app, till, fan)
    till.settle()
    with app.app_context():
        hearing.catch_up()
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"


def test_a_house_that_was_deaf_reads_on_from_where_it_stopped(
    app: Flask, till: Till, fan: Person, deaf: Listener
) -> None:
    with app.app_context():
        hearing.catch_up()
    invoice_id = pay_and_leave(app, till, fan)
    assert the_invoice(app, invoice_id).state == "open"
    with app.app_context():
        assert hearing.catch_up() > 0
        assert hearing.catch_up() == 0
    till.work_off()
    assert the_invoice(app, invoice_id).state == "paid"


def test_what_nobody_signed_changes_nothing(app: Flask, till: Till, fan: Person, deaf: Listener) -> None:
    invoice_id = pay_and_leave(app, till, fan)
    told = eventually(lambda: next(one for one in deaf.told if b"session.completed" in one.payload))
    now, secret = int(clock.now().timestamp()), till.double.secret.encode()
    forged = [
        "",
        "t=,v1=",
        f"t={now},v1={'0' * 64}",
        f"t={now},v1={'é' * 64}",
        signature(told.payload, b"whsec_of_somebody_else"),
        signature(told.payload, secret, now - 301),
        signature(told.payload, secret, now + 400),  # beyond what may pass meanwhile
        signature(b"{}", secret),
    ]
    with app.app_context():
        before = db.session.query(InboxEvent).count()
    assert [hear(app, told.payload, one) for one in forged] == [400] * len(forged)
    till.work_off()
    with app.app_context():
        assert db.session.query(InboxEvent).count() == before
    assert the_invoice(app, invoice_id).state == "open"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"no json", b'{"id": 1, "data": null}', b"\xff", b"[" * 100_000, b'["\\u0000"]'],
)
def test_what_is_signed_and_says_nothing_does_no_harm(app: Flask, till: Till, body: bytes) -> None:
    assert hear(app, body, signature(body, till.double.secret.encode())) in {200, 400}


@pytest.mark.parametrize(
    ("body", "status"), [(b"[" * 100_000, 400), (b'{"a": "\\u0000"}', 400), (b" " * 600_000, 413)]
)
def test_what_nobody_signed_is_refused_however_it_is_built(
    app: Flask, till: Till, body: bytes, status: int
) -> None:
    assert hear(app, body, "t=1,v1=0") == status


def test_events_of_things_that_are_not_ours_are_left_alone(app: Flask, till: Till) -> None:
    client = till.double.client()
    customer = client.v1.customers.create({"email": "else@example.org"})
    client.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "setup_future_usage": "off_session",
            "metadata": {"attempt_id": "of another house"},
        }
    )
    till.settle()
    assert not till.failed_work()


def hear(app: Flask, payload: bytes, signed: str) -> int:
    headers = {"Stripe-Signature": signed, "Content-Type": "application/json"}
    return app.test_client().post("/webhooks/stripe", data=payload, headers=headers).status_code


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(one, marks=pytest.mark.fault_long) for one in range(2, 8))]
)
def test_a_whole_story_told_in_any_order_ends_the_same(
    app: Flask, till: Till, fan: Person, deaf: Listener, seed: int
) -> None:
    lost, won, kept = (pay_and_leave(app, till, fan, total) for total in (1_000, 1_100, 1_200))
    left = an_invoice(app, fan, total=1_300)
    till.open_page(signed_in(app, fan), left)
    client = till.double.client()
    for amount, verdict in ((1_000, "no"), (1_100, "yes")):
        charges = client.v1.charges.list({"limit": 10}).data
        charge = next(one for one in charges if one.amount == amount)
        opened = till.double.control(f"dispute/{charge.id}")
        till.double.control(f"dispute/{opened['id']}/close?won={verdict}")
    client.v1.checkout.sessions.expire(str(attempts_of(app, left)[0].provider_id))
    events = client.v1.events.list({"limit": 100}).data
    chance = random.Random(seed)
    told = [json.dumps(one.to_dict()).encode() for one in events for _ in range(chance.choice([1, 1, 2]))]
    chance.shuffle(told)
    for payload in told:
        assert hear(app, payload, signature(payload, till.double.secret.encode())) == 200
        if chance.random() < 0.3:
            till.work_off()
    till.work_off()
    states = [the_invoice(app, one).state for one in (lost, won, kept, left)]
    assert states == ["refunded", "paid", "paid", "open"]
    assert attempts_of(app, left)[0].state == "expired"
    assert not till.failed_work()
    with app.app_context():
        assert ledger.balance(Account(Kind.CARD_CLEARING, "USD")).posted == 2_300


def test_what_nobody_signed_is_not_read(app: Flask, till: Till) -> None:
    """Neither as JSON nor otherwise: the signature comes first."""
    answer = app.test_client().post("/webhooks/stripe", json={"a": "\x00"})
    assert (answer.status_code, answer.text) == (400, "not signed by the processor, or too long ago")
