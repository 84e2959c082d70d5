"""The next period: charged to a card at its beginning, or prepaid by hand; and what if it is not paid.

Each turn looks, makes what it needs, locks, and looks again: what changed meanwhile waits for the next round.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from app.creators.models import Tier
from app.extensions import db
from app.invoices.errors import NotOffered, NotPayable, OverLimit
from app.invoices.models import PAYABLE, Invoice, State
from app.invoices.operations.making import Item, Order, make
from app.invoices.products import Sold
from app.kit import clock
from app.payments.operations import charging
from app.platform import audit, outbox
from app.platform.audit import Action
from app.platform.errors import Refused
from app.subscriptions import cards, periods, queries
from app.subscriptions.errors import ChangedMeanwhile, NotNow, TooEarly
from app.subscriptions.models import Subscription
from app.subscriptions.operations import ending, opening, taking
from app.subscriptions.operations.beginning import KIND
from app.subscriptions.operations.locking import each, lock, lock_own, note
from app.subscriptions.operations.opening import GRACE
from app.subscriptions.prices import LENGTHS, Reduction

PRODUCT = "renewal"
RENEWED, UNPAID = "subscription.renewed", "subscription.unpaid"
REMINDED, SOON = "subscription.reminded", "subscription.renews_soon"
BATCH = 100
# Days after the end of a period on which its card is tried; access stays for as long as that.
TRIES = (0, 1, 3, 5, 7)
LOOK_AGAIN = timedelta(minutes=1)
# Whoever is asked later than this has their grace from then on.
ON_TIME = timedelta(hours=12)
# Days before the end at which whoever pays by hand is reminded, and from when on they can pay.
REMIND = (7, 3, 1)
EARLY = timedelta(days=14)
# So many months are forgotten easily: whoever pays for them by card is told a week before.
LONG = 6
# It will not do, however often it is tried: somebody has to act.
HOPELESS = charging.NEEDS_OWNER | charging.FINAL | {NotOffered.code, NotPayable.code}


class Step(StrEnum):
    END = "end"
    PAUSE = "pause"
    RENEW = "renew"
    LOOK = "look"


def renew_due() -> int:
    """How many had their turn."""
    due = db.session.scalars(
        select(Subscription.id).where(queries.due(clock.now())).order_by(Subscription.period_end).limit(BATCH)
    ).all()
    return each(due, turn)


def turn(subscription_id: UUID) -> None:
    seen = db.session.get_one(Subscription, subscription_id, populate_existing=True)
    step, period = step_of(seen, clock.now()), seen.period
    if step is None:
        return
    invoice, refusal = _invoice(seen) if step in {Step.RENEW, Step.LOOK} else (None, None)
    if invoice is not None and State(invoice.state) not in PAYABLE:
        return  # it costs nothing, and is renewed by now
    subscription = lock(subscription_id)
    if subscription.period != period or step_of(subscription, clock.now()) is not step:
        raise ChangedMeanwhile
    if step is Step.END:
        ending.end(subscription, _why(subscription))
    elif step is Step.PAUSE:
        _pause(subscription)
    elif not _there(subscription):
        _leave(subscription)
    elif refusal is not None:
        _failed(subscription, refusal.code, refusal.message)
    elif step is Step.RENEW:
        _begin_to_renew(subscription, invoice)
    else:
        _look(subscription, invoice)


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


def method_of(subscription: Subscription) -> UUID | None:
    """The card that pays for the next period: the chosen one, or the preferred one of who paid by card."""
    return methods_of(subscription.user_id, [subscription])[subscription.id]


def methods_of(user_id: UUID, subscriptions: Sequence[Subscription]) -> dict[UUID, UUID | None]:
    """For several of one person, in as many statements as for one."""
    on_file = cards.of(user_id)
    open_ = cards.taken_by({one.creator_id for one in subscriptions}) if on_file else set()
    by_card = queries.paid_by_card([one.id for one in subscriptions]) if open_ else set()
    known = {card.id for card in on_file}
    found: dict[UUID, UUID | None] = {}
    for one in subscriptions:
        wanted = one.method_id is not None or one.id in by_card
        preferred = on_file[0].id if on_file and wanted else None
        chosen = one.method_id if one.method_id in known else preferred
        found[one.id] = chosen if one.creator_id in open_ and not one.by_hand else None
    return found


def price_of_next(subscription: Subscription) -> tuple[int, int]:
    """What the next period costs, and what a code takes off it."""
    terms = _terms_of_next(subscription)
    price, months = terms["price"], terms["months"]
    promo = queries.promo(subscription.promo_id)
    if promo is None or not subscription.promo_months_left:
        return price, 0
    return price, Reduction(promo.percent, subscription.promo_months_left).off(price, months)


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
    invoice = make(_order(seen, wanted=not seen.renews))
    found = lock_own(subscription_id, user_id)
    if found.period != period and invoice.total:
        raise ChangedMeanwhile
    return invoice


def look_now(invoice_id: UUID) -> None:
    """Word came that a charge failed."""
    subject = queries.subject_of(invoice_id, PRODUCT)
    subscription = lock(subject) if subject else None
    if subscription is not None and subscription.next_try_at is not None:
        subscription.next_try_at = clock.now()


def remind_due() -> int:
    """Those who pay by hand, and those whose card is charged after a long time."""
    at = clock.now()
    soon = db.session.scalars(
        select(Subscription.id)
        .where(
            Subscription.state.in_(("trialing", "active")),
            Subscription.renews,
            Subscription.paused_until.is_(None),
            Subscription.period_end > at,
            Subscription.period_end <= at + timedelta(days=REMIND[0]),
            or_(Subscription.reminded_at.is_(None), *(_not_since(timedelta(days=days)) for days in REMIND)),
        )
        .order_by(Subscription.period_end)
    ).all()
    return each(soon, _remind)


# What the product does.


def renew(sold: Sold) -> None:
    """Paid: the next period begins where the last one ended, or now where there was a pause between."""
    assert sold.subject_id is not None
    subscription, data = lock(sold.subject_id), sold.data
    if taking.known(subscription, sold):
        taking.give(subscription, sold)
        return
    fresh = subscription.state == "paused"
    if fresh:
        subscription.anchor = sold.at
    subscription.period_start = sold.at if fresh else subscription.period_end
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
    changed = any(sold.data[name] != value for name, value in _terms_of_next(subscription).items())
    wanted = subscription.renews or sold.data.get("wanted")
    reasons = (
        (subscription.state == "ended", "This subscription has ended."),
        (subscription.period >= sold.data["period"], "This time is paid already."),
        (not _there(subscription), "This creator takes no subscriptions at the moment."),
        (changed, "Your subscription changed meanwhile."),
        (subscription.paused_until and subscription.state != "paused", "This subscription pauses first."),
        (not wanted, "This subscription was cancelled."),
    )
    return next((words for holds, words in reasons if holds), None)


def _after(subscription: Subscription) -> Step:
    """Its time is over. Nobody pays for a page that is away, or while they are away themselves."""
    trial_is_all = subscription.state == "trialing" and method_of(subscription) is None
    if not subscription.renews or trial_is_all or not _there(subscription):
        return Step.END
    return Step.PAUSE if subscription.paused_until else Step.RENEW


def _there(subscription: Subscription) -> bool:
    return queries.may_join(subscription.user_id, subscription.creator_id)


def _leave(subscription: Subscription) -> None:
    """One of the two went away after its time was over. What is being charged is waited for."""
    if queries.being_charged(ending.renewal_key(subscription)):
        subscription.next_try_at = clock.now() + LOOK_AGAIN
    else:
        ending.end(subscription, "away")


def _not_since(left: timedelta) -> ColumnElement[bool]:
    """No word yet since so much time was left."""
    begins = Subscription.period_end - left
    return and_(begins <= clock.now(), Subscription.reminded_at < begins)


def _remind(subscription_id: UUID) -> None:
    seen = db.session.get_one(Subscription, subscription_id, populate_existing=True)
    left, by_card = seen.period_end - clock.now(), method_of(seen) is not None
    since = next(timedelta(days=days) for days in reversed(REMIND) if left <= timedelta(days=days))
    first = seen.reminded_at is None
    if seen.reminded_at is not None and seen.reminded_at >= seen.period_end - since:
        return
    if by_card:
        lock(subscription_id).reminded_at = clock.now()
        if first and seen.months >= LONG:
            outbox.emit(SOON, {"subscription_id": str(subscription_id)})
        return
    invoice, _ = _invoice(seen)
    subscription = lock(subscription_id)
    if invoice is None or subscription.period + 1 != _period(invoice, subscription):
        return
    subscription.reminded_at = clock.now()
    outbox.emit(REMINDED, {"subscription_id": str(subscription.id), "invoice_id": str(invoice.id)})


def _period(invoice: Invoice, subscription: Subscription) -> int:
    """Of a renewal that costs nothing, none: it is done."""
    return subscription.period + 1 if State(invoice.state) in PAYABLE else 0


def _invoice(subscription: Subscription) -> tuple[Invoice | None, Refused | None]:
    """The same one each time; none where its payer's own limit forbids it."""
    try:
        return make(_order(subscription)), None
    except OverLimit as refusal:
        return None, refusal


