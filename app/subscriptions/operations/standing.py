"""What a fan says about what goes on: cancel, resume, pause, by which card. Nothing is taken here."""

from uuid import UUID

from sqlalchemy import update

from app.extensions import db
from app.payments import queries as payments
from app.platform import audit, outbox
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.subscriptions import periods
from app.subscriptions.errors import NotNow
from app.subscriptions.models import Subscription
from app.subscriptions.operations import ending, opening
from app.subscriptions.operations.locking import lock_own, note

CANCELLED = "subscription.cancelled"
PAUSE_MOST = 3


def cancel(subscription_id: UUID, user_id: UUID) -> Subscription:
    """At the end of what is paid. What is not paid ends now. Nothing is charged after this."""
    found = lock_own(subscription_id, user_id)
    if found.state == "ended" or not found.renews:
        return found
    found.renews = False
    paid = found.state in {"trialing", "active"} and found.next_try_at is None
    ending.forget_plans(found)
    if not paid:
        ending.end(found, "cancelled")
        return found
    opening.open_up(found)
    ending.call_off_later(found)
    _note(found, "cancelled")
    outbox.emit(CANCELLED, {"subscription_id": str(found.id)})
    return found


def give_reason(subscription_id: UUID, user_id: UUID, reason: str) -> None:
    """For its creator, who sees no name with it."""
    lock_own(subscription_id, user_id).cancel_reason = reason


def resume(subscription_id: UUID, user_id: UUID) -> Subscription:
    """As if nothing had been said: before it ends, or before it pauses."""
    found = lock_own(subscription_id, user_id)
    if found.state not in {"trialing", "active"}:
        raise NotNow("There is nothing to take back any more.")
    if not found.renews or found.paused_until is not None:
        found.renews, found.paused_until, found.cancel_reason = True, None, None
        opening.open_up(found)
        _note(found, "resumed")
    return found


def pause(subscription_id: UUID, user_id: UUID, months: int) -> Subscription:
    """From the end of what is paid, for so many months. Nothing is charged and nothing is open meanwhile."""
    found = lock_own(subscription_id, user_id)
    if found.state != "active" or not found.renews or found.next_try_at is not None:
        raise NotNow("It can be paused while it is paid and renews.")
    if not 1 <= months <= PAUSE_MOST:
        raise NotNow(f"It can be paused for up to {PAUSE_MOST} months.")
    found.paused_until = periods.end_of(found.period_end, months, found.anchor)
    opening.open_up(found)
    ending.call_off_later(found)
    _note(found, "pause_wanted", until=found.paused_until.isoformat())
    return found


def renew_by(subscription_id: UUID, user_id: UUID, method_id: UUID | None) -> None:
    """A card on file, or by hand."""
    found = lock_own(subscription_id, user_id)
    if method_id is not None and payments.method(method_id, user_id) is None:
        raise NotFound
    found.method_id, found.by_hand = method_id, method_id is None
    db.session.flush()
    if found.state in {"trialing", "active"}:
        opening.open_up(found)
    _note(found, "method")


def move_to_card(before: UUID, then: UUID) -> None:
    """The same card, kept again."""
    chosen = update(Subscription).where(Subscription.method_id == before)
    db.session.execute(chosen.values(method_id=then))


def _note(found: Subscription, what: str, **detail: str) -> None:
    note(found, what, **detail)
    audit.record(
        Action.SUBSCRIPTION_CHANGED, actor=found.user_id, subject=("subscription", found.id), change=what
    )
