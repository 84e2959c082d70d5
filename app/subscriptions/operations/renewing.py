"""What is due is done: a period is charged or asked for, begins to pause, or ends.

Each turn looks, makes what it needs, locks, and looks again: what changed meanwhile waits for the next round.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import and_

from app.extensions import db
from app.invoices.models import PAYABLE, Invoice, State
from app.kit import clock
from app.payments.operations import holding
from app.platform.rounds import rounds
from app.subscriptions import queries
from app.subscriptions.errors import ChangedMeanwhile, NotNow, TooEarly
from app.subscriptions.models import Subscription
from app.subscriptions.operations import dunning, ending, next_period, opening
from app.subscriptions.operations.locking import each, lock, lock_own, note
from app.subscriptions.operations.next_period import EARLY

BATCH = 100


class Step(StrEnum):
    END = "end"
    PAUSE = "pause"
    RENEW = "renew"
    LOOK = "look"


def renew_due() -> None:
    due = queries.due(clock.now())
    if holding.held():
        due = and_(due, queries.asks_for_nothing())
    for some in rounds(due, Subscription.period_end, Subscription.id, size=BATCH):
        each(some, turn)


def turn(subscription_id: UUID) -> None:
    seen = db.session.get_one(Subscription, subscription_id, populate_existing=True)
    step, period = step_of(seen, clock.now()), seen.period
    if step is None:
        return
    asks = step in {Step.RENEW, Step.LOOK} and next_period.there(seen)
    if asks and holding.held():
        return  # access stays for the grace
    invoice, refusal = next_period.invoice_of(seen) if asks else (None, None)
    if invoice is not None and State(invoice.state) not in PAYABLE:
        return  # it costs nothing, and is renewed by now
    subscription = lock(subscription_id)
    if subscription.period != period or step_of(subscription, clock.now()) is not step:
        raise ChangedMeanwhile
    if step is Step.END:
        ending.end(subscription, _why(subscription))
    elif step is Step.PAUSE:
        _pause(subscription)
    elif not next_period.there(subscription):
        _leave(subscription)
    elif not asks:
        raise ChangedMeanwhile
    elif refusal is not None:
        dunning.failed(subscription, refusal.code, refusal.message)
    elif step is Step.RENEW:
        dunning.begin(subscription, invoice)
    else:
        dunning.look(subscription, invoice)


def step_of(subscription: Subscription, at: datetime) -> Step | None:
    """What is to be done with it now."""
    state, asks = subscription.state, subscription.next_try_at
    if asks is not None:
        return Step.LOOK if asks <= at else None
    if state in {"trialing", "active"}:
        return _after(subscription) if subscription.period_end <= at else None
    if state in {"past_due", "paused"} and subscription.grace_until is not None:
        return Step.END if subscription.grace_until <= at else None
    wakes = state == "paused" and subscription.paused_until and subscription.paused_until <= at
    return Step.RENEW if wakes else None


def renew_by_hand(subscription_id: UUID, user_id: UUID) -> Invoice:
    """Before its time is over, in the grace after it, or out of a pause."""
    seen = queries.own(subscription_id, user_id).subscription
    if seen.state == "ended":
        raise NotNow("This subscription ended. Subscribe anew when you like.")
    if seen.state != "paused" and seen.period_end - clock.now() > EARLY:
        raise TooEarly(seen.period_end - EARLY)
    if seen.paused_until is not None and seen.state != "paused":
        raise NotNow("It pauses at the end of this period. Take that back first.")
    if not queries.may_join(seen.user_id, seen.creator_id):
        raise NotNow("This creator takes no subscriptions at the moment.")
    period = seen.period
    # Whoever cancelled and pays for the next period wants it.
    invoice = next_period.ask_for(seen, wanted=not seen.renews)
    found = lock_own(subscription_id, user_id)
    if found.period != period and invoice.total:
        raise ChangedMeanwhile
    return invoice


def _after(subscription: Subscription) -> Step:
    """Its time is over. Nobody pays for a page that is away, or while they are away themselves."""
    trial_is_all = subscription.state == "trialing" and next_period.method_of(subscription) is None
    if not subscription.renews or trial_is_all or not next_period.there(subscription):
        return Step.END
    return Step.PAUSE if subscription.paused_until else Step.RENEW


def _leave(subscription: Subscription) -> None:
    """One of the two went away after its time was over. What is being charged is waited for."""
    if queries.being_charged(ending.renewal_key(subscription)):
        subscription.next_try_at = clock.now() + dunning.LOOK_AGAIN
    else:
        ending.end(subscription, "away")


def _pause(subscription: Subscription) -> None:
    subscription.state = "paused"
    opening.close(subscription)
    note(subscription, "paused")


def _why(subscription: Subscription) -> str:
    if subscription.grace_until is not None:
        return "unpaid"
    if subscription.renews and subscription.state == "active":
        return "away"
    return "trial_over" if subscription.state == "trialing" else "cancelled"
