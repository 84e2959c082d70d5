"""Time that was paid for: taken when its money goes back, given again when a dispute about it is won.

What was paid is noted as it stands ("paid" in the history, with its begin and end). When a part goes, what
comes after it moves forward by as much; when nothing is left, the subscription ends.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.invoices.products import Sold
from app.kit import clock
from app.subscriptions import periods, queries
from app.subscriptions.models import Subscription, SubscriptionEvent
from app.subscriptions.operations import ending, opening
from app.subscriptions.operations.locking import alone, lock_tier, note
from app.subscriptions.periods import MICROSECOND

Paid = Sequence[SubscriptionEvent]


def known(subscription: Subscription, sold: Sold) -> bool:
    """Whether this invoice was counted before: it is handed over again, after a dispute was won."""
    return queries.paid_with(subscription.id, sold.invoice_id) is not None


def take(subscription: Subscription, invoice_id: UUID, *, gift: bool = False) -> None:
    """What is over by now stays as it was."""
    if subscription.state == "ended":
        return
    at, paid = clock.now(), queries.what_was_paid(subscription.id)
    own = next((one for one in paid if one.detail["invoice"] == str(invoice_id)), None)
    if own is None:
        return
    whole = paid[paid.index(own) :]
    newest = next((one for one in reversed(whole) if _stands_anew(one)), own)
    share = 1.0 if newest is own else _carried(newest, invoice_id)
    begin, end = span(newest)
    if end <= at or not share:
        return
    all_of_it = begin >= at and newest is own
    until = _without(subscription, newest, at, all_of_it=all_of_it, share=share)
    if until <= at:
        _end_or_ask(subscription, own, at, gift=gift)
        return
    _mark(own, subscription, until)
    _set_end(subscription, until, paid, own)
    if begin <= at:
        opening.close_before(subscription)
    note(subscription, "gift_taken_back" if gift else "paid_taken_back")


def take_again(subscription: Subscription, invoices: Collection[str]) -> None:
    """Of what stands there again: what went back of these while something else stood in its place."""
    for one in queries.what_was_paid(subscription.id):
        if one.detail["invoice"] in invoices and one.detail.get("taken") and subscription.state != "ended":
            unmark(one)
            take(subscription, UUID(one.detail["invoice"]), gift="gift" in one.detail)


def give(subscription: Subscription, sold: Sold, *, gift: bool = False) -> None:
    """What was taken of it is there again; it renews only when its fan says so again, where it had ended."""
    own = queries.paid_with(subscription.id, sold.invoice_id)
    taken = own.detail.get("taken") if own else None
    if subscription.state == "ended":
        until = _end_again(subscription, taken)
        if until > clock.now() and cannot_give(subscription, sold) is None:
            alone(subscription.user_id, subscription.creator_id)
            subscription.state, subscription.ended_at = "active", None
            subscription.period_end = until
            opening.open_up(subscription)
            note(subscription, "restored")
    elif own is not None and taken:
        subscription.anchor = datetime.fromisoformat(taken["anchor"])
        by = timedelta(seconds=taken["seconds"])
        pay_up(subscription, subscription.period_end + by)
        _set_end(subscription, subscription.period_end + by, queries.what_was_paid(subscription.id), own)
        note(subscription, "gift_given_again" if gift else "paid_given_again")
    if own is not None and taken:
        unmark(own)


def cannot_give(subscription: Subscription, sold: Sold) -> str | None:
    """Why what was paid for cannot be had again. What is over meanwhile was had."""
    own = queries.paid_with(subscription.id, sold.invoice_id)
    taken = own.detail.get("taken") if own else None
    if subscription.state != "ended" or _end_again(subscription, taken) <= clock.now():
        return None
    return cannot_come_back(subscription) or no_seat(subscription)


def cannot_come_back(subscription: Subscription) -> str | None:
    """Why the two do not find together again, now that it has ended."""
    if queries.living(subscription.user_id, subscription.creator_id):
        return "You subscribe to this creator already."
    if not queries.may_join(subscription.user_id, subscription.creator_id):
        return "This creator takes no subscriptions at the moment."
    return None


def no_seat(subscription: Subscription) -> str | None:
    """Who had it keeps it although it is not offered any more; but a seat is one person's."""
    tier = lock_tier(subscription.tier_id) if subscription.tier_id else None
    if tier is None:
        return "This tier is gone."
    if tier.seats is not None and queries.seats_taken(tier.id, subscription.id) >= tier.seats:
        return "The last seat of this tier is taken."
    return None


