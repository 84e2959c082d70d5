"""What is known about subscriptions, one function a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.accounts.queries import find_by_handle
from app.creators import pictures
from app.creators.models import Creator, Tier
from app.entitlements.queries import held, hidden_from
from app.entitlements.rules import Holding, Kind
from app.extensions import db
from app.invoices.models import PAYABLE, Attempt, Invoice, InvoiceLine, Payment
from app.platform.errors import NotFound
from app.subscriptions.models import Bundle, Gift, PromoCode, Subscription, SubscriptionEvent

CARD = "card"
ENDED_SHOWN = 20
EVENTS_SHOWN = 50

# A seat is taken by whoever has one, is about to pay for one, or moves there with the next period.
ONGOING = Subscription.state.not_in(("ended", "pending"))


@dataclass(frozen=True, slots=True)
class Offered:
    """A tier as its cards show it."""

    tier: Tier
    bundles: dict[int, int]
    taken: int

    @property
    def left(self) -> int | None:
        return None if self.tier.seats is None else max(self.tier.seats - self.taken, 0)


@dataclass(frozen=True, slots=True)
class Mine:
    """One of somebody's own subscriptions, with its creator and its tier as they are now."""

    subscription: Subscription
    tier: Tier | None
    next_tier: Tier | None
    handle: str
    display_name: str
    avatar_hue: int
    avatar: dict[str, Any] | None

    @property
    def avatar_url(self) -> str | None:
        return pictures.address(self.avatar, "square96")

    @property
    def tier_name(self) -> str:
        return self.tier.name if self.tier else "a tier that is gone"


@dataclass(frozen=True, slots=True)
class Waits:
    """The invoice that a subscription waits for."""

    invoice: Invoice
    subscription_id: UUID
    data: dict[str, Any]


def offered(creator_id: UUID, viewer_id: UUID | None = None) -> list[Offered]:
    """Those that can be joined, the lowest first: one statement. Who is about to pay for a seat has it."""
    bundles = (
        select(func.jsonb_object_agg(Bundle.months, Bundle.percent))
        .where(Bundle.tier_id == Tier.id)
        .correlate(Tier)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Tier, bundles, _taken(Tier.id, payer_id=viewer_id))
        .where(Tier.creator_id == creator_id, Tier.archived_at.is_(None))
        .order_by(Tier.rank)
    )
    return [Offered(tier, _by_months(found), taken) for tier, found, taken in rows]


def one_offered(creator_id: UUID, tier_id: UUID) -> Offered:
    found = next((one for one in offered(creator_id) if one.tier.id == tier_id), None)
    if found is None:
        raise NotFound
    return found


def bundles_of(tier_id: UUID) -> dict[int, int]:
    found = select(Bundle.months, Bundle.percent).where(Bundle.tier_id == tier_id)
    return {row.months: row.percent for row in db.session.execute(found)}


def seats_taken(tier_id: UUID, besides: UUID | None = None) -> int:
    found: int = db.session.execute(select(_taken(tier_id, besides))).scalar_one()
    return found


def may_join(user_id: UUID, creator_id: UUID) -> bool:
    """The page is open, its person is there, and this one is not shut out of it."""
    fan = aliased(User)
    there = (
        select(Creator.id)
        .join(User, and_(User.id == Creator.id, User.state == "active"))
        .join(fan, and_(fan.id == user_id, fan.state == "active"))
        .where(Creator.id == creator_id, Creator.state == "open")
        .where(~hidden_from(user_id, Creator.id.expression))
    )
    return db.session.execute(there).first() is not None


def page_is_open(creator_id: UUID) -> bool:
    """Whether its owner has it open, and may come back to it."""
    there = select(Creator.id).join(User, and_(User.id == Creator.id, User.state != "deleted"))
    return (
        db.session.execute(there.where(Creator.id == creator_id, Creator.state == "open")).first() is not None
    )


def is_offered(tier_id: UUID | None) -> bool:
    found = select(Tier.id).where(Tier.id == tier_id, Tier.archived_at.is_(None))
    return db.session.execute(found).first() is not None


def living(user_id: UUID, creator_id: UUID) -> Subscription | None:
    return db.session.scalars(
        select(Subscription).where(
            Subscription.user_id == user_id, Subscription.creator_id == creator_id, ONGOING
        )
    ).one_or_none()


def had_one(user_id: UUID, creator_id: UUID) -> bool:
    found = select(Subscription.id).where(
        Subscription.user_id == user_id,
        Subscription.creator_id == creator_id,
        Subscription.started_at.is_not(None),
    )
    return db.session.execute(found.limit(1)).first() is not None


def own(subscription_id: UUID, user_id: UUID) -> Mine:
    found = _mine(Subscription.id == subscription_id, Subscription.user_id == user_id)
    if not found:
        raise NotFound
    return found[0]


