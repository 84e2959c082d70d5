"""Time that was paid for: taken when its money goes back, given again when a dispute about it is won.

What was paid is noted as it stands ("paid" in the history, with its begin and end), and lies end to end until
the subscription's own end. When a part goes, what comes after it moves forward by as much; when nothing is
left, the subscription ends. What is given again comes last, as if it had been paid only now, and has as much
time as was taken: what it had before is noted with it ("used"), so that what is left of it can be reckoned.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.invoices.products import Sold
from app.kit import clock
from app.kit.ids import new_id
from app.subscriptions import periods, queries
from app.subscriptions.models import Subscription, SubscriptionEvent
from app.subscriptions.operations import ending, opening
from app.subscriptions.operations.locking import alone, lock_tier, note
from app.subscriptions.periods import MICROSECOND, NOTHING

Paid = Sequence[SubscriptionEvent]
# Nothing is open: what is given again begins now.
CLOSED = frozenset({"ended", "paused"})


def known(subscription: Subscription, sold: Sold) -> bool:
    """Whether this invoice was counted before: it is handed over again, after a dispute was won."""
    return queries.paid_with(subscription.id, sold.invoice_id) is not None


def take(subscription: Subscription, invoice_id: UUID, *, gift: bool = False) -> None:
    """What is over by now stays as it was, and what was had is noted: what comes later moves the time."""
    paid = queries.what_was_paid(subscription.id)
    own = next((one for one in paid if one.detail["invoice"] == str(invoice_id)), None)
    if own is None or "taken" in own.detail:
        return
    of_it = _had(own, paid, clock.now())
    _take(subscription, paid, own, gift=gift)
    if taken := own.detail.get("taken"):
        mark(own, **taken, had=of_it)


def step_back(subscription: Subscription, own: SubscriptionEvent, until: datetime) -> None:
    """It took the place of what counts again now, and went until then. What it lost of what it carried is
    taken from that instead, so that it is as long as it was should it come back.
    """
    carried = _carried_into(own, subscription)
    lost = [one.detail["taken"]["seconds"] for one in carried if "seconds" in one.detail.get("taken", ())]
    of_it = _had(own, queries.what_was_paid(subscription.id), clock.now())
    _move(own, NOTHING, timedelta(seconds=sum(lost)))
    mark(own, back=True, had=of_it)
    for one in sorted(carried, key=opening.counts_since, reverse=True):
        if "upgrade" not in one.detail:
            begin, end = span(one)
            begin, end = until - (end - begin), until
            _set_span(one, begin, end)
            until = begin


def take_again(subscription: Subscription, own: SubscriptionEvent, *, untold: bool = False) -> None:
    """What went back of that which it carried, now that this is in another time. `untold`: only where nothing
    was there then that it could be taken from.
    """
    for one in _carried_into(own, subscription):
        taken = one.detail.get("taken")
        if taken is not None and not (untold and taken.get("seconds")) and subscription.state != "ended":
            unmark(one)
            take(subscription, UUID(one.detail["invoice"]), gift="gift" in one.detail)


def give(subscription: Subscription, sold: Sold, *, gift: bool = False) -> None:
    """What was taken of it is there again; it renews only when its fan says so again, where it had ended."""
    own = queries.paid_with(subscription.id, sold.invoice_id)
    if own is None:
        return
    ended, rest = subscription.state == "ended", _to_give(subscription, own)
    if rest and cannot_give(subscription, sold) is None:
        begin = clock.now() if subscription.state in CLOSED else subscription.period_end
        if ended:
            alone(subscription.user_id, subscription.creator_id)
            subscription.state, subscription.ended_at = "active", None
        _lay(subscription, own, begin, rest)
        note(subscription, "restored" if ended else "gift_given_again" if gift else "paid_given_again")
    unmark(own)
    take_again(subscription, own, untold=True)


def cannot_give(subscription: Subscription, sold: Sold) -> str | None:
    """Why what was paid for cannot be had again. What is over meanwhile was had."""
    own = queries.paid_with(subscription.id, sold.invoice_id)
    if own is None or subscription.state != "ended" or not _to_give(subscription, own):
        return None
    return cannot_come_back(subscription) or no_seat(subscription.tier_id, subscription.id)


def had(subscription: Subscription, sold: Sold, until: datetime) -> int:
    """What of its price was for time that was over when it was taken: the rest is as much as was taken."""
    own = queries.paid_with(subscription.id, sold.invoice_id)
    if own is None:
        return 0
    noted: int | None = own.detail.get("taken", {}).get("had")
    if noted is not None:
        return noted
    amount: int = own.detail["amount"]
    return amount - periods.unused(amount, *span(own), until, opening.used(own))


def cannot_come_back(subscription: Subscription) -> str | None:
    """Why the two do not find together again, now that it has ended."""
    if queries.living(subscription.user_id, subscription.creator_id):
        return "You subscribe to this creator already."
    if not queries.may_join(subscription.user_id, subscription.creator_id):
        return "This creator takes no subscriptions at the moment."
    return None


def no_seat(tier_id: UUID | None, besides: UUID) -> str | None:
    """Who had it keeps it although it is not offered any more; but a seat is one person's."""
    tier = lock_tier(tier_id) if tier_id else None
    if tier is None:
        return "This tier is gone."
    if tier.seats is not None and queries.seats_taken(tier.id, besides) >= tier.seats:
        return "The last seat of this tier is taken."
    return None


