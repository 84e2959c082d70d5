"""A subscription ends: because its fan wanted so, was not paid, or its creator does not go on."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.extensions import db
from app.invoices.models import PAYABLE, State
from app.invoices.operations import ending as invoices
from app.invoices.operations import refunding, settling
from app.invoices.operations.locking import lock as lock_invoice
from app.invoices.operations.refunding import Wish
from app.kit import clock
from app.platform import audit, outbox, work
from app.platform.audit import Action
from app.subscriptions import queries
from app.subscriptions.errors import ChangedMeanwhile
from app.subscriptions.models import Subscription
from app.subscriptions.operations import opening
from app.subscriptions.operations.locking import lock, note

ENDED = "subscription.ended"
END_WORK = "subscriptions.end"
CALL_OFF_WORK = "subscriptions.call_off"


def renewal_key(subscription: Subscription) -> str:
    """One invoice a period, whoever asks for it and how often."""
    return f"subscription:{subscription.id}:{subscription.period + 1}"


def end(subscription: Subscription, why: str) -> None:
    """At once. The caller holds its lock."""
    subscription.state, subscription.ended_at = "ended", clock.now()
    subscription.renews = False
    forget_plans(subscription)
    opening.close(subscription)
    call_off_later(subscription)
    note(subscription, "ended", why=why)
    audit.record(
        Action.SUBSCRIPTION_ENDED, actor=None, subject=("subscription", subscription.id), because=why
    )
    outbox.emit(ENDED, {"subscription_id": str(subscription.id), "why": why})


def forget_plans(subscription: Subscription) -> None:
    subscription.next_tier_id = subscription.next_months = subscription.next_price = None
    subscription.paused_until = subscription.grace_until = subscription.next_try_at = None
    subscription.tries = 0


def call_off_later(subscription: Subscription) -> None:
    """Not here: whoever pays an invoice holds it before the subscription. It cannot be paid from now on."""
    work.enqueue(CALL_OFF_WORK, {"subscription_id": str(subscription.id)})


def call_off(subscription_id: UUID) -> None:
    """The invoices of a renewal or a change that will not be."""
    for invoice_id in queries.waiting_of(subscription_id):
        invoice = lock_invoice(invoice_id)
        if State(invoice.state) in PAYABLE and settling.gone(invoice):
            invoices.cancel(invoice)
            invoices.tell_of_leftover(invoice)


def end_and_give_back(subscription_id: UUID, why: str) -> None:
    """What was paid for time that is not used goes back the way it came: its creator does not go on."""
    found = db.session.get_one(Subscription, subscription_id)
    if found.state == "ended":
        return
    paid_by = {UUID(event.detail["invoice"]) for event in queries.what_was_paid(subscription_id)}
    for invoice_id in sorted(paid_by):
        lock_invoice(invoice_id)
    subscription = lock(subscription_id)
    if subscription.state == "ended":
        return
    parts = opening.left(subscription, clock.now())
    if not parts.keys() <= paid_by:
        raise ChangedMeanwhile
    end(subscription, why)
    # A whole invoice that goes back takes away what it opened, which is closed by now.
    db.session.flush()
    for invoice_id, amount in sorted(parts.items()):
        refunding.refund(invoice_id, Wish(amount, "subscription_ended", None))


def ask_to_end(conditions: Iterable[ColumnElement[bool]], why: str) -> None:
    """By work, one by one: each locks its invoices first."""
    for found in db.session.scalars(select(Subscription.id).where(*conditions, queries.ONGOING)).all():
        work.enqueue(
            END_WORK, {"subscription_id": str(found), "why": why}, unique_key=f"{END_WORK}:{found}:{why}"
        )


def end_all_of(user_id: UUID) -> None:
    """A fan leaves: nothing is charged any more."""
    for found in db.session.scalars(
        select(Subscription.id).where(Subscription.user_id == user_id, queries.ONGOING)
    ).all():
        subscription = lock(found)
        if subscription.state != "ended":
            end(subscription, "left")