def _order(subscription: Subscription, *, wanted: bool = False) -> Order:
    price, off = price_of_next(subscription)
    terms = _terms_of_next(subscription)
    months, tier_id = terms["months"], terms["tier_id"]
    tier = db.session.get(Tier, UUID(tier_id)) if tier_id else None
    data = {"period": subscription.period + 1, **terms, "renews": True, "wanted": wanted}
    label = f"{tier.name if tier else 'Subscription'}, {LENGTHS[months]}"
    items = [Item(label, price, PRODUCT, subscription.id, data=data)]
    if off:
        items.append(Item("Your code", -off))
    return Order(
        buyer_id=subscription.user_id,
        seller_id=subscription.creator_id,
        kind=KIND,
        currency=subscription.currency,
        items=tuple(items),
        unique_key=ending.renewal_key(subscription),
        lives=EARLY + GRACE + timedelta(days=1),
        return_to=f"/subscriptions/{subscription.id}",
    )


def _terms_of_next(subscription: Subscription) -> dict[str, Any]:
    tier_id = subscription.next_tier_id or subscription.tier_id
    return {
        "months": subscription.next_months or subscription.months,
        "price": subscription.price if subscription.next_price is None else subscription.next_price,
        "tier_id": str(tier_id) if tier_id else None,
    }


