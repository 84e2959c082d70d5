"""What the chat does in the background."""

from uuid import UUID

from app.chat import telling
from app.platform import work
from app.platform.work import Payload


@work.handler(telling.TELL)
def tell_of_what_waits(payload: Payload) -> None:
    telling.waiting(UUID(payload["conversation_id"]), UUID(payload["to"]))
