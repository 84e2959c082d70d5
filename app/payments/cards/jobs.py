"""What workers and the scheduler do for the card rail. All of it may be done twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.kit import clock
from app.payments import queries, telling
from app.payments.cards import asking, balancing, hearing, looking, sending
from app.payments.cards.rail import REFUND, is_on
from app.payments.errors import Impossible, Unsure
from app.payments.models import CARD
from app.payments.operations import cases
from app.payments.operations.answering import ANSWER
from app.payments.operations.charging import ASK, CANCEL
from app.payments.operations.methods import DETACH, FORGET
from app.platform import inbox, schedule, work
from app.platform.inbox import Received

# Over more than a day, with an hour between the last ones.
PATIENCE = 36
OVERDUE_AFTER, BATCH = timedelta(minutes=2), 50


def attempt_stuck(payload: dict[str, Any]) -> None:
    cases.open_case(CARD, "attempt_stuck", payload["attempt_id"])


def refund_stuck(payload: dict[str, Any]) -> None:
    cases.open_case(CARD, "refund_stuck", payload["refund_id"])


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


@work.handler(
    REFUND,
    queue="payments",
    transactional=False,
    max_attempts=PATIENCE,
    on_failure=refund_stuck,
)
def refund(payload: dict[str, Any]) -> None:
    sending.refund(UUID(payload["refund_id"]))


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


@work.handler(ANSWER, queue="payments", transactional=False)
def answer(payload: dict[str, Any]) -> None:
    sending.answer(UUID(payload["dispute_id"]), payload["words"])


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
