"""What subscribers choose between: added, changed, moved, archived. Each waits for its creator's row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from app.creators import queries, ties
from app.creators.errors import TierNameTaken, TooManyTiers
from app.creators.models import Creator, Tier
from app.creators.operations.pages import lock_page
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.moderation import screening
from app.platform import audit
from app.platform.audit import Action

TIERS_MAX = 10


@dataclass(frozen=True, slots=True)
class TierWish:
    name: str
    about: str
    price: int
    price_year: int | None = None
    benefits: tuple[str, ...] = ()
    seats: int | None = None
    trial_days: int = 0
    welcome: str = ""

    @property
    def values(self) -> dict[str, Any]:
        return asdict(self) | {"benefits": list(self.benefits)}


def add(creator_id: UUID, wish: TierWish) -> UUID:
    """Above all others, archived ones too: posts still ask for their ranks, and people hold them."""
    screening.screen("welcome", creator_id, wish.welcome, "welcome")
    creator, every = _open(creator_id)
    living = _living(every)
    if len(living) >= TIERS_MAX:
        raise TooManyTiers(TIERS_MAX)
    _name_is_free(living, wish.name)
    tier = Tier(
        id=new_id(),
        creator_id=creator_id,
        currency=creator.currency,
        rank=_above(every),
        created_at=clock.now(),
        **wish.values,
    )
    db.session.add(tier)
    _note(tier, "added")
    return tier.id


def change(creator_id: UUID, tier_id: UUID, wish: TierWish) -> None:
    """Who joined goes on paying what they agreed to."""
    screening.screen("welcome", creator_id, wish.welcome, "welcome")
    _, every = _open(creator_id)
    tier = queries.find_tier(creator_id, tier_id)
    _name_is_free([other for other in _living(every) if other.id != tier_id], wish.name)
    changed = {name: value for name, value in wish.values.items() if getattr(tier, name) != value}
    for name, value in changed.items():
        setattr(tier, name, value)
    if changed:
        _note(tier, "changed")


def move(creator_id: UUID, tier_id: UUID, *, up: bool) -> bool:
    """Changes places with the next living one above or below it. Whether there was one.

    What its subscribers hold and what asks for it move along. Those archived between the two stand above both
    then: their subscribers lose nothing by it, and nobody comes to their posts by it.
    """
    _, every = _open(creator_id)
    living, tier = _living(every), queries.find_tier(creator_id, tier_id)
    at = living.index(tier) + (1 if up else -1)
    if not 0 <= at < len(living):
        return False
    low, high = sorted((tier, living[at]), key=lambda one: one.rank)
    ranks = sorted({one.rank for one in every if low.rank <= one.rank <= high.rank})
    now = dict(zip(ranks, [*ranks[1:], ranks[0]], strict=True))
    moving = [one for one in every if one.rank in now and one is not high]
    # No two living ones have the same rank, not even for a moment.
    lowest, high.rank = low.rank, _above(every)
    db.session.flush()
    for one in moving:
        one.rank = now[one.rank]
    db.session.flush()
    high.rank = lowest
    _note(tier, "moved")
    ties.tell_reranked(creator_id, now)
    return True


def archive(creator_id: UUID, tier_id: UUID) -> None:
    """Nobody can join it any more; who did keeps what they have."""
    _open(creator_id)
    tier = queries.find_tier(creator_id, tier_id)
    tier.archived_at = clock.now()
    _note(tier, "archived")


def _open(creator_id: UUID) -> tuple[Creator, Sequence[Tier]]:
    """With all of its tiers."""
    return lock_page(creator_id), queries.tiers_of(creator_id)


def _living(tiers: Sequence[Tier]) -> list[Tier]:
    return [tier for tier in tiers if tier.archived_at is None]


def _above(tiers: Sequence[Tier]) -> int:
    return max((tier.rank for tier in tiers), default=0) + 1


def _name_is_free(others: list[Tier], name: str) -> None:
    if any(other.name.casefold() == name.casefold() for other in others):
        raise TierNameTaken


def _note(tier: Tier, what: str) -> None:
    audit.record(Action.TIER_CHANGED, actor=tier.creator_id, subject=("tier", tier.id), change=what)
