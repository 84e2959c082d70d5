"""The cards that renewals may be charged to."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.payments import queries
from app.payments.cards import words
from app.payments.cards.rail import is_on


@dataclass(frozen=True, slots=True)
class Card:
    id: UUID
    label: str


def possible(creator_id: UUID) -> bool:
    return is_on() and queries.is_open("card", creator_id)


def of(user_id: UUID) -> Sequence[Card]:
    """Those that are still good, the preferred one first."""
    return [
        Card(one.id, f"{words.brand(one.brand)} ending in {one.last4}")
        for one in queries.methods(user_id)
        if not queries.is_over(one)
    ]