def _begin_to_renew(subscription: Subscription, invoice: Invoice | None) -> None:
    _begin_grace(subscription)
    if (method_id := method_of(subscription)) is not None and invoice is not None:
        _ask(subscription, invoice, method_id)
        return
    _past_due(subscription)
    note(subscription, "unpaid")
    _tell_unpaid(subscription, "")


def _begin_grace(subscription: Subscription) -> datetime:
    """From when it was due; where nobody looked for long, from the first try on."""
    due = subscription.paused_until if subscription.state == "paused" else subscription.period_end
    on_time = due is not None and clock.now() - due < ON_TIME
    until = (due if due is not None and on_time else clock.now()) + GRACE
    subscription.grace_until = until
    if not on_time and subscription.state != "paused":
        opening.open_up(subscription)
    return until


def _ask(subscription: Subscription, invoice: Invoice, method_id: UUID) -> None:
    """Its outcome is heard of; should it not be, we look."""
    subscription.next_try_at = clock.now() + LOOK_AGAIN
    db.session.flush()
    try:
        charging.charge_method(invoice.id, method_id)
    except Refused as refusal:
        _failed(subscription, refusal.code, refusal.message)


def _look(subscription: Subscription, invoice: Invoice | None) -> None:
    """What became of the last try; if nothing is on its way, the next one."""
    key = ending.renewal_key(subscription)
    failed, last = queries.failures(key)
    if queries.being_charged(key):
        subscription.next_try_at = clock.now() + LOOK_AGAIN
    elif failed > subscription.tries and last is not None:
        _failed(subscription, last.failure_code or "", last.failure or "")
    elif (method_id := method_of(subscription)) is not None and invoice is not None:
        _ask(subscription, invoice, method_id)
    else:
        _failed(subscription, NotOffered.code, "There is no card on file any more.")


def _failed(subscription: Subscription, code: str, words: str) -> None:
    """One try more that brought nothing."""
    subscription.tries += 1
    until = subscription.grace_until or _begin_grace(subscription)
    _past_due(subscription)
    subscription.next_try_at = None
    if code not in HOPELESS and subscription.tries < len(TRIES):
        due: datetime = until - GRACE + timedelta(days=TRIES[subscription.tries])
        # Those that nobody made in time are not made all at once.
        subscription.next_try_at = max(due, clock.now() + ON_TIME)
    note(subscription, "declined", code=code, words=words, tries=subscription.tries)
    _tell_unpaid(subscription, words)


def _past_due(subscription: Subscription) -> None:
    """Out of a pause nothing opens before it is paid."""
    if subscription.state != "paused":
        subscription.state = "past_due"


def _tell_unpaid(subscription: Subscription, words: str) -> None:
    outbox.emit(
        UNPAID,
        {"subscription_id": str(subscription.id), "words": words, "tries": subscription.tries},
    )


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
