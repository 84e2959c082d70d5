"""What workers and the scheduler do for the card rail. All of it may be done twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.kit import clock
from app.payments import queries, telling
from app.payments.cards import asking, balancing, hearing, looking, sending
from app.payments.cards.rail import REFUND, is_on, refund_soon
from app.payments.errors import Impossible, Unsure
from app.payments.models import CARD
from app.payments.operations import answering, cases, charging
from app.payments.operations.answering import ANSWER
from app.payments.operations.charging import ASK, CANCEL
from app.payments.operations.methods import DETACH, FORGET
from app.platform import inbox, schedule, work
from app.platform.inbox import Received
from app.platform.transaction import transaction

# Over more than a day, with an hour between the last ones. Then it is a case, and goes on all the same.
PATIENCE = 36
OVERDUE_AFTER, BATCH = timedelta(minutes=2), 50
ANSWERS_AGAIN = "The card processor answers again."
UNFINISHED_AFTER, MANY = timedelta(hours=1), 1_000


def attempt_stuck(payload: dict[str, Any]) -> None:
    cases.open_case(CARD, "attempt_stuck", payload["attempt_id"])


def answers_again(kind: str, external_id: str) -> None:
    with transaction():
        cases.settle(CARD, kind, external_id, ANSWERS_AGAIN)


def refund_stuck(payload: dict[str, Any]) -> None:
    cases.open_case(CARD, "refund_stuck", payload["refund_id"])


def answer_stuck(payload: dict[str, Any]) -> None:
    cases.open_case(CARD, "answer_stuck", payload["dispute_id"])
    answering.send_again(UUID(payload["dispute_id"]), payload["words"])


@inbox.source(hearing.SOURCE, queue="payments", transactional=False)
def hear(received: Received) -> None:
    hearing.act(received)


@work.handler(
    ASK,
    queue="payments",
    transactional=False,
    max_attempts=PATIENCE,
    on_failure=attempt_stuck,
)
def ask(payload: dict[str, Any]) -> None:
    asking.ask(UUID(payload["attempt_id"]))
    answers_again("attempt_stuck", payload["attempt_id"])


@work.handler(
    REFUND,
    queue="payments",
    transactional=False,
    max_attempts=PATIENCE,
    on_failure=refund_stuck,
)
def refund(payload: dict[str, Any]) -> None:
    sending.refund(UUID(payload["refund_id"]))
    answers_again("refund_stuck", payload["refund_id"])


@work.handler(CANCEL, queue="payments", transactional=False)
def call_off(payload: dict[str, Any]) -> None:
    sending.call_off(UUID(payload["attempt_id"]))


@work.handler(DETACH, queue="payments", transactional=False)
def detach(payload: dict[str, Any]) -> None:
    sending.detach(payload["provider_id"])


@work.handler(FORGET, queue="payments", transactional=False, max_attempts=PATIENCE)
def forget(payload: dict[str, Any]) -> None:
    if is_on():  # without a key there is nobody who could forget
        sending.forget(payload["provider_id"])


@work.handler(ANSWER, queue="payments", transactional=False, on_failure=answer_stuck)
def answer(payload: dict[str, Any]) -> None:
    sending.answer(UUID(payload["dispute_id"]), payload["words"])
    answers_again("answer_stuck", payload["dispute_id"])


@schedule.every(20, "payments.card_events")
def catch_up() -> None:
    if is_on():
        hearing.catch_up()


@schedule.every(60, "payments.card_overdue")
def overdue() -> None:
    """Pages that should have told of their end by now."""
    if not is_on():
        return
    for attempt_id in queries.overdue_attempts(CARD, clock.now() - OVERDUE_AFTER, BATCH):
        try:
            looking.attempt(attempt_id)
        except (Unsure, Impossible):
            continue


@schedule.every(3_600, "payments.card_unfinished")
def unfinished() -> None:
    """An outage may last longer than the patience of work: what it left behind is asked for again."""
    if not is_on():
        return
    before = clock.now() - UNFINISHED_AFTER
    with transaction():
        for attempt_id in queries.unasked_attempts(CARD, before, MANY):
            charging.ask_soon(attempt_id)
        for refund_id in queries.unfinished_refunds(CARD, before, MANY):
            refund_soon(refund_id)


@schedule.every(300, "payments.card_balance")
def read_balance() -> None:
    if is_on():
        balancing.read()


@schedule.every(3_600, "payments.card_reconcile")
def reconcile() -> None:
    if is_on():
        balancing.compare()


@schedule.every(6 * 3_600, "payments.card_ends")
def ends() -> None:
    telling.tell_of_ends()
