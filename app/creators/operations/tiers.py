"""What subscribers choose between: added, changed, moved, archived. Each waits for its creator's row."""

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
from app.platform import audit
from app.platform.audit import Action

# Fewer than there are ranks, so that one is free to change places by.
TIERS_MAX = 10
SPARE_RANK = 20


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
    """Above the others, as long as there is room above them."""
    creator, living = _open(creator_id)
    if len(living) >= TIERS_MAX:
        raise TooManyTiers(TIERS_MAX)
    _name_is_free(living, wish.name)
    tier = Tier(
        id=new_id(),
        creator_id=creator_id,
        currency=creator.currency,
        rank=_above(living),
        created_at=clock.now(),
        **wish.values,
    )
    db.session.add(tier)
    _note(tier, "added")
    return tier.id


def change(creator_id: UUID, tier_id: UUID, wish: TierWish) -> None:
    """Who joined goes on paying what they agreed to."""
    _, living = _open(creator_id)
    tier = queries.find_tier(creator_id, tier_id)
    _name_is_free([other for other in living if other.id != tier_id], wish.name)
    changed = {name: value for name, value in wish.values.items() if getattr(tier, name) != value}
    for name, value in changed.items():
        setattr(tier, name, value)
    if changed:
        _note(tier, "changed")


def move(creator_id: UUID, tier_id: UUID, *, up: bool) -> bool:
    """Changes places with the next one above or below it. Whether there was one.

    What its subscribers hold and what asks for it move along.
    """
    _, living = _open(creator_id)
    tier = queries.find_tier(creator_id, tier_id)
    at = living.index(tier) + (1 if up else -1)
    if not 0 <= at < len(living):
        return False
    other = living[at]
    before, after = tier.rank, other.rank
    for one, rank in ((tier, SPARE_RANK), (other, before), (tier, after)):
        one.rank = rank
        db.session.flush()
    _note(tier, "moved")
    ties.tell_reranked(creator_id, {before: after, after: before})
    return True


def archive(creator_id: UUID, tier_id: UUID) -> None:
    """Nobody can join it any more; who did keeps what they have."""
    _open(creator_id)
    tier = queries.find_tier(creator_id, tier_id)
    tier.archived_at = clock.now()
    _note(tier, "archived")


def _open(creator_id: UUID) -> tuple[Creator, list[Tier]]:
    creator = lock_page(creator_id)
    return creator, [tier for tier in queries.tiers_of(creator_id) if tier.archived_at is None]


def _above(living: list[Tier]) -> int:
    top = living[-1].rank + 1 if living else 1
    return top if top < SPARE_RANK else min(set(range(1, SPARE_RANK)) - {tier.rank for tier in living})


def _name_is_free(others: list[Tier], name: str) -> None:
    if any(other.name.casefold() == name.casefold() for other in others):
        raise TierNameTaken


def _note(tier: Tier, what: str) -> None:
    audit.record(Action.TIER_CHANGED, actor=tier.creator_id, subject=("tier", tier.id), change=what)
