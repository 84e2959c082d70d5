"""Who subscribes to a creator: a page of them, all of them, and how many."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select

from app.accounts.models import User
from app.creators import pictures
from app.creators.models import Creator, Tier
from app.extensions import db
from app.subscriptions.models import LIVING, PromoCode, Subscription
from app.subscriptions.prices import Reduction

AT_ONCE, STREAMED = 30, 500
GROUPS = {
    "open": LIVING,
    "trial": ("trialing",),
    "unpaid": ("past_due",),
    "paused": ("paused",),
    "ended": ("ended",),
}


@dataclass(frozen=True, slots=True)
class Filter:
    group: str = "open"
    tier_id: UUID | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """For the `person_line` component too."""

    subscription: Subscription
    tier: str | None
    id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    avatar: dict[str, Any] | None

    @property
    def href(self) -> str:
        return f"/@{self.handle}"

    @property
    def avatar_url(self) -> str | None:
        return pictures.address(self.avatar, "square96")


@dataclass(frozen=True, slots=True)
class Totals:
    open: int
    ending: int
    unpaid: int
    # What a month brings by the next price of those that renew, before fees and taxes, by currency.
    monthly: list[tuple[str, int]]


def page(
    creator_id: UUID, chosen: Filter, before: UUID | None, *, at_most: int = AT_ONCE
) -> tuple[list[Subscriber], UUID | None]:
    """The newest first, and where it goes on."""
    found = _chosen(creator_id, chosen)
    if before:
        found = found.where(Subscription.id < before)
    rows = db.session.execute(found.order_by(Subscription.id.desc()).limit(at_most + 1)).all()
    shown = [Subscriber(*row) for row in rows[:at_most]]
    return shown, shown[-1].subscription.id if len(rows) > at_most else None


def every(creator_id: UUID, chosen: Filter) -> Iterator[Subscriber]:
    """A few at a time: there may be many."""
    before = None
    while True:
        shown, before = page(creator_id, chosen, before, at_most=STREAMED)
        yield from shown
        if before is None:
            return


def some(creator_id: UUID, ids: list[UUID]) -> list[Subscriber]:
    found = _all(creator_id).where(Subscription.id.in_(ids))
    return [Subscriber(*row) for row in db.session.execute(found)]


def totals(creator_id: UUID) -> Totals:
    mine = Subscription.creator_id == creator_id
    ending = case((Subscription.renews, 0), else_=1)
    unpaid = case((Subscription.state == "past_due", 1), else_=0)
    counts = db.session.execute(
        select(func.count(), func.sum(ending), func.sum(unpaid)).where(mine, Subscription.state.in_(LIVING))
    ).one()
    return Totals(counts[0], int(counts[1] or 0), int(counts[2] or 0), _monthly(creator_id))


def lately(creator_id: UUID, since: datetime) -> tuple[int, int, int]:
    """How many there are now, and how many came and left since then."""
    open_, came, left = (
        func.count().filter(one)
        for one in (
            Subscription.state.in_(LIVING),
            Subscription.started_at >= since,
            Subscription.ended_at >= since,
        )
    )
    begun = (Subscription.creator_id == creator_id, Subscription.started_at.is_not(None))
    found = db.session.execute(select(open_, came, left).where(*begun)).one()
    return found[0], found[1], found[2]


def tiers(creator_id: UUID) -> list[Tier]:
    found = select(Tier).where(Tier.creator_id == creator_id)
    return list(db.session.scalars(found.order_by(Tier.archived_at.nulls_first(), Tier.rank)))


def codes(creator_id: UUID) -> list[PromoCode]:
    """Those that can be used first, the newest first."""
    found = select(PromoCode).where(PromoCode.creator_id == creator_id)
    return list(db.session.scalars(found.order_by(PromoCode.closed_at.nulls_first(), PromoCode.id.desc())))


def _monthly(creator_id: UUID) -> list[tuple[str, int]]:
    """One line for all that pay the same."""
    months = func.coalesce(Subscription.next_months, Subscription.months)
    tier_id = func.coalesce(Subscription.next_tier_id, Subscription.tier_id)
    fits = or_(PromoCode.tier_id.is_(None), PromoCode.tier_id == tier_id)
    terms = (
        Subscription.currency,
        func.coalesce(Subscription.next_price, Subscription.price),
        months,
        func.coalesce(PromoCode.percent, 0),
        func.least(Subscription.promo_months_left, months),
    )
    alike = db.session.execute(
        select(*terms, func.count())
        .outerjoin(PromoCode, and_(PromoCode.id == Subscription.promo_id, fits))
        .where(
            Subscription.creator_id == creator_id,
            Subscription.state.in_(("active", "past_due")),
            Subscription.renews,
        )
        .group_by(*terms)
    )
    found: Counter[str] = Counter()
    for currency, price, length, percent, reduced, people in alike:
        off = Reduction(percent, reduced).off(price, length)
        found[currency] += (price - off) // length * people
    return sorted(found.items())


def _chosen(creator_id: UUID, chosen: Filter) -> Select[Any]:
    found = _all(creator_id).where(Subscription.state.in_(GROUPS[chosen.group]))
    if chosen.tier_id:
        found = found.where(Subscription.tier_id == chosen.tier_id)
    if chosen.since:
        found = found.where(Subscription.started_at >= chosen.since)
    return found


def _all(creator_id: UUID) -> Select[Any]:
    return (
        select(
            Subscription,
            Tier.name,
            User.id,
            User.handle,
            User.display_name,
            User.avatar_hue,
            Creator.avatar,
        )
        .join(User, User.id == Subscription.user_id)
        .outerjoin(Creator, Creator.id == User.id)
        .outerjoin(Tier, Tier.id == Subscription.tier_id)
        .where(Subscription.creator_id == creator_id, Subscription.started_at.is_not(None))
    )
