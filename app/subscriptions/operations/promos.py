"""Codes that make it cheaper: made by creators, taken by who joins, given back when they do not pay."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform import audit, limits
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.subscriptions import prices, queries
from app.subscriptions.errors import CodeTaken, NotACode
from app.subscriptions.models import PromoCode, PromoUse
from app.subscriptions.prices import Reduction


@dataclass(frozen=True, slots=True)
class PromoWish:
    code: str
    percent: int
    for_months: int | None = None
    at_most: int | None = None
    only_new: bool = True
    tier_id: UUID | None = None
    ends_at: datetime | None = None


def add(creator_id: UUID, wish: PromoWish) -> UUID:
    made = db.session.execute(
        insert(PromoCode)
        .values(
            id=new_id(),
            creator_id=creator_id,
            code=wish.code,
            tier_id=wish.tier_id,
            percent=wish.percent,
            for_months=wish.for_months,
            at_most=wish.at_most,
            used=0,
            only_new=wish.only_new,
            ends_at=wish.ends_at,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(PromoCode.id)
    ).scalar()
    if made is None:
        raise CodeTaken
    _note(creator_id, made, "added")
    return made


def close(creator_id: UUID, promo_id: UUID) -> None:
    """Nobody can use it any more; who did keeps what it gives."""
    closed = db.session.execute(
        update(PromoCode)
        .where(PromoCode.id == promo_id, PromoCode.creator_id == creator_id, PromoCode.closed_at.is_(None))
        .values(closed_at=clock.now())
        .returning(PromoCode.id)
    ).scalar()
    if closed is None:
        raise NotFound
    _note(creator_id, promo_id, "closed")


def find(creator_id: UUID, tier_id: UUID, user_id: UUID, code: str) -> PromoCode:
    """One that this person could use for this tier now. Right or wrong, it is one of their tries."""
    limits.take("code", str(user_id))
    promo = db.session.scalars(
        select(PromoCode).where(
            PromoCode.creator_id == creator_id,
            func.upper(PromoCode.code) == code.upper(),
            PromoCode.closed_at.is_(None),
        )
    ).one_or_none()
    if promo is None or (promo.tier_id is not None and promo.tier_id != tier_id):
        raise NotACode
    if promo.ends_at is not None and promo.ends_at <= clock.now():
        raise NotACode("This code ended.")
    if promo.only_new and queries.had_one(user_id, creator_id):
        raise NotACode("This code is for those who never subscribed here.")
    use = db.session.get(PromoUse, (promo.id, user_id))
    if use is not None and use.settled:
        raise NotACode("You used this code already.")
    if use is None and promo.at_most is not None and promo.used >= promo.at_most:
        raise NotACode("This code was used as often as it can be.")
    return promo


def reduction(promo: PromoCode) -> Reduction:
    return Reduction(promo.percent, promo.for_months or prices.FOR_GOOD)


def take(promo: PromoCode, user_id: UUID) -> None:
    """One of as many as there are; who asks again has theirs."""
    mine = insert(PromoUse).values(promo_id=promo.id, user_id=user_id, at=clock.now(), settled=False)
    if db.session.execute(mine.on_conflict_do_nothing().returning(PromoUse.user_id)).scalar() is None:
        return
    room = or_(PromoCode.at_most.is_(None), PromoCode.used < PromoCode.at_most)
    took = (
        update(PromoCode)
        .where(PromoCode.id == promo.id, PromoCode.closed_at.is_(None), room)
        .values(used=PromoCode.used + 1)
        .returning(PromoCode.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(took).scalar() is None:
        raise NotACode("This code was used as often as it can be.")


def taken(promo_id: UUID, user_id: UUID) -> bool:
    found = select(PromoUse.user_id).where(PromoUse.promo_id == promo_id, PromoUse.user_id == user_id)
    return db.session.execute(found).first() is not None


def settle(promo_id: UUID, user_id: UUID) -> None:
    used = update(PromoUse).where(PromoUse.promo_id == promo_id, PromoUse.user_id == user_id)
    db.session.execute(used.values(settled=True).execution_options(synchronize_session=False))


def give_back(promo_id: UUID, user_id: UUID) -> None:
    """It was taken for an invoice that nobody paid."""
    gone = delete(PromoUse).where(
        PromoUse.promo_id == promo_id, PromoUse.user_id == user_id, ~PromoUse.settled
    )
    mine = gone.returning(PromoUse.user_id).execution_options(synchronize_session=False)
    if db.session.execute(mine).scalar() is not None:
        fewer = update(PromoCode).where(PromoCode.id == promo_id).values(used=PromoCode.used - 1)
        db.session.execute(fewer.execution_options(synchronize_session=False))


def _note(creator_id: UUID, promo_id: UUID, what: str) -> None:
    audit.record(Action.PROMO_CHANGED, actor=creator_id, subject=("promo", promo_id), change=what)
