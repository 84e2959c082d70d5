"""The processor is away for longer than work has patience. What it left behind goes on when it is back."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.payments import payouts
from app.payments.cards import jobs, play_money
from app.payments.errors import Unsure
from app.payments.gateways.stripe import balance, connect
from app.payments.models import Case
from app.payments.payouts import Order
from app.platform import inbox
from app.platform.models import WorkItem
from tests.doubles.between import Answer, Asked
from tests.factories.creators import a_creator, a_tier
from tests.factories.invoices import an_invoice, refund, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.factories.subscriptions import go_round, subscribed_by_card, the_subscription
from tests.page_client import PageClient
from tests.payments.cards import Till, attempts_of, kept_card, payments_of
from tests.payments.test_card_back import DISPUTES, bought, charge_of, credit_of, dispute_states
from tests.payments.test_card_edges import kept
from tests.payments.test_card_faults import charge_later, charges, outcome
from tests.payments.test_card_hearing import hear
from tests.payments.test_card_meanwhile import in_between, refused
from tests.support import free_port
from workers.doubles.cards.deliveries import signature

Away = Callable[[], AbstractContextManager[None]]
Pass = Callable[..., None]


@pytest.fixture
def away(app: Flask, till: Till) -> Away:
    """Nobody is there to be asked."""

    @contextmanager
    def gone() -> Iterator[None]:
        before = app.extensions["fanlight.settings"]
        nowhere = f"http://127.0.0.1:{free_port()}"
        app.extensions["fanlight.settings"] = before.model_copy(update={"stripe_api_base": nowhere})
        yield
        app.extensions["fanlight.settings"] = before

    return gone


@pytest.fixture
def hours_pass(app: Flask, till: Till) -> Iterator[Pass]:
    """With what the clock and the workers do at the end of each, or of so many."""
    moved = clock.FixedClock(clock.now())

    def go_on(hours: int, at_once: int = 1) -> None:
        # The processor signs by the clock of the machine: what it tells would seem too old.
        till.double.fault("webhooks", "drop", times=100)
        for _ in range(0, hours, at_once):
            moved.move(timedelta(hours=at_once))
            with app.app_context():
                jobs.unfinished()
                inbox.again()
            till.work_off()

    with clock.using(moved):
        yield go_on


def cases(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        return [(one.kind, one.state) for one in db.session.query(Case).order_by(Case.id)]


def test_a_charge_is_made_after_two_days(
    app: Flask, till: Till, fan: Person, away: Away, hours_pass: Pass
) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    with away():
        attempt_id = charge_later(app, invoice_id, method_id)
        hours_pass(48)
        assert cases(app) == [("attempt_stuck", "open")]
    hours_pass(2)
    assert outcome(app, attempt_id).kind == "paid"
    assert charges(till, invoice_id) == 1
    assert cases(app) == [("attempt_stuck", "closed")]


def test_a_charge_of_days_ago_is_not_made_any_more(
    app: Flask, till: Till, fan: Person, page: PageClient, away: Away, hours_pass: Pass
) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    with away():
        attempt_id = charge_later(app, invoice_id, method_id)
        hours_pass(96, 24)
        assert the_invoice(app, invoice_id).state == "processing"
    hours_pass(2)
    told = outcome(app, attempt_id)
    assert (told.kind, told.code, told.retryable) == ("declined", "never_asked", True)
    assert (the_invoice(app, invoice_id).state, charges(till, invoice_id)) == ("open", 0)
    assert "away for days" in page.get(f"/invoices/{invoice_id}").text


def test_a_charge_that_was_made_unheard_is_found_days_later(
    app: Flask, till: Till, fan: Person, away: Away, hours_pass: Pass
) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    till.double.fault("payment_intents.create", "timeout_after")
    till.double.fault("webhooks", "drop", times=20)
    charge_later(app, invoice_id, method_id)
    till.work_off()
    with away():
        hours_pass(96, 24)
    till.forget_keys()
    hours_pass(2)
    assert the_invoice(app, invoice_id).state == "paid"
    assert charges(till, invoice_id) == 1


def test_a_subscription_goes_on_after_days(
    app: Flask, till: Till, fan: Person, away: Away, hours_pass: Pass
) -> None:
    creator = a_creator(app, "ada")
    subscription_id = subscribed_by_card(app, fan, creator, a_tier(app, creator, "Silver", price=500))
    with away():
        hours_pass(31 * 24, 31 * 24)
        go_round(app)
        hours_pass(72)
        assert the_subscription(app, subscription_id).state == "active"
    hours_pass(2)
    go_round(app)
    assert the_subscription(app, subscription_id).state == "past_due"


def test_who_looks_again_asks_for_what_nobody_asked_for(
    app: Flask, till: Till, fan: Person, page: PageClient, away: Away
) -> None:
    kept(app, till, fan)
    invoice_id = an_invoice(app, fan, total=900)
    form = kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id)
    with away():
        assert "does not answer" in page.send(form).text
        (attempt,) = attempts_of(app, invoice_id)
        again = f"/invoices/{invoice_id}/back/{attempt.id}"
        assert "does not answer" in page.get(again).text
    assert "Paid" in page.get(again).text


def test_a_page_that_could_not_be_opened_in_its_time_is_over(
    app: Flask, till: Till, page: PageClient, invoice_id: UUID, away: Away, hours_pass: Pass
) -> None:
    with away():
        till.open_page(page, invoice_id)
        hours_pass(48, 24)
    assert [one.state for one in attempts_of(app, invoice_id)] == ["expired"]


def test_a_refund_goes_back_after_two_days(
    app: Flask, till: Till, fan: Person, away: Away, hours_pass: Pass
) -> None:
    invoice_id = bought(app, till, fan)
    with away():
        refund(app, invoice_id, 1_000)
        hours_pass(48)
        assert cases(app) == [("refund_stuck", "open")]
    hours_pass(2)
    assert till.refund_states(invoice_id) == ["succeeded"]
    assert cases(app) == [("refund_stuck", "closed")]


def test_what_was_told_in_vain_is_looked_at_later(
    app: Flask, till: Till, fan: Person, away: Away, hours_pass: Pass
) -> None:
    invoice_id = bought(app, till, fan)
    with away():
        till.double.control(f"dispute/{charge_of(app, invoice_id)}")
        till.settle()
        hours_pass(12)
        assert dispute_states(app, invoice_id) == []
    hours_pass(3)
    assert dispute_states(app, invoice_id) == ["open"]


def test_what_was_told_in_vain_is_looked_at_when_it_is_told_again(
    app: Flask, till: Till, fan: Person, away: Away
) -> None:
    invoice_id = bought(app, till, fan)
    with away():
        till.double.control(f"dispute/{charge_of(app, invoice_id)}")
        till.settle()
        for minutes in range(0, 150, 10):
            with clock.using(clock.FixedClock(clock.now() + timedelta(minutes=minutes))):
                till.work_off()
    payload = json.dumps(till.double.listener.wait_for("charge.dispute.created")).encode()
    assert hear(app, payload, signature(payload, till.double.secret.encode())) == 200
    till.work_off()
    assert dispute_states(app, invoice_id) == ["open"]


def test_an_answer_reaches_the_bank_after_hours(
    app: Flask, till: Till, fan: Person, away: Away, hours_pass: Pass
) -> None:
    admin = signed_in(app, a_person(app, roles=("admin",)), second_factor=True)
    opened = till.double.control(f"dispute/{charge_of(app, bought(app, till, fan))}")
    till.settle()
    here = admin.get(str(admin.get(DISPUTES).one(f'a.name[href^="{DISPUTES}/"]')["href"]))
    with away():
        admin.send(here.form(f"{DISPUTES}/.*/answer"), words="They read it for a year.")
        hours_pass(12)
        assert cases(app) == [("answer_stuck", "open")]
    hours_pass(3)
    there = till.double.client().v1.disputes.retrieve(opened["id"])
    assert there.evidence.uncategorized_text == "They read it for a year."
    assert there.evidence_details.submission_count == 1
    assert cases(app) == [("answer_stuck", "closed")]


def forbid(path: str) -> Callable[[Asked], Answer]:
    said = "The provided key does not have the required permissions."
    return lambda asked: (
        refused(403, type="invalid_request_error", message=said)
        if asked.path.startswith(path)
        else asked.pass_on()
    )


def test_a_refund_that_is_forbidden_after_it_went_is_no_credit(
    app: Flask, till: Till, fan: Person, hours_pass: Pass
) -> None:
    invoice_id = bought(app, till, fan)
    till.double.fault("webhooks", "drop", times=50)
    till.double.fault("refunds.create", "timeout_after")
    refund(app, invoice_id, 1_000)
    with in_between(app, till, forbid("/v1/refunds")):
        hours_pass(1)
        assert (till.refund_states(invoice_id), credit_of(app, fan)) == (["due"], 0)
    hours_pass(2)
    assert (till.refund_states(invoice_id), credit_of(app, fan)) == (["succeeded"], 0)


def test_a_charge_that_is_forbidden_waits(app: Flask, till: Till, fan: Person, hours_pass: Pass) -> None:
    method_id, invoice_id = kept(app, till, fan), an_invoice(app, fan, total=900)
    till.double.fault("payment_intents.create", "timeout_after")
    till.double.fault("webhooks", "drop", times=50)
    attempt_id = charge_later(app, invoice_id, method_id)
    till.work_off()
    with in_between(app, till, forbid("/v1/payment_intents")):
        hours_pass(1)
        assert outcome(app, attempt_id).kind == "waiting"
    hours_pass(2)
    assert outcome(app, attempt_id).kind == "paid" and len(payments_of(app, invoice_id)) == 1


def test_a_payout_that_is_forbidden_after_it_went_has_not_failed(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan, total=5_000)
    with app.app_context():
        account = connect.make(new_id(), "creator@example.org", "US")
        till.double.onboard(connect.onboarding(account.id, back_to="http://x/", again_at="http://x/"))
        till.double.tick()
        till.double.fault("transfers.create", "timeout_after")
        order = Order(new_id(), account.id, 2_000, "USD")
        assert payouts.send("card", order) == payouts.Unknown()
        with in_between(app, till, forbid("/v1/transfers")):
            assert payouts.send("card", order) == payouts.Unknown()
        assert isinstance(payouts.send("card", order), payouts.Sent)


def test_a_refund_that_went_back_although_it_became_credit_is_a_case(
    app: Flask, till: Till, fan: Person
) -> None:
    invoice_id = bought(app, till, fan)
    refund(app, invoice_id, 1_000, deliver=False)
    said = "This charge cannot be refunded."

    def refuse_once_done(asked: Asked) -> Answer:
        answer = asked.pass_on()
        if not asked.path.startswith("/v1/refunds") or not asked.body:
            return answer
        return refused(400, type="invalid_request_error", code="charge_not_refundable", message=said)

    with in_between(app, till, refuse_once_done):
        till.settle()
    till.settle()
    assert (till.refund_states(invoice_id), credit_of(app, fan)) == (["failed"], 1_000)
    assert cases(app) == [("refund_after_all", "open")]


def test_play_money_that_nobody_takes_was_not_given(app: Flask, away: Away) -> None:
    with away(), app.app_context(), pytest.raises(Unsure):
        balance.top_up(100, "USD")


def test_where_no_cards_are_taken_the_clock_asks_nobody(app: Flask) -> None:
    with app.app_context():
        jobs.unfinished()
        jobs.overdue()
        play_money.ask_for_play_money()
        assert db.session.query(WorkItem).all() == []
