"""What is due goes out by the clock; what nobody needs any more goes too."""

import logging

from sqlalchemy.exc import OperationalError

from app.notifications.models import Notification, NotificationDelivery
from app.notifications.operations import delivering
from app.notifications.operations.telling import DUE
from app.platform import cleanup, schedule, work
from app.platform.transaction import transaction
from app.platform.work import Payload

log = logging.getLogger(__name__)

DELIVER = "notifications.deliver"
READ_FOR_DAYS, UNREAD_FOR_DAYS, LOG_FOR_DAYS = 90, 365, 90


@schedule.every(5, DUE)
def ask_for_what_is_due() -> None:
    """One worker at a time goes through it all."""
    if delivering.due_people():
        with transaction():
            work.enqueue(DELIVER, {}, unique_key=DELIVER)


@work.handler(DELIVER, transactional=False)
def deliver(_: Payload) -> None:
    """Person by person, each with a transaction of their own."""
    while people := delivering.due_people():
        for user_id in people:
            try:
                with work.recording():
                    delivering.deliver(user_id)
            except (OperationalError, work.LeaseLost):
                raise
            except Exception:
                # One person's trouble must not keep the others; theirs ends as failed, and stands in the log.
                log.exception("notices could not be put together", extra={"user": str(user_id)})
                with work.recording():
                    delivering.give_up(user_id)


def register_cleanup() -> None:
    cleanup.keep(Notification.read_at, days=READ_FOR_DAYS)
    cleanup.keep(Notification.updated_at, days=UNREAD_FOR_DAYS, only=Notification.read_at.is_(None))
    cleanup.keep(NotificationDelivery.created_at, days=LOG_FOR_DAYS)
