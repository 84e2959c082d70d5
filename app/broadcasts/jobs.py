"""What broadcasts do by the clock, and part by part."""

import time
from collections.abc import Callable
from uuid import UUID

from app.broadcasts.operations import counting, delivering, sending, taking_back, welcoming
from app.creators import ties
from app.platform import outbox, schedule, work
from app.platform.transaction import transaction
from app.platform.work import Payload
from app.subscriptions.operations import beginning

LONGEST_PAUSE = 1.0
DUE, WELCOME_WORK = "broadcasts.begin_due", "broadcasts.welcome_subscriber"


def init_app() -> None:
    outbox.subscribe(beginning.BEGUN, WELCOME_WORK)
    ties.on_followed(welcoming.followed)


@schedule.every(5, DUE)
def begin_due() -> None:
    if sending.begin_due() == sending.AT_ONCE:
        # There may be more, and other jobs have their turn before.
        with transaction():
            schedule.hurry(DUE)


@schedule.every(30, "broadcasts.count")
def count() -> None:
    counting.count_due()


def _give_up(payload: Payload) -> None:
    delivering.give_up(UUID(payload["broadcast_id"]))


@work.handler(sending.LIST_WORK, queue="bulk", on_failure=_give_up)
def put_on_list(payload: Payload) -> None:
    delivering.put_on_list(UUID(payload["broadcast_id"]))


@work.handler(delivering.TELL_WORK, queue="bulk", transactional=False, on_failure=_give_up)
def tell(payload: Payload) -> None:
    _unhurried(delivering.tell, payload)


def _stop_taking(payload: Payload) -> None:
    taking_back.give_up(UUID(payload["broadcast_id"]))


@work.handler(taking_back.TAKE_WORK, queue="bulk", transactional=False, on_failure=_stop_taking)
def take_back(payload: Payload) -> None:
    _unhurried(taking_back.take_part, payload)


def _unhurried(part: Callable[[UUID], None], payload: Payload) -> None:
    """Half of the time is left to whoever reads meanwhile."""
    began = time.monotonic()
    with work.recording():
        part(UUID(payload["broadcast_id"]))
    # Half of the time is left to what people ask for. On a lane of its own: nothing else waits for it.
    time.sleep(min(time.monotonic() - began, LONGEST_PAUSE))


@work.handler(WELCOME_WORK)
def welcome_subscriber(payload: Payload) -> None:
    welcoming.welcome_subscriber(UUID(payload["subscription_id"]))


@work.handler(welcoming.FOLLOWER_WORK)
def welcome_follower(payload: Payload) -> None:
    welcoming.welcome_follower(UUID(payload["user_id"]), UUID(payload["creator_id"]))
