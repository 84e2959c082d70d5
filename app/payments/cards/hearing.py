"""Which events are about something of ours, and what is looked at for each."""

import logging
from collections.abc import Callable
from datetime import timedelta

from app.kit import clock
from app.payments import payouts, queries
from app.payments.cards import looking
from app.payments.errors import Impossible
from app.payments.gateways.stripe import events, refunds
from app.payments.gateways.stripe.events import Event
from app.payments.models import CARD
from app.payments.operations import reading
from app.platform import inbox, outbox
from app.platform.inbox import Received
from app.platform.transaction import transaction

log = logging.getLogger(__name__)

SOURCE = "stripe"
CURSOR = "stripe:events"
# Told in the order of commits, not of times: the last minutes are read again each time.
OVERLAP, AT_FIRST = timedelta(minutes=2), timedelta(hours=1)

LOOKS: dict[str, Callable[[str], None]] = {
    "charge": looking.returned_of,
    "checkout.session": looking.page,
    "dispute": looking.dispute,
    "payment_intent": looking.intent,
    "payment_method": looking.method,
    "refund": lambda refund_id: looking.returned(refunds.look(refund_id)),
}
HEARD = frozenset(
    {
        "charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.refund.updated",
        "charge.refunded", "checkout.session.async_payment_failed",
        "checkout.session.async_payment_succeeded", "checkout.session.completed",
        "checkout.session.expired", "payment_intent.canceled", "payment_intent.payment_failed",
        "payment_intent.succeeded", "payment_method.attached",
        "payment_method.automatically_updated", "payment_method.detached", "payment_method.updated",
        "refund.failed", "refund.updated",
    }
)  # fmt: skip
# About those whom we pay; told on to whoever pays them.
PAYOUTS = frozenset(
    {
        "account.updated", "payout.failed", "payout.paid", "transfer.created", "transfer.reversed",
        "transfer.updated",
    }
)  # fmt: skip


def receive(event: Event) -> bool:
    """Inside a transaction: kept for the worker, once. Whether it is new and about something of ours."""
    if event.kind not in HEARD | PAYOUTS:
        return False
    return inbox.receive(SOURCE, event.id, event.payload)


def act(received: Received) -> None:
    about = received.payload
    if about["kind"] in PAYOUTS:
        with transaction():
            outbox.emit(
                payouts.CHANGED,
                {
                    "rail": CARD,
                    "kind": about["kind"],
                    "subject": about["subject"],
                    "destination": about["account"],
                },
            )
    elif not about["account"]:
        try:
            LOOKS[about["object"]](about["subject"])
        except Impossible as no:
            # It is gone there; whatever it changed for us was told by something else.
            log.warning("nothing to look at", extra={"subject": about["subject"], "code": no.code})


def catch_up() -> int:
    """What was told while nobody listened, or never was. How many were new."""
    at = clock.now()
    since = queries.read_until(CURSOR) or at - AT_FIRST
    told = events.since(since - OVERLAP)
    new = 0
    with transaction():
        for event in told:
            new += receive(event)
        reading.read_until(CURSOR, max((event.at for event in told), default=since))
    return new
