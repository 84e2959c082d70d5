"""Another tier, another length. What costs more begins now, less what is not used up; what costs less begins
with the next period.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.creators.models import Tier
from app.extensions import db
from app.invoices.models import Invoice
from app.invoices.operations.making import Item, Order, make
from app.invoices.products import Sold
from app.kit import clock
from app.kit.ids import new_id
from app.platform import audit
from app.platform.audit import Action
from app.subscriptions import periods, prices, queries
from app.subscriptions.errors import ChangedMeanwhile, NoSeat, NotNow, NotOfferedSo
from app.subscriptions.models import Subscription, SubscriptionEvent
from app.subscriptions.operations import ending, opening, taking
from app.subscriptions.operations.beginning import no_place
from app.subscriptions.operations.locking import alone, lock, lock_own, note
from app.subscriptions.operations.ordering import order
from app.subscriptions.periods import NOTHING
from app.subscriptions.prices import LEAST, LENGTHS
from app.subscriptions.queries import Offered

PRODUCT = "upgrade"
# What was reckoned holds for so long.
LIVES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would mean, for who thinks about it."""

    tier: Tier
    months: int
    price: int
    # None: with the next period, at no cost now.
    costs: int | None = None
    unused: int = 0
    # A period of its own, from the payment on.
    fresh: bool = False

    @property
    def at_once(self) -> bool:
        return self.costs is not None


def plans(subscription: Subscription) -> list[Plan]:
    """All that it could be instead, the lowest first."""
    found = []
    for offer in queries.offered(subscription.creator_id):
        if offer.tier.currency != subscription.currency:
            continue
        for months in prices.prices(offer.tier, offer.bundles):
            if (offer.tier.id, months) != (subscription.tier_id, subscription.months):
                found.append(_plan(subscription, offer, months))
    return found


def change(subscription_id: UUID, user_id: UUID, tier_id: UUID, months: int) -> Invoice | None:
    """The invoice of what begins now; none where it begins with the next period."""
    seen = queries.own(subscription_id, user_id).subscription
    plan = _chosen(seen, tier_id, months)
    invoice = make(_order(seen, plan)) if plan.at_once else None
    period, tier = seen.period, seen.tier_id
    found = lock_own(subscription_id, user_id)
    if invoice is not None and not invoice.total:
        if (found.tier_id, found.months) != (tier_id, months):
            raise ChangedMeanwhile
        return invoice
    if (found.period, found.tier_id) != (period, tier) or found.state == "ended":
        raise ChangedMeanwhile
    if tier_id != found.tier_id and no_place(tier_id, found.id):
        raise NoSeat
    if invoice is None:
        _with_the_next(found, plan)
    return invoice


def stay(subscription_id: UUID, user_id: UUID) -> None:
    """What was to change with the next period stays as it is."""
    found = lock_own(subscription_id, user_id)
    if found.next_tier_id is not None:
        found.next_tier_id = found.next_months = found.next_price = None
        ending.call_off_later(found)
        _note(found, "stays")


# What the product does.


def upgrade(sold: Sold) -> None:
    subscription, data = _of(sold), sold.data
    if taking.known(subscription, sold):
        _again(subscription, sold)
        return
    if not db.session.get_one(Invoice, sold.invoice_id).total and cannot_upgrade(sold):
        return  # what costs nothing is settled without being asked before
    begin, pause = sold.at, _pause_after(subscription)
    more = {name: data[name] for name in ("tier_id", "price", "months", "from_tier", "from_price")}
    more |= {"upgrade": data["period"]} if not data["fresh"] else {"fresh": True, "carried": data["carried"]}
    if data["fresh"]:
        more["before"] = _as_it_is(subscription)
        subscription.anchor = subscription.period_start = begin
        subscription.period = data["period"] + 1
        subscription.period_end = periods.end_of(begin, data["months"], begin)
        subscription.reminded_at = None
    more |= _paid_with(subscription)
    _become(subscription, data)
    subscription.paused_until = subscription.period_end + pause if pause else None
    opening.open_up(subscription)
    opening.note_paid(subscription, sold, begin, **more)
    ending.call_off_later(subscription)
    _note(subscription, "upgraded", tier=data["name"])


def cannot_upgrade(sold: Sold) -> str | None:
    subscription, data = _of(sold), sold.data
    if taking.known(subscription, sold):
        return _cannot_again(subscription, sold)
    as_it_was = (str(subscription.tier_id), subscription.months, subscription.period)
    if subscription.state != "active" or as_it_was != (
        data["from_tier"],
        data["from_months"],
        data["period"],
    ):
        return "Your subscription changed meanwhile."
    if subscription.period_end <= clock.now():
        return "The time that it was for is over."
    if any(opening.kept(UUID(key)) < part for key, part in data["carried"]):
        return "A part of what you paid went back meanwhile. Choose again to see the new price."
    if not queries.may_join(subscription.user_id, subscription.creator_id):
        return "This creator takes no subscriptions at the moment."
    same = data["tier_id"] == data["from_tier"]
    return None if same else no_place(UUID(data["tier_id"]), subscription.id)