def mark(own: SubscriptionEvent, **how: Any) -> None:
    own.detail = {**own.detail, "taken": how}


def unmark(own: SubscriptionEvent) -> None:
    own.detail = {name: value for name, value in own.detail.items() if name != "taken"}


def span(one: SubscriptionEvent) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(one.detail["begin"]), datetime.fromisoformat(one.detail["end"])


def _stands_anew(one: SubscriptionEvent) -> bool:
    """It took the place of all before it, and was not taken back itself."""
    return bool(one.detail.get("fresh")) and "taken" not in one.detail


def _carried(newest: SubscriptionEvent, invoice_id: UUID) -> float:
    """How much of a period was paid with what was left of this invoice."""
    carried: dict[str, int] = dict(newest.detail.get("carried", ()))
    whole = newest.detail["amount"] + sum(carried.values())
    return carried.get(str(invoice_id), 0) / whole if whole else 0.0


def _without(
    subscription: Subscription, one: SubscriptionEvent, at: datetime, *, all_of_it: bool, share: float
) -> datetime:
    """Until when it goes without that: by the calendar where none of it has begun."""
    begin, end = span(one)
    if all_of_it and (months := one.detail.get("months")):
        return periods.end_of(subscription.period_end, -months, subscription.anchor)
    return subscription.period_end - min((end - begin) * share, end - max(begin, at))


def _end_or_ask(subscription: Subscription, own: SubscriptionEvent, at: datetime, *, gift: bool) -> None:
    """Where somebody else's gift goes, the fan who renews is asked for the next period, from now on."""
    if not (gift and subscription.renews and subscription.state == "active"):
        ending.end(subscription, "refunded")
        return
    until = max(at, subscription.period_start + MICROSECOND)
    _mark(own, subscription, until)
    _move_end(subscription, until)
    opening.open_up(subscription)
    note(subscription, "gift_taken_back")


def _mark(own: SubscriptionEvent, subscription: Subscription, until: datetime) -> None:
    by = subscription.period_end - until
    mark(own, anchor=subscription.anchor.isoformat(), seconds=by.total_seconds())


def pay_up(subscription: Subscription, until: datetime) -> None:
    """What was asked for meanwhile is not due any more, and nobody pauses in time that is paid."""
    if subscription.state in {"past_due", "paused"} and until > clock.now():
        subscription.state = "active"
        subscription.tries, subscription.next_try_at, subscription.grace_until = 0, None, None
        ending.call_off_later(subscription)


def _set_end(subscription: Subscription, until: datetime, paid: Paid, own: SubscriptionEvent) -> None:
    by, earliest = until - subscription.period_end, max(span(own)[0], clock.now())
    for one in paid[paid.index(own) + 1 :]:
        begin, end = span(one)
        # Months are not all as long; and an upgrade may have begun before the time that was paid ahead.
        moved = begin if begin < span(own)[0] else max(begin + by, earliest), end + by
        one.detail = {**one.detail, "begin": moved[0].isoformat(), "end": moved[1].isoformat()}
    _move_end(subscription, until)
    if not periods.on_its_day(until, subscription.anchor):
        subscription.anchor = until
    begun = [begin for one in paid if (begin := span(one)[0]) <= clock.now() and "taken" not in one.detail]
    subscription.period_start = min(subscription.period_start, max(begun, default=subscription.period_start))
    subscription.reminded_at = None
    opening.open_up(subscription)


def _move_end(subscription: Subscription, until: datetime) -> None:
    """And with it a pause that is to follow."""
    if subscription.paused_until is not None:
        subscription.paused_until += until - subscription.period_end
    subscription.period_end = until


def _end_again(subscription: Subscription, taken: dict[str, Any] | None) -> datetime:
    return clock.now() + timedelta(seconds=taken["seconds"]) if taken else subscription.period_end