def still_open(one: Mine) -> Holding | None:
    """A higher tier that is paid until the time begins that was paid for early."""
    rank = one.tier.rank if one.tier else 1
    found = held(one.subscription.user_id, [one.subscription.creator_id])
    higher = (each for each in found if each.kind is Kind.SUBSCRIPTION and each.rank > rank)
    return next(higher, None)


def mine(user_id: UUID) -> tuple[list[Mine], list[Mine]]:
    """Those that go on, and the last of those that ended."""
    going = _mine(Subscription.user_id == user_id, ONGOING)
    ended = _mine(Subscription.user_id == user_id, Subscription.state == "ended", at_most=ENDED_SHOWN)
    return going, ended


def events(subscription_id: UUID) -> Sequence[SubscriptionEvent]:
    """The newest first."""
    return db.session.scalars(
        select(SubscriptionEvent)
        .where(SubscriptionEvent.subscription_id == subscription_id)
        .order_by(SubscriptionEvent.id.desc())
        .limit(EVENTS_SHOWN)
    ).all()


def what_was_paid(subscription_id: UUID) -> Sequence[SubscriptionEvent]:
    """Each period and what it cost, the oldest first."""
    return db.session.scalars(
        select(SubscriptionEvent)
        .where(SubscriptionEvent.subscription_id == subscription_id, SubscriptionEvent.what == "paid")
        .order_by(SubscriptionEvent.id)
    ).all()


def paid_with(subscription_id: UUID, invoice_id: UUID) -> SubscriptionEvent | None:
    """What was noted of it when this invoice was paid."""
    paid = what_was_paid(subscription_id)
    return next((one for one in paid if one.detail["invoice"] == str(invoice_id)), None)


def waiting(key: str) -> Waits | None:
    """The invoice of this name that can still be paid, and what it is for."""
    row = db.session.execute(
        select(Invoice, InvoiceLine.subject_id, InvoiceLine.data)
        .join(InvoiceLine, and_(InvoiceLine.invoice_id == Invoice.id, InvoiceLine.n == 0))
        .where(Invoice.unique_key == key, Invoice.state.in_(PAYABLE))
    ).first()
    return Waits(*row) if row else None


def waiting_of(subscription_id: UUID) -> list[UUID]:
    """All that could still be paid for it, after it began."""
    found = select(Invoice.id).where(
        Invoice.unique_key.startswith(f"subscription:{subscription_id}:"), Invoice.state.in_(PAYABLE)
    )
    return sorted(db.session.scalars(found))


def wanted_already(key: str) -> bool:
    """Whoever cancelled asked for it all the same, and may have paid a part of it."""
    wanted = InvoiceLine.data["wanted"].as_boolean()
    found = exists().where(
        InvoiceLine.invoice_id == Invoice.id, Invoice.unique_key == key, Invoice.state.in_(PAYABLE), wanted
    )
    return db.session.scalar(select(found)) or False


def failures(key: str, since: datetime) -> tuple[int, Attempt | None]:
    """How often a card was charged for it in vain since then, and how the last time went."""
    found = db.session.scalars(
        select(Attempt)
        .join(Invoice, Invoice.id == Attempt.invoice_id)
        .where(Invoice.unique_key == key, Attempt.created_at >= since)
        .where(Attempt.off_session, Attempt.state == "failed")
        .order_by(Attempt.id)
    ).all()
    return len(found), found[-1] if found else None


def being_charged(key: str) -> bool:
    """Whether money may still come by a try that has not ended."""
    found = (
        select(Attempt.id)
        .join(Invoice, Invoice.id == Attempt.invoice_id)
        .where(Invoice.unique_key == key, Attempt.ended_at.is_(None))
    )
    return db.session.execute(found.limit(1)).first() is not None


