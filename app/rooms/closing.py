"""What happens elsewhere that closes a room, or asks for more at its door."""

from collections.abc import Mapping
from uuid import UUID

from app.accounts import standing
from app.creators import ties
from app.platform.access import close_to_all
from app.rooms import queries


def init_app() -> None:
    ties.on_closed(_close)
    ties.on_for_adults(_ask_again)
    ties.on_reranked(_follow_its_tier)
    standing.on_left(_close)


def _close(creator_id: UUID) -> None:
    if queries.room_of(creator_id):
        close_to_all(creator_id)


def _ask_again(creator_id: UUID) -> None:
    """Who is inside was not asked for their age."""
    if room := queries.room_of(creator_id):
        close_to_all(room.id)


def _follow_its_tier(creator_id: UUID, ranks: Mapping[int, int]) -> None:
    """The tier that it asks for may stand above others now, or below."""
    room = queries.room_of(creator_id)
    if room:
        room.rank = ranks.get(room.rank, room.rank)
        close_to_all(room.id)
