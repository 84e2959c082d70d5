"""What creators' own pages ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_

from app.accounts.models import User
from app.accounts.queries import ARRIVED
from app.creators import pictures
from app.creators.models import Block, Creator, Follow, Tier
from app.extensions import db
from app.kit import clock
from app.platform.errors import NotFound

DAYS = 30
LATEST = 5
PEOPLE = 30


@dataclass(frozen=True, slots=True)
class Fan:
    """Somebody who follows, or is blocked. For the `person_line` component too."""

    id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    avatar: dict[str, Any] | None
    since: datetime

    @property
    def href(self) -> str:
        return f"/@{self.handle}"

    @property
    def avatar_url(self) -> str | None:
        return pictures.address(self.avatar, "square96")


Place = tuple[datetime, UUID]


def find_creator(user_id: UUID) -> Creator | None:
    return db.session.get(Creator, user_id)


def has_tiers(creator_id: UUID) -> bool:
    living = exists().where(Tier.creator_id == creator_id, Tier.archived_at.is_(None))
    return bool(db.session.scalar(select(living)))


def tiers_of(creator_id: UUID) -> Sequence[Tier]:
    """The lowest first; those that are archived after the others, the last one first."""
    return db.session.scalars(
        select(Tier)
        .where(Tier.creator_id == creator_id)
        .order_by(Tier.archived_at.desc().nulls_first(), Tier.rank)
    ).all()


def find_tier(creator_id: UUID, tier_id: UUID) -> Tier:
    """NotFound for those of others, and for those that are archived."""
    tier = db.session.scalars(
        select(Tier).where(Tier.id == tier_id, Tier.creator_id == creator_id, Tier.archived_at.is_(None))
    ).one_or_none()
    if tier is None:
        raise NotFound
    return tier


def latest_followers(creator_id: UUID) -> Sequence[Fan]:
    return [_fan(row) for row in db.session.execute(_newest_first(Follow, creator_id).limit(LATEST))]


def followers_by_day(creator_id: UUID) -> list[tuple[date, int]]:
    """How many came on each of the last days and stayed, the oldest day first."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=DAYS - 1)
    day = func.date(Follow.created_at)
    rows = db.session.execute(
        select(day, func.count())
        .where(Follow.creator_id == creator_id, Follow.created_at >= first)
        .group_by(day)
    )
    came = {row[0]: row[1] for row in rows}
    days = [(first + timedelta(days=number)).date() for number in range(DAYS)]
    return [(one, came.get(one, 0)) for one in days]


def people(
    ties: type[Follow] | type[Block], creator_id: UUID, words: str, after: Place | None
) -> tuple[list[Fan], Place | None]:
    """One page of those who follow, or are blocked, the latest first; and where the next begins."""
    wanted = _newest_first(ties, creator_id).limit(PEOPLE + 1)
    if words:
        wanted = wanted.where(_called(words))
    if after:
        wanted = wanted.where(tuple_(ties.created_at, ties.user_id) < after)
    fans = [_fan(row) for row in db.session.execute(wanted)]
    shown = fans[:PEOPLE]
    return shown, (shown[-1].since, shown[-1].id) if len(fans) > PEOPLE else None


def the_blockable(user_id: UUID) -> User:
    found = select(User).where(User.id == user_id, User.state == "active", ARRIVED)
    person = db.session.scalars(found).one_or_none()
    if person is None:
        raise NotFound
    return person


def _newest_first(ties: type[Follow] | type[Block], creator_id: UUID) -> Select[Any]:
    return (
        select(User.id, User.handle, User.display_name, User.avatar_hue, Creator.avatar, ties.created_at)
        .join(User, and_(User.id == ties.user_id, User.state == "active"))
        .outerjoin(Creator, Creator.id == User.id)
        .where(ties.creator_id == creator_id)
        .order_by(ties.created_at.desc(), ties.user_id.desc())
    )


def _called(words: str) -> ColumnElement[bool]:
    handle = words.removeprefix("@").lower()
    return or_(
        func.lower(User.handle).startswith(handle, autoescape=True),
        User.display_name.icontains(words, autoescape=True),
    )


def _fan(row: Any) -> Fan:
    return Fan(*row)