def mark(own: SubscriptionEvent, **how: Any) -> None:
    own.detail = {**own.detail, "taken": how}


def unmark(own: SubscriptionEvent) -> None:
    own.detail = {name: value for name, value in own.detail.items() if name != "taken"}


def span(one: SubscriptionEvent) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(one.detail["begin"]), datetime.fromisoformat(one.detail["end"])


def pay_up(subscription: Subscription, until: datetime) -> None:
    """What was asked for meanwhile is not due any more, and nobody pauses in time that is paid."""
    if subscription.state in {"past_due", "paused"} and until > clock.now():
        subscription.state = "active"
        subscription.tries, subscription.next_try_at, subscription.grace_until = 0, None, None
        ending.call_off_later(subscription)


def _take(subscription: Subscription, paid: Paid, own: SubscriptionEvent, *, gift: bool) -> None:
    at = clock.now()
    stands, share = _stands(paid, own)
    if stands is own and "upgrade" in own.detail:
        mark(own)  # no time: what it opened goes (changing.take_back)
        return
    if subscription.state == "ended":
        mark(own, seconds=0)
        return
    begin, end = span(stands)
    if end <= at or not share:
        return
    until = _without(subscription, stands, at, all_of_it=begin >= at and stands is own, share=share)
    if until <= at:
        _end_or_ask(subscription, own, at, gift=gift)
        return
    _mark(own, subscription, until, _close_before(subscription, paid, stands))
    by = until - subscription.period_end
    _follow(paid, stands, by, itself=stands is not own)
    _set_end(subscription, until, by, paid)
    note(subscription, "gift_taken_back" if gift else "paid_taken_back")


def _had(own: SubscriptionEvent, paid: Paid, at: datetime) -> int:
    """Of its price, were it taken now. What it carries counts by its own time again then, and what was had by
    that is not counted here as well.
    """
    stands, share = _stands(paid, own)
    amount, (begin, end) = own.detail["amount"], span(stands)
    if stands is not own:
        worth, whole = _worth(stands, own.detail["invoice"]), _whole(stands) * share
        return int(amount - periods.part(worth, min(whole, end - max(begin, at)), whole))
    taken = {one.detail["invoice"] for one in paid if "taken" in one.detail}
    carried = {key: part for key, part in own.detail.get("carried", ()) if key not in taken}
    both = amount + sum(carried.values())
    left = opening.left_of([one for one in paid if one is not own], at)
    by_themselves = sum(part - min(left.get(UUID(key), 0), part) for key, part in carried.items())
    return int(max(both - periods.unused(both, begin, end, at, opening.used(own)) - by_themselves, 0))


def _stands(paid: Paid, own: SubscriptionEvent) -> tuple[SubscriptionEvent, float]:
    """Whose time it is in, and how much of that: its own, or what it was carried into."""
    newest = opening.instead_of(own, paid)
    return (own, 1.0) if newest is None else (newest, _carried(newest, own))


def _carried_into(own: SubscriptionEvent, subscription: Subscription) -> list[SubscriptionEvent]:
    invoices = dict(own.detail.get("carried", ()))
    return [one for one in queries.what_was_paid(subscription.id) if one.detail["invoice"] in invoices]


def _carried(newest: SubscriptionEvent, own: SubscriptionEvent) -> float:
    """How much of a period was paid with what was left of this payment."""
    whole = newest.detail["amount"] + sum(part for _, part in newest.detail.get("carried", ()))
    return _worth(newest, own.detail["invoice"]) / whole if whole else 0.0


def _worth(newest: SubscriptionEvent, invoice: str) -> int:
    """What was left of it when this took its place."""
    carried: dict[str, int] = dict(newest.detail.get("carried", ()))
    return carried.get(invoice, 0)


def _without(
    subscription: Subscription, one: SubscriptionEvent, at: datetime, *, all_of_it: bool, share: float
) -> datetime:
    """Until when it goes without that: by the calendar where none of it has begun, and it lies by that."""
    begin, end = span(one)
    months, anchor = one.detail.get("months"), subscription.anchor
    if all_of_it and months and begin == periods.end_of(end, -months, anchor):
        return periods.end_of(subscription.period_end, -months, anchor)
    return subscription.period_end - min(_whole(one) * share, end - max(begin, at))


def _end_or_ask(subscription: Subscription, own: SubscriptionEvent, at: datetime, *, gift: bool) -> None:
    """Where somebody else's gift goes, the fan who renews is asked for the next period, from now on."""
    if not (gift and subscription.renews and subscription.state == "active"):
        # Nothing else is open from now on, so that its time runs while a bank decides.
        kept = _close_before(subscription, queries.what_was_paid(subscription.id), own)
        _mark(own, subscription, at, kept, runs_until=subscription.period_end.isoformat())
        ending.end(subscription, "refunded")
        return
    until = max(at, subscription.period_start + MICROSECOND)
    _mark(own, subscription, until)
    _set_end(subscription, until, until - subscription.period_end, ())
    note(subscription, "gift_taken_back")


