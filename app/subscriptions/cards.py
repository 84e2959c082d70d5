"""The cards that renewals may be charged to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from app.extensions import db
from app.payments import queries
from app.payments.cards import words
from app.payments.cards.rail import is_on
from app.payments.models import CARD, RailSwitch


@dataclass(frozen=True, slots=True)
class Card:
    id: UUID
    brand: str
    last4: str

    @property
    def label(self) -> str:
        return f"{words.brand(self.brand)} ending in {self.last4}"

    def is_of(self, origin: Mapping[str, object]) -> bool:
        """Whether a payment came from it."""
        return (origin.get("brand"), origin.get("last4")) == (self.brand, self.last4)


def possible(creator_id: UUID) -> bool:
    return bool(taken_by([creator_id]))


def taken_by(creator_ids: Collection[UUID]) -> set[UUID]:
    """Those of them who take cards."""
    if not is_on():
        return set()
    switched = select(RailSwitch.seller_id).where(
        RailSwitch.rail == CARD, or_(RailSwitch.seller_id.is_(None), RailSwitch.seller_id.in_(creator_ids))
    )
    off = set(db.session.scalars(switched))
    return set() if None in off else set(creator_ids) - off


def of(user_id: UUID) -> Sequence[Card]:
    """Those that are still good, the preferred one first."""
    if not is_on():
        return []
    return [
        Card(one.id, one.brand, one.last4) for one in queries.methods(user_id) if not queries.is_over(one)
    ]
