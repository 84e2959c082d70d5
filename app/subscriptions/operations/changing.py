"""Another tier, another length. What costs more begins now, less what is not used up; what costs less begins
with the next period.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from app.creators.models import Tier
from app.extensions import db
from app.invoices.models import Invoice
from app.invoices.operations.making import Item, Order, make
from app.invoices.products import Sold
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action
from app.subscriptions import periods, prices, queries
from app.subscriptions.errors import ChangedMeanwhile, NoSeat, NotNow, NotOfferedSo
from app.subscriptions.models import Subscription
from app.subscriptions.operations import ending, opening
from app.subscriptions.operations.beginning import KIND, no_place, restore
from app.subscriptions.operations.locking import lock, lock_own, note
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
        _note(found, "stays")


# What the product does.


def upgrade(sold: Sold) -> None:
    subscription, data = _of(sold), sold.data
    if data["fresh"] and subscription.period > data["period"]:
        restore(subscription, _as_period(sold))
        return
    if cannot_upgrade(sold):
        return
    begin = sold.at
    carried = [list(part) for part in data["carried"]] if data["fresh"] else []
    subscription.tier_id, subscription.months = UUID(data["tier_id"]), data["months"]
    subscription.price = data["price"]
    ending.forget_plans(subscription)
    if data["fresh"]:
        subscription.anchor = subscription.period_start = begin
        subscription.period = data["period"] + 1
        subscription.period_end = periods.end_of(begin, subscription.months, begin)
        subscription.reminded_at = None
    opening.open_up(subscription)
    opening.note_paid(subscription, sold, begin, fresh=data["fresh"], carried=carried)
    ending.call_off_later(subscription)
    _note(subscription, "upgraded", tier=data["name"])


def cannot_upgrade(sold: Sold) -> str | None:
    subscription, data = _of(sold), sold.data
    as_it_was = (str(subscription.tier_id), subscription.months, subscription.period)
    if subscription.state != "active" or as_it_was != (
        data["from_tier"],
        data["from_months"],
        data["period"],
    ):
        return "Your subscription changed meanwhile."
    if data["tier_id"] == data["from_tier"]:
        return None
    return no_place(UUID(data["tier_id"]), subscription.id)


def take_back(sold: Sold) -> None:
    """Back to what it was; a period of its own ends."""
    subscription, data = _of(sold), sold.data
    if subscription.state == "ended" or str(subscription.tier_id) != data["tier_id"]:
        return
    if data["fresh"]:
        if subscription.period == data["period"] + 1:
            ending.end(subscription, "refunded")
    elif subscription.period == data["period"]:
        subscription.tier_id, subscription.price = UUID(data["from_tier"]), data["from_price"]
        opening.open_up(subscription)
        note(subscription, "upgrade_taken_back")


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
    full = price if fresh else periods.rest_of(price, subscription.period_start, subscription.period_end, at)
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
    return Order(
        buyer_id=subscription.user_id,
        seller_id=subscription.creator_id,
        kind=KIND,
        currency=subscription.currency,
        items=tuple(items),
        unique_key=f"subscription:{subscription.id}:change:{plan.tier.id}:{plan.months}",
        lives=LIVES,
        return_to=f"/subscriptions/{subscription.id}",
    )


def _with_the_next(found: Subscription, plan: Plan) -> None:
    found.next_tier_id, found.next_months, found.next_price = plan.tier.id, plan.months, plan.price
    ending.call_off_later(found)
    _note(found, "changes_later", tier=plan.tier.name)


def _as_period(sold: Sold) -> Sold:
    """`restore` asks for the period that was paid for."""
    return replace(sold, data={**sold.data, "period": sold.data["period"] + 1})


def _of(sold: Sold) -> Subscription:
    assert sold.subject_id is not None
    return lock(sold.subject_id)


def _note(found: Subscription, what: str, **detail: str) -> None:
    note(found, what, **detail)
    audit.record(
        Action.SUBSCRIPTION_CHANGED, actor=found.user_id, subject=("subscription", found.id), change=what
    )