def take_back(sold: Sold) -> None:
    """Back to what it was before, where that is not over."""
    subscription, data = _of(sold), sold.data
    own = queries.paid_with(subscription.id, sold.invoice_id)
    if own is None:
        return
    lives, replaced = subscription.state != "ended", subscription.period == data["period"] + 1
    if data["fresh"] and lives and replaced and _goes_on(own):
        before = _before(own)
        taking.step_back(subscription, own, before["end"])
        _set(subscription, before)
        taking.take_again(subscription, own)
        _climb(subscription, own, data["period"])
    else:
        taking.take(subscription, sold.invoice_id)
        if own.detail.get("taken") != {} or not _climb(subscription, own, data["period"]):
            return
    if subscription.state != "ended":
        opening.keep_open_again(subscription, own.detail.get("kept_open"), NOTHING)
        opening.open_up(subscription)
        note(subscription, "upgrade_taken_back")


def _again(subscription: Subscription, sold: Sold) -> None:
    """A dispute about it was won."""
    own = queries.paid_with(subscription.id, sold.invoice_id)
    taken = own.detail.get("taken") if own else None
    if own is None or taken is None or not _went_back(taken):
        taking.give(subscription, sold)
        return
    taking.unmark(own)
    begin, end = taking.span(own)
    if end <= clock.now():
        return  # it was had until the dispute, and is over
    if subscription.state == "ended":
        alone(subscription.user_id, subscription.creator_id)
        subscription.state, subscription.ended_at = "active", None
    if taken.get("back"):
        _set(subscription, {**sold.data, "anchor": begin, "start": begin, "end": end})
        own.detail = {**own.detail, "anew": str(new_id())}
        taking.take_again(subscription, own)
        if subscription.state == "ended":
            return
    elif not _climb(subscription, own, sold.data["period"]):
        return  # what it opened stayed open
    if subscription.period == sold.data["period"] or taken.get("back"):
        own.detail = {**own.detail, **_paid_with(subscription)}
    opening.open_up(subscription)
    note(subscription, "upgrade_given_again")


def _cannot_again(subscription: Subscription, sold: Sold) -> str | None:
    own = queries.paid_with(subscription.id, sold.invoice_id)
    assert own is not None
    taken, fresh, ended = own.detail.get("taken"), sold.data["fresh"], subscription.state == "ended"
    if taken is None or not _went_back(taken):
        return taking.cannot_give(subscription, sold)
    # The next period that is paid leaves of an upgrade what it leaves (_leave_open).
    later = subscription.period > sold.data["period"] and not fresh and not ended
    if later or taking.span(own)[1] <= clock.now():
        return None  # it was had until the dispute, and is over
    as_before = (str(subscription.tier_id), subscription.period) == (
        sold.data["from_tier"],
        sold.data["period"] + (1 if fresh else 0),
    )
    if not as_before:
        return "Your subscription changed meanwhile."
    if ended:
        if not fresh and _stands_on_nothing(sold.data["carried"]):
            return "What you changed from went back."
        if reason := taking.cannot_come_back(subscription):
            return reason
    return taking.no_seat(UUID(sold.data["tier_id"]), subscription.id)


def _stands_on_nothing(carried: list[list[Any]]) -> bool:
    """What it was the difference to is not paid any more; what was free needs not be."""
    return bool(carried) and not any(opening.kept(UUID(key)) for key, _ in carried)


def _went_back(taken: dict[str, Any]) -> bool:
    """To what it was before, and not by so much time; what that was may have ended since."""
    return "seconds" not in taken


def _climb(subscription: Subscription, own: SubscriptionEvent, period: int) -> bool:
    """The upgrades of this period, one on the other: each holds where what it was built on holds. Whether
    that changes anything.
    """
    paid = queries.what_was_paid(subscription.id)
    steps = [one.detail for one in paid if one.detail.get("upgrade") == period]
    if not steps:
        return False
    tier, price = steps[0]["from_tier"], steps[0]["from_price"]
    for step in steps:
        if "taken" not in step and step["from_tier"] == tier:
            tier, price = step["tier_id"], step["price"]
    stepped_back = [one for one in paid if one.id >= own.id and one.detail.get("taken", {}).get("back")]
    if subscription.period - len(stepped_back) == period:
        subscription.tier_id, subscription.price = UUID(tier), price
        return True
    return _leave_open(subscription, UUID(tier), taking.span(own)[1])


def _leave_open(subscription: Subscription, tier_id: UUID, until: datetime) -> bool:
    """The next period is paid already, its tier open; until it begins this one too, where it is higher."""
    if subscription.state == "ended" or until <= clock.now():
        return False
    this, then = queries.tier(tier_id), queries.tier(subscription.tier_id)
    if this is not None and this.rank > (then.rank if then else 1):
        opening.keep_open(subscription, tier_id, until)
        return True
    return opening.close_before(subscription) is not None


