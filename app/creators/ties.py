"""Who wants to know when somebody follows or is blocked, when tiers change places, or when a page closes or
becomes one for adults: higher features, registered in create_app.

They are told in the same transaction.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

Listener = Callable[[UUID, UUID], None]  # the person, the creator
Reranked = Callable[[UUID, Mapping[int, int]], None]  # the creator; ranks before, and now
Closed = Callable[[UUID], None]  # the creator

_listeners: dict[str, dict[Listener, None]] = {}
_reranked: dict[Reranked, None] = {}
_closed: dict[Closed, None] = {}
_for_adults: dict[Closed, None] = {}


def on_followed(listener: Listener) -> None:
    _listen("followed", listener)


def on_unfollowed(listener: Listener) -> None:
    _listen("unfollowed", listener)


def on_blocked(listener: Listener) -> None:
    _listen("blocked", listener)


def on_unblocked(listener: Listener) -> None:
    _listen("unblocked", listener)


def on_reranked(listener: Reranked) -> None:
    """What asks for a rank, or holds one, stays with the tier that it meant."""
    _reranked[listener] = None


def on_closed(listener: Closed) -> None:
    _closed[listener] = None


def on_for_adults(listener: Closed) -> None:
    _for_adults[listener] = None


def tell_for_adults(creator_id: UUID) -> None:
    for listener in _for_adults:
        listener(creator_id)


def tell_closed(creator_id: UUID) -> None:
    for listener in _closed:
        listener(creator_id)


def tell_reranked(creator_id: UUID, ranks: Mapping[int, int]) -> None:
    for listener in _reranked:
        listener(creator_id, ranks)


def tell(what: str, user_id: UUID, creator_id: UUID) -> None:
    for listener in _listeners.get(what, ()):
        listener(user_id, creator_id)


def _listen(what: str, listener: Listener) -> None:
    # A second create_app changes nothing.
    _listeners.setdefault(what, {})[listener] = None
