"""Somebody subscribes: a row that waits, its invoice, and what becomes of both when it is paid."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.creators.models import Tier
from app.creators.operations import following
from app.extensions import db
from app.invoices.models import PAYABLE, Invoice, State
from app.invoices.operations import ending as invoices
from app.invoices.operations.locking import lock as lock_invoice
from app.invoices.operations.making import LIVES, ONE_AT_A_TIME, Item, Order, UnderWay, make
from app.invoices.products import Sold
from app.kit import clock
from app.kit.ids import new_id
from app.platform import audit, outbox
from app.platform.audit import Action
from app.subscriptions import cards, periods, prices, queries
from app.subscriptions.errors import AlreadySubscribed, CardFirst, NoSeat, NotOfferedSo, NoTrial, OwnTier
from app.subscriptions.models import PromoCode, Subscription
from app.subscriptions.operations import opening, promos, taking
from app.subscriptions.operations.locking import alone, hold_page, lock, lock_tier
from app.subscriptions.operations.ordering import order
from app.subscriptions.prices import LENGTHS, NONE
from app.subscriptions.queries import Offered

PRODUCT = "subscription"
BEGUN = "subscription.begun"
# A seat that somebody else may want is not kept for long.
SEAT_KEPT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Wish:
    tier_id: UUID
    months: int = 1
    code: str = ""
    trial: bool = False


def subscribe(user_id: UUID, creator_id: UUID, wish: Wish) -> Invoice:
    """Its invoice; the same wish again is the same one. A trial is paid with it."""
    if user_id == creator_id:
        raise OwnTier
    offer = _offer(user_id, creator_id, wish)
    key = f"subscription:{user_id}:{creator_id}"
    db.session.execute(ONE_AT_A_TIME, {"key": key})
    if same := _instead_of_another(key, wish, offer):
        return same
    alone(user_id, creator_id)
    if queries.living(user_id, creator_id):
        raise AlreadySubscribed
    promo = promos.find(creator_id, wish.tier_id, user_id, wish.code) if wish.code else None
    subscription = _pending(user_id, offer, wish, promo)
    db.session.add(subscription)
    db.session.flush()
    invoice = make(_order(key, subscription, offer.tier, wish, promo))
    _take_seat(subscription)
    if promo is not None:
        promos.take(promo, user_id)
        if not invoice.total:
            promos.settle(promo.id, user_id)
    return invoice


def may_try(user_id: UUID | None, offer: Offered) -> bool:
    """Once a person and creator."""
    days = offer.tier.trial_days
    return bool(days) and not (user_id and queries.had_one(user_id, offer.tier.creator_id))


# What the product does.


def begin(sold: Sold) -> None:
    """Paid. Handed over again after a dispute was won, it goes on as it was."""
    subscription = _of(sold)
    if subscription.period:
        taking.give(subscription, sold)
        return
    days = sold.data.get("trial_days", 0)
    start = sold.at
    subscription.state = "trialing" if days else "active"
    subscription.anchor = start + timedelta(days=days)
    subscription.period, subscription.period_start = 1, start
    subscription.period_end = (
        subscription.anchor if days else periods.end_of(start, subscription.months, start)
    )
    subscription.started_at, subscription.ended_at = start, None
    subscription.renews = not days or subscription.method_id is not None
    if promo_id := sold.data.get("promo"):
        promos.settle(UUID(promo_id), subscription.user_id)
        subscription.promo_months_left -= 0 if days else subscription.months
        subscription.promo_months_left = max(subscription.promo_months_left, 0)
    opening.open_up(subscription)
    opening.note_paid(subscription, sold, start, fresh=True, months=subscription.months)
    following.follow(subscription.user_id, subscription.creator_id)
    audit.record(
        Action.SUBSCRIBED,
        actor=subscription.user_id,
        subject=("subscription", subscription.id),
        creator=str(subscription.creator_id),
    )
    outbox.emit(BEGUN, {"subscription_id": str(subscription.id)})


def cannot_begin(sold: Sold) -> str | None:
    assert sold.seller_id is not None
    alone(sold.buyer_id, sold.seller_id)
    subscription = _of(sold)
    if subscription.period:
        return taking.cannot_give(subscription, sold)
    if queries.living(sold.buyer_id, sold.seller_id):
        return "You subscribe to this creator already."
    hold_page(sold.seller_id)
    if not queries.may_join(sold.buyer_id, sold.seller_id):
        return "This creator takes no subscriptions at the moment."
    if (promo_id := sold.data.get("promo")) and not promos.taken(UUID(promo_id), sold.buyer_id):
        return "The code that it was made with is free for others again."
    return no_place(subscription.tier_id, subscription.id)


def had(sold: Sold, until: datetime) -> int:
    return taking.had(_of(sold), sold, until)


def take_back(sold: Sold) -> None:
    """Refunded or charged back."""
    taking.take(_of(sold), sold.invoice_id)


def let_go(sold: Sold) -> None:
    """Nobody paid: the seat and the code are free again. Money that comes late may still find a place."""
    subscription = _of(sold)
    if subscription.state == "pending":
        subscription.state, subscription.ended_at = "ended", clock.now()
        if promo_id := sold.data.get("promo"):
            promos.give_back(UUID(promo_id), subscription.user_id)


def no_place(tier_id: UUID | None, besides: UUID) -> str | None:
    """Why nobody can join this tier; the caller holds its row from now on."""
    tier = lock_tier(tier_id) if tier_id else None
    if tier is None or tier.archived_at is not None:
        return "This tier is not offered any more."
    if tier.seats is not None and queries.seats_taken(tier.id, besides) >= tier.seats:
        return "The last seat of this tier is taken."
    return None


def _offer(user_id: UUID, creator_id: UUID, wish: Wish) -> Offered:
    if not queries.may_join(user_id, creator_id):
        raise NotOfferedSo("")
    offer = queries.one_offered(creator_id, wish.tier_id)
    if wish.months not in prices.prices(offer.tier, offer.bundles):
        raise NotOfferedSo
    if wish.trial and not offer.tier.trial_days:
        raise NotOfferedSo("")
    if wish.trial and not may_try(user_id, offer):
        raise NoTrial
    if wish.trial and cards.possible(creator_id) and not cards.of(user_id):
        raise CardFirst
    return offer


def _instead_of_another(key: str, wish: Wish, offer: Offered) -> Invoice | None:
    """The one that waits to be paid already, when it is for the same; else it makes room."""
    found = queries.waiting(key)
    if found is None:
        return None
    invoice = lock_invoice(found.invoice.id)
    if State(invoice.state) not in PAYABLE or invoices.expire(invoice):
        return None
    wished = db.session.get_one(Subscription, found.subscription_id)
    before = wished.tier_id, wished.months, wished.price, found.data["code"], bool(found.data["trial_days"])
    price = prices.prices(offer.tier, offer.bundles)[wish.months]
    if before == (wish.tier_id, wish.months, price, wish.code.upper(), wish.trial):
        return invoice
    if invoice.state != State.OPEN:
        raise UnderWay
    invoices.cancel(invoice)
    db.session.flush()
    return None


def _pending(user_id: UUID, offer: Offered, wish: Wish, promo: PromoCode | None) -> Subscription:
    at, tier = clock.now(), offer.tier
    on_file = cards.of(user_id) if wish.trial and cards.possible(tier.creator_id) else ()
    return Subscription(
        id=new_id(),
        user_id=user_id,
        creator_id=tier.creator_id,
        tier_id=tier.id,
        state="pending",
        months=wish.months,
        price=prices.prices(tier, offer.bundles)[wish.months],
        currency=tier.currency,
        anchor=at,
        period=0,
        period_start=at,
        period_end=periods.end_of(at, wish.months, at),
        method_id=on_file[0].id if on_file else None,
        renews=True,
        promo_id=promo.id if promo else None,
        promo_months_left=promos.reduction(promo).months if promo else 0,
        created_at=at,
    )


def _order(key: str, subscription: Subscription, tier: Tier, wish: Wish, promo: PromoCode | None) -> Order:
    data = {
        "period": 1,
        "trial_days": tier.trial_days if wish.trial else 0,
        "code": wish.code.upper(),
        "promo": str(promo.id) if promo else None,
        # Who pays by card is asked to leave it for the next period.
        "renews": True,
    }
    label = f"{tier.name}, {LENGTHS[wish.months]}"
    price, off = subscription.price, (promos.reduction(promo) if promo else NONE)
    if wish.trial:
        label, price, off = f"{tier.name}, {tier.trial_days} days to try it", 0, NONE
    items = [Item(label, price, PRODUCT, subscription.id, data=data)]
    if less := off.off(price, wish.months):
        items.append(Item(f"Code {wish.code.upper()}, {off.percent} % off", -less))
    return order(subscription, items, key, SEAT_KEPT if tier.seats else LIVES)


def _take_seat(subscription: Subscription) -> None:
    if subscription.tier_id is None or no_place(subscription.tier_id, subscription.id):
        raise NoSeat


def _of(sold: Sold) -> Subscription:
    assert sold.subject_id is not None
    return lock(sold.subject_id)