def _paid_with(subscription: Subscription) -> dict[str, Any]:
    """What was left open of a higher tier is closed: its worth is taken off what is paid now."""
    kept = opening.close_before(subscription)
    return {"kept_open": kept} if kept else {}


def _become(subscription: Subscription, data: dict[str, Any]) -> None:
    subscription.tier_id, subscription.months = UUID(data["tier_id"]), data["months"]
    subscription.price = data["price"]
    ending.forget_plans(subscription)


def _as_it_is(subscription: Subscription) -> dict[str, Any]:
    times = {
        "anchor": subscription.anchor,
        "start": subscription.period_start,
        "end": subscription.period_end,
    }
    return {
        "tier_id": str(subscription.tier_id),
        "months": subscription.months,
        "price": subscription.price,
        **{name: at.isoformat() for name, at in times.items()},
    }


def _before(own: SubscriptionEvent) -> dict[str, Any]:
    before: dict[str, Any] = own.detail["before"]
    return before | {name: datetime.fromisoformat(before[name]) for name in ("anchor", "start", "end")}


def _goes_on(own: SubscriptionEvent) -> bool:
    """Whether what it took the place of is not over, and not taken back as well."""
    return _before(own)["end"] > clock.now() and not _stands_on_nothing(own.detail["carried"])


def _set(subscription: Subscription, how: dict[str, Any]) -> None:
    pause = _pause_after(subscription)
    _become(subscription, how)
    subscription.anchor, subscription.period_start = how["anchor"], how["start"]
    subscription.period_end = how["end"]
    subscription.paused_until = subscription.period_end + pause if pause else None
    taking.pay_up(subscription, subscription.period_end)


def _pause_after(subscription: Subscription) -> timedelta | None:
    """How long it is to pause after its time; said again of the new time."""
    until = subscription.paused_until
    return until - subscription.period_end if until else None


def _chosen(subscription: Subscription, tier_id: UUID, months: int) -> Plan:
    if subscription.state not in {"trialing", "active"} or subscription.next_try_at is not None:
        raise NotNow("Pay what is due first; then it can be changed.")
    found = next((one for one in plans(subscription) if (one.tier.id, one.months) == (tier_id, months)), None)
    if found is None:
        raise NotOfferedSo("plan")
    if not found.at_once and not subscription.renews:
        raise NotNow("You cancelled it. Resume it first; then it can change with the next period.")
    return found


def _plan(subscription: Subscription, offer: Offered, months: int) -> Plan:
    tier, at = offer.tier, clock.now()
    price = prices.prices(tier, offer.bundles)[months]
    was = db.session.get(Tier, subscription.tier_id) if subscription.tier_id else None
    above = was is None or tier.rank > was.rank
    longer = tier.id == subscription.tier_id and months > subscription.months
    if subscription.state != "active" or not (above or longer):
        return Plan(tier, months, price)
    fresh = months != subscription.months
    unused = sum(opening.left(subscription, at).values())
    end, anchor = subscription.period_end, subscription.anchor
    full = price if fresh else periods.rest_of(price, months, end, anchor, at)
    if unused > full:
        return Plan(tier, months, price)
    costs = full - unused
    return Plan(tier, months, price, costs if costs >= LEAST else 0, unused, fresh)


def _order(subscription: Subscription, plan: Plan) -> Order:
    assert plan.costs is not None
    data = {
        "period": subscription.period,
        "tier_id": str(plan.tier.id),
        "name": plan.tier.name,
        "months": plan.months,
        "price": plan.price,
        "fresh": plan.fresh,
        "from_tier": str(subscription.tier_id),
        "from_months": subscription.months,
        "from_price": subscription.price,
        "carried": [[str(key), part] for key, part in opening.left(subscription, clock.now()).items()],
        "renews": True,
    }
    full = plan.costs + plan.unused
    until = "" if plan.fresh else f" until {subscription.period_end:%-d %B %Y}"
    label = f"{plan.tier.name}, {LENGTHS[plan.months]}" if plan.fresh else f"{plan.tier.name}{until}"
    items = [Item(label, full, PRODUCT, subscription.id, data=data)]
    if plan.unused:
        items.append(Item("Not used up of what you paid", -plan.unused))
    key = f"subscription:{subscription.id}:change:{plan.tier.id}:{plan.months}"
    return order(subscription, items, key, LIVES)


def _with_the_next(found: Subscription, plan: Plan) -> None:
    found.next_tier_id, found.next_months, found.next_price = plan.tier.id, plan.months, plan.price
    ending.call_off_later(found)
    _note(found, "changes_later", tier=plan.tier.name)


def _of(sold: Sold) -> Subscription:
    assert sold.subject_id is not None
    return lock(sold.subject_id)


def _note(found: Subscription, what: str, **detail: str) -> None:
    note(found, what, **detail)
    audit.record(
        Action.SUBSCRIPTION_CHANGED, actor=found.user_id, subject=("subscription", found.id), change=what
    )