def paid_by_card(subscription_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Those whose last period was paid by a card, and by which: then a card may pay for the next."""
    last = (
        select(InvoiceLine.subject_id, InvoiceLine.invoice_id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.subject_id.in_(subscription_ids), InvoiceLine.fulfilled_at.is_not(None))
        .where(Invoice.total > 0)
        .ext(distinct_on(InvoiceLine.subject_id))
        .order_by(InvoiceLine.subject_id, InvoiceLine.fulfilled_at.desc())
        .subquery()
    )
    paid = select(last.c.subject_id, Payment.origin).join(Payment, Payment.invoice_id == last.c.invoice_id)
    rows = db.session.execute(paid.where(Payment.rail == CARD).order_by(Payment.received_at))
    return dict(rows.all())


def promos(promo_ids: Sequence[UUID]) -> Sequence[PromoCode]:
    """Held by whoever asks, they are not asked for one by one."""
    return db.session.scalars(select(PromoCode).where(PromoCode.id.in_(promo_ids))).all()


def promo(promo_id: UUID | None) -> PromoCode | None:
    return db.session.get(PromoCode, promo_id) if promo_id else None


def of_tier(tier_id: UUID) -> Offered:
    """Whether it can still be joined or not."""
    return Offered(db.session.get_one(Tier, tier_id), bundles_of(tier_id), 0)


def invoice_of(product: str, subject_id: UUID) -> Invoice:
    """The one that was paid for it."""
    found = (
        select(Invoice)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(InvoiceLine.subject_id == subject_id, InvoiceLine.product == product)
        .where(InvoiceLine.fulfilled_at.is_not(None))
    )
    return db.session.scalars(found).one()


def tier_of_rank(creator_id: UUID, rank: int) -> UUID | None:
    return db.session.scalars(
        select(Tier.id).where(Tier.creator_id == creator_id, Tier.rank == rank)
    ).one_or_none()


def tier(tier_id: UUID | None) -> Tier | None:
    return db.session.get(Tier, tier_id) if tier_id else None


def gift_of(gift_id: UUID, buyer_id: UUID) -> Gift:
    """Of who bought it, once it is paid."""
    found = db.session.get(Gift, gift_id)
    if found is None or found.buyer_id != buyer_id or found.state == "pending":
        raise NotFound
    return found


def opened_by(gift: Gift) -> tuple[Subscription, SubscriptionEvent]:
    """What a gift that was redeemed began or made longer, and what was noted then."""
    row = db.session.execute(
        select(Subscription, SubscriptionEvent)
        .join(SubscriptionEvent, SubscriptionEvent.subscription_id == Subscription.id)
        .where(Subscription.user_id == gift.redeemed_by, Subscription.creator_id == gift.creator_id)
        .where(SubscriptionEvent.what == "paid", SubscriptionEvent.detail["gift"].astext == str(gift.id))
    ).one()
    return row[0], row[1]


def gifts_of(buyer_id: UUID) -> list[tuple[Gift, str | None, str | None]]:
    """Those that were paid, with their tier's name and their creator's handle, the newest first."""
    rows = db.session.execute(
        select(Gift, Tier.name, User.handle)
        .outerjoin(User, and_(User.id == Gift.creator_id, User.state != "deleted"))
        .outerjoin(Tier, Tier.id == Gift.tier_id)
        .where(Gift.buyer_id == buyer_id, Gift.state != "pending")
        .order_by(Gift.id.desc())
        .limit(EVENTS_SHOWN)
    )
    return [(gift, name, handle) for gift, name, handle in rows]


def person_called(handle: str) -> User | None:
    found, _ = find_by_handle(handle) if handle else (None, False)
    return found


def subject_of(invoice_id: UUID, product: str) -> UUID | None:
    found = select(InvoiceLine.subject_id).where(
        InvoiceLine.invoice_id == invoice_id, InvoiceLine.product == product
    )
    return db.session.scalars(found).first()


def _mine(*conditions: ColumnElement[bool], at_most: int = 200) -> list[Mine]:
    tier, next_tier = aliased(Tier), aliased(Tier)
    rows = db.session.execute(
        select(Subscription, tier, next_tier, User.handle, User.display_name, User.avatar_hue, Creator.avatar)
        .join(User, User.id == Subscription.creator_id)
        .outerjoin(Creator, Creator.id == Subscription.creator_id)
        .outerjoin(tier, tier.id == Subscription.tier_id)
        .outerjoin(next_tier, next_tier.id == Subscription.next_tier_id)
        .where(Subscription.started_at.is_not(None), *conditions)
        .order_by(Subscription.ended_at.desc().nulls_first(), Subscription.id.desc())
        .limit(at_most)
    )
    return [Mine(*row) for row in rows]


def _taken(tier_id: Any, besides: UUID | None = None, payer_id: UUID | None = None) -> Any:
    seated = aliased(Subscription)
    there = or_(seated.tier_id == tier_id, seated.next_tier_id == tier_id)
    found = select(func.count()).select_from(seated).where(there, seated.state != "ended")
    if besides:
        found = found.where(seated.id != besides)
    if payer_id:
        found = found.where(or_(seated.state != "pending", seated.user_id != payer_id))
    return found.scalar_subquery()


def _by_months(found: dict[str, int] | None) -> dict[int, int]:
    return {int(months): percent for months, percent in (found or {}).items()}


def due(at: datetime) -> ColumnElement[bool]:
    """Whose time has come, one way or another (operations/renewing.py tells which)."""
    over = and_(
        Subscription.state.in_(("trialing", "active")),
        Subscription.period_end <= at,
        Subscription.next_try_at.is_(None),
    )
    given_up = and_(
        Subscription.state.in_(("past_due", "paused")),
        Subscription.grace_until <= at,
        Subscription.next_try_at.is_(None),
    )
    wakes = and_(
        Subscription.state == "paused", Subscription.paused_until <= at, Subscription.grace_until.is_(None)
    )
    return or_(over, given_up, wakes, Subscription.next_try_at <= at)


def asks_for_nothing() -> ColumnElement[bool]:
    """Of those that are due, the ones that end or begin to pause."""
    pauses = and_(Subscription.state != "paused", Subscription.paused_until.is_not(None))
    ends = or_(~Subscription.renews, Subscription.grace_until.is_not(None))
    return and_(Subscription.next_try_at.is_(None), or_(pauses, ends))
