"""What the chat does in the background."""

from uuid import UUID

from app.chat import telling
from app.chat.operations import parcels
from app.platform import schedule, work
from app.platform.transaction import transaction
from app.platform.work import Payload

DECIDED, DAY = "chat.let_go_of_what_was_decided", 24 * 3600


@work.handler(telling.TELL)
def tell_of_what_waits(payload: Payload) -> None:
    telling.waiting(UUID(payload["conversation_id"]), UUID(payload["to"]))


@schedule.every(DAY, DECIDED)
def let_go_of_what_was_decided() -> None:
    if parcels.let_go_of_what_was_decided() == parcels.LET_GO_AT_ONCE:
        # There may be more, and other jobs have their turn before.
        with transaction():
            schedule.hurry(DECIDED)