def _mark(
    own: SubscriptionEvent,
    subscription: Subscription,
    until: datetime,
    kept_open: dict[str, str] | None = None,
    **more: str,
) -> None:
    mark(
        own,
        anchor=subscription.anchor.isoformat(),
        seconds=(subscription.period_end - until).total_seconds(),
        used=(opening.used(own) + max(clock.now() - span(own)[0], NOTHING)).total_seconds(),
        kept_open=kept_open,
        **more,
    )


def _close_before(subscription: Subscription, paid: Paid, own: SubscriptionEvent) -> dict[str, str] | None:
    """What is left open of a higher tier is of the time that runs, or of what came back after a lower one."""
    came_back = [one for one in opening.counting(paid) if one.detail.get("left_open")]
    its_own = own in came_back if came_back else span(own)[0] <= clock.now()
    return opening.close_before(subscription) if its_own else None


def _to_give(subscription: Subscription, own: SubscriptionEvent) -> timedelta:
    """How much of its time was taken, and is not over meanwhile."""
    taken = own.detail.get("taken")
    if taken is None and subscription.state != "ended":
        return NOTHING
    if taken is None or "runs_until" in taken:
        until = datetime.fromisoformat(taken["runs_until"]) if taken else span(own)[1]
        return max(until - clock.now(), NOTHING)
    return timedelta(seconds=taken.get("seconds", 0))


def _lay(subscription: Subscription, own: SubscriptionEvent, begin: datetime, rest: timedelta) -> None:
    """From then on; or into the time of what it was carried into."""
    paid, until = queries.what_was_paid(subscription.id), begin + rest
    taken, by = own.detail.get("taken", {}), until - subscription.period_end
    gap = max(begin - subscription.period_end, NOTHING)
    stands, share = _stands(paid, own)
    if stands is own or not share:
        # It counts besides whatever took the place of all that was there then.
        had = _whole(own) - rest
        if "used" in taken:
            had = timedelta(seconds=taken["used"] + taken["seconds"]) - rest
        own.detail = {**own.detail, "used": max(had, NOTHING).total_seconds(), "again": str(new_id())}
        _set_span(own, begin, until)
        for one in _upgrades_of(paid, own):
            _move(one, gap, by)
    else:
        _follow(paid, stands, by, itself=True, gap=gap)
    if "anchor" in taken:
        subscription.anchor = datetime.fromisoformat(taken["anchor"])
    pay_up(subscription, until)
    _set_end(subscription, until, rest, paid)
    if kept := taken.get("kept_open"):
        # As long as there is of its own time, which may be later than it was.
        later = clock.now() + rest - datetime.fromisoformat(kept["until"])
        opening.keep_open_again(subscription, kept, later)
        own.detail = {**own.detail, "left_open": True}


def _follow(
    paid: Paid, stands: SubscriptionEvent, by: timedelta, *, itself: bool, gap: timedelta = NOTHING
) -> None:
    """Its time is longer or shorter by so much, and what was paid for after it moves along."""
    earliest = max(span(stands)[0], clock.now())
    for one in opening.counting(paid):
        begin, end = span(one)
        if one is not stands and "upgrade" not in one.detail and begin >= span(stands)[0]:
            # Months are not all as long.
            _set_span(one, max(begin + by, earliest), end + by)
    for one in (*_upgrades_of(paid, stands), *((stands,) if itself else ())):
        _move(one, gap, by)


def _upgrades_of(paid: Paid, own: SubscriptionEvent) -> list[SubscriptionEvent]:
    """Bought when its time was paid already: they are for that time too."""
    return [one for one in paid if "upgrade" in one.detail and one.id > own.id]


def _move(one: SubscriptionEvent, begin_by: timedelta, end_by: timedelta) -> None:
    begin, end = span(one)
    _set_span(one, begin + begin_by, end + end_by)


def _set_span(one: SubscriptionEvent, begin: datetime, end: datetime) -> None:
    one.detail = {**one.detail, "begin": begin.isoformat(), "end": end.isoformat()}


def _whole(one: SubscriptionEvent) -> timedelta:
    begin, end = span(one)
    return end - begin + opening.used(one)


def _set_end(subscription: Subscription, until: datetime, by: timedelta, paid: Paid) -> None:
    """With it go a pause that is to follow, the day of the month that periods end on, and what is open."""
    begun = [begin for one in paid if (begin := span(one)[0]) <= clock.now() and "taken" not in one.detail]
    subscription.period_start = min(subscription.period_start, max(begun, default=subscription.period_start))
    subscription.period_end = until
    if subscription.paused_until is not None:
        subscription.paused_until += by
    if not periods.on_its_day(until, subscription.anchor):
        subscription.anchor = until
    subscription.reminded_at = None
    opening.open_up(subscription)
