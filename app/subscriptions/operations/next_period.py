"""The next period as something that is sold: who pays for it, what it costs, and what being paid does."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.creators.models import Tier
from app.extensions import db
from app.invoices.errors import OverLimit
from app.invoices.models import Invoice
from app.invoices.operations.making import Item, Order, make
from app.invoices.products import Sold
from app.platform import audit, outbox
from app.platform.audit import Action
from app.platform.errors import Refused
from app.subscriptions import cards, periods, queries
from app.subscriptions.cards import Card
from app.subscriptions.errors import ChangedMeanwhile
from app.subscriptions.models import Subscription
from app.subscriptions.operations import ending, opening, taking
from app.subscriptions.operations.locking import lock
from app.subscriptions.operations.opening import GRACE
from app.subscriptions.operations.ordering import order
from app.subscriptions.prices import LENGTHS, Reduction

PRODUCT = "renewal"
RENEWED = "subscription.renewed"
# From so long before the end of a period whoever pays by hand can pay for the next one.
EARLY = timedelta(days=14)


def method_of(subscription: Subscription) -> UUID | None:
    """The card that pays for the next period: the chosen one, else which paid last, else the preferred."""
    return methods_of(subscription.user_id, [subscription])[subscription.id]


def methods_of(user_id: UUID, subscriptions: Sequence[Subscription]) -> dict[UUID, UUID | None]:
    """For several of one person, in as many statements as for one."""
    on_file = cards.of(user_id)
    open_ = cards.taken_by({one.creator_id for one in subscriptions}) if on_file else set()
    by_card = queries.paid_by_card([one.id for one in subscriptions]) if open_ else {}
    return {
        one.id: _method(one.method_id, on_file, by_card.get(one.id))
        if one.creator_id in open_ and not one.by_hand
        else None
        for one in subscriptions
    }


def price_of_next(subscription: Subscription) -> tuple[int, int]:
    """What the next period costs, and what a code takes off it."""
    terms = _terms(subscription)
    price, months = terms["price"], terms["months"]
    promo = queries.promo(subscription.promo_id)
    if promo is None or not subscription.promo_months_left:
        return price, 0
    if promo.tier_id is not None and str(promo.tier_id) != terms["tier_id"]:
        return price, 0
    return price, Reduction(promo.percent, subscription.promo_months_left).off(price, months)


def invoice_of(subscription: Subscription) -> tuple[Invoice | None, Refused | None]:
    """The same one each time; none where its payer's own limit forbids it."""
    try:
        return ask_for(subscription), None
    except OverLimit as refusal:
        return None, refusal


def ask_for(subscription: Subscription, *, wanted: bool = False) -> Invoice:
    """One that costs nothing is renewed with it, unless somebody else was quicker."""
    subscription_id = subscription.id
    invoice = make(order_of(subscription, wanted=wanted))
    if not invoice.total and queries.paid_with(subscription_id, invoice.id) is None:
        raise ChangedMeanwhile
    return invoice


def order_of(subscription: Subscription, *, wanted: bool = False) -> Order:
    price, off = price_of_next(subscription)
    terms = _terms(subscription)
    months, tier_id = terms["months"], terms["tier_id"]
    tier = db.session.get(Tier, UUID(tier_id)) if tier_id else None
    key = ending.renewal_key(subscription)
    wanted = wanted or queries.wanted_already(key)
    data = {"period": subscription.period + 1, **terms, "renews": True, "wanted": wanted}
    label = f"{tier.name if tier else 'Subscription'}, {LENGTHS[months]}"
    items = [Item(label, price, PRODUCT, subscription.id, data=data)]
    if off:
        items.append(Item("Your code", -off))
    lives = EARLY + GRACE + timedelta(days=1)
    return order(subscription, items, key, lives)


def renew(sold: Sold) -> None:
    """Paid: the next period begins after the last one, or now where there was a pause between."""
    assert sold.subject_id is not None
    subscription, data = lock(sold.subject_id), sold.data
    if taking.known(subscription, sold):
        taking.give(subscription, sold)
        return
    if not db.session.get_one(Invoice, sold.invoice_id).total and cannot_renew(sold):
        return  # what costs nothing is settled without being asked before
    fresh = subscription.state == "paused"
    if fresh:
        subscription.anchor = sold.at
    before = subscription.tier_id
    subscription.period_start = sold.at if fresh else opening.begin_next(subscription, sold.at)
    subscription.period = data["period"]
    if data["tier_id"]:
        subscription.tier_id = UUID(data["tier_id"])
    subscription.months, subscription.price = data["months"], data["price"]
    subscription.period_end = periods.end_of(
        subscription.period_start, subscription.months, subscription.anchor
    )
    subscription.promo_months_left = max(subscription.promo_months_left - subscription.months, 0)
    subscription.state, subscription.reminded_at = "active", None
    ending.forget_plans(subscription)
    subscription.renews = subscription.renews or data.get("wanted", False)
    opening.open_up(subscription)
    if before and before != subscription.tier_id and subscription.period_start > sold.at:
        opening.keep_open(subscription, before, subscription.period_start)
    opening.note_paid(subscription, sold, subscription.period_start, months=subscription.months)
    audit.record(
        Action.SUBSCRIPTION_RENEWED,
        actor=subscription.user_id,
        subject=("subscription", subscription.id),
        period=subscription.period,
    )
    outbox.emit(RENEWED, {"subscription_id": str(subscription.id)})


def cannot_renew(sold: Sold) -> str | None:
    assert sold.subject_id is not None
    subscription = lock(sold.subject_id)
    if taking.known(subscription, sold):
        return taking.cannot_give(subscription, sold)
    changed = any(sold.data[name] != value for name, value in _terms(subscription).items())
    wanted = subscription.renews or sold.data.get("wanted")
    reasons = (
        (subscription.state == "ended", "This subscription has ended."),
        (subscription.period >= sold.data["period"], "This time is paid already."),
        (not there(subscription), "This creator takes no subscriptions at the moment."),
        (changed, "Your subscription changed meanwhile."),
        (subscription.paused_until and subscription.state != "paused", "This subscription pauses first."),
        (not wanted, "This subscription was cancelled."),
    )
    return next((words for holds, words in reasons if holds), None)


def there(subscription: Subscription) -> bool:
    return queries.may_join(subscription.user_id, subscription.creator_id)


def _method(
    chosen: UUID | None, on_file: Sequence[Card], paid_from: Mapping[str, object] | None
) -> UUID | None:
    """Of what is on file; nothing where neither was a card chosen nor did one pay."""
    if chosen is None and paid_from is None:
        return None
    fits = [card for card in on_file if (card.id == chosen if chosen else card.is_of(paid_from or {}))]
    return next((card.id for card in (*fits, *on_file)), None)


def _terms(subscription: Subscription) -> dict[str, Any]:
    tier_id = subscription.next_tier_id or subscription.tier_id
    return {
        "months": subscription.next_months or subscription.months,
        "price": subscription.price if subscription.next_price is None else subscription.next_price,
        "tier_id": str(tier_id) if tier_id else None,
    }
