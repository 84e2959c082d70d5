"""Who of those one talks with is here now. When somebody was here last is told to nobody."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from app.accounts.models import HiddenPerson, User
from app.chat.models import ChatSettings, Member
from app.creators.hiding import hidden_from
from app.extensions import db
from app.platform import online


def online_among(me: UUID, others: Collection[UUID]) -> frozenset[UUID]:
    """One question to Redis, and only where somebody is here one statement more: whether they show it to me.

    Whoever keeps it to themselves does not see it of others, and who blocked or hid the other one is as good
    as away, on both sides.
    """
    here = online.here(others)
    if not here:
        return frozenset()
    other = Member.other_id.expression
    keeps_it = exists().where(ChatSettings.user_id.in_([me, other]), ChatSettings.shows_online.is_(False))
    hides = exists().where(
        or_(
            and_(HiddenPerson.user_id == me, HiddenPerson.hidden_id == other),
            and_(HiddenPerson.user_id == other, HiddenPerson.hidden_id == me),
        )
    )
    blocked = or_(hidden_from(me, other), hidden_from(other, Member.user_id.expression))
    shown = (
        select(Member.other_id)
        .join(User, User.id == Member.other_id)
        .where(Member.user_id == me, other.in_(here), User.state == "active", ~keeps_it, ~hides, ~blocked)
    )
    return frozenset(db.session.scalars(shown))
