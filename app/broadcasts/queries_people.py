"""Who is meant by an audience, and which of those on a list is next."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, union_all

from app.accounts.models import User
from app.broadcasts.audience import Audience, begin_of
from app.broadcasts.models import Broadcast, Quiet, Recipient
from app.creators.models import Follow, Tier
from app.entitlements.models import Grant
from app.entitlements.rules import Kind
from app.extensions import db
from app.invoices.models import Invoice
from app.kit import clock
from app.subscriptions.models import Subscription

SUBSCRIBING = (Kind.SUBSCRIPTION.value, Kind.GIFT.value)


def how_many(creator_id: UUID, audience: Audience) -> int:
    found = people(creator_id, audience).subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0


def people(creator_id: UUID, audience: Audience) -> Select[Any]:
    """Their ids. Each came when the oldest of their ties began."""
    ties = union_all(*_ties(creator_id, audience)).subquery()
    user_id, came = ties.c.user_id, func.min(ties.c.at)
    found = select(user_id).where(user_id != creator_id).group_by(user_id)
    if audience.since:
        found = found.having(came >= begin_of(audience.since))
    if audience.until:
        found = found.having(came < begin_of(audience.until))
    if audience.spent is not None:
        found = found.where(user_id.in_(_payers(creator_id, audience.spent, audience.currency)))
    if audience.language:
        # Who says nothing of it reads none.
        found = found.where(user_id.in_(select(User.id).where(User.languages.contains([audience.language]))))
    if audience.who == "lapsed":
        found = found.where(user_id.not_in(_subscribers(creator_id).with_only_columns(Grant.user_id)))
    return found


def next_on_list(broadcast: Broadcast, most: int) -> list[tuple[UUID, bool]]:
    """Who comes next, and whether they want news from whom it is from."""
    quiet = select(Quiet.user_id).where(
        Quiet.user_id == Recipient.user_id, Quiet.creator_id == broadcast.creator_id
    )
    found = select(Recipient.user_id, ~quiet.exists()).where(Recipient.broadcast_id == broadcast.id)
    if broadcast.reached_id:
        found = found.where(Recipient.user_id > broadcast.reached_id)
    rows = db.session.execute(found.order_by(Recipient.user_id).limit(most))
    return [(user_id, wants) for user_id, wants in rows]


def next_told(broadcast: Broadcast, most: int) -> list[tuple[UUID, UUID, int]]:
    """Who is next when it is taken back, and where they were told."""
    found = select(Recipient.user_id, Recipient.conversation_id, Recipient.seq).where(
        Recipient.broadcast_id == broadcast.id, Recipient.conversation_id.is_not(None)
    )
    if broadcast.back_reached_id:
        found = found.where(Recipient.user_id > broadcast.back_reached_id)
    rows = db.session.execute(found.order_by(Recipient.user_id).limit(most))
    return [(user_id, talk_id, seq) for user_id, talk_id, seq in rows if talk_id and seq]


def wants_no_news(user_id: UUID, creator_id: UUID) -> bool:
    return db.session.get(Quiet, (user_id, creator_id)) is not None


def subscribes(user_id: UUID, creator_id: UUID) -> bool:
    found = _subscribers(creator_id).where(Grant.user_id == user_id)
    return bool(db.session.scalar(select(found.exists())))


def _ties(creator_id: UUID, audience: Audience) -> list[Select[Any, Any]]:
    followers = select(Follow.user_id.label("user_id"), Follow.created_at.label("at")).where(
        Follow.creator_id == creator_id
    )
    subscribers = _subscribers(creator_id)
    if audience.tiers:
        ranks = select(Tier.rank).where(Tier.creator_id == creator_id, Tier.id.in_(audience.tiers))
        subscribers = subscribers.where(Grant.rank.in_(ranks))
    match audience.who:
        case "followers":
            return [followers]
        case "subscribers":
            return [subscribers]
        case "lapsed":
            return [_former(creator_id)]
        case _:
            return [followers, subscribers]


def _subscribers(creator_id: UUID) -> Select[Any, Any]:
    """By what is open to them now, the days of grace among it."""
    at: datetime = clock.now()
    return select(Grant.user_id.label("user_id"), Grant.starts_at.label("at")).where(
        Grant.scope_id == creator_id,
        Grant.kind.in_(SUBSCRIBING),
        Grant.revoked_at.is_(None),
        Grant.starts_at <= at,
        or_(Grant.ends_at.is_(None), Grant.ends_at > at),
    )


def _former(creator_id: UUID) -> Select[Any, Any]:
    return select(Subscription.user_id.label("user_id"), Subscription.started_at.label("at")).where(
        Subscription.creator_id == creator_id,
        Subscription.state == "ended",
        Subscription.started_at.is_not(None),
    )


def _payers(creator_id: UUID, spent: int, currency: str) -> Select[Any]:
    """What was given back does not count."""
    return (
        select(Invoice.user_id)
        .where(Invoice.seller_id == creator_id, Invoice.paid_at.is_not(None), Invoice.currency == currency)
        .group_by(Invoice.user_id)
        .having(func.sum(Invoice.kept) >= spent)
    )
