"""What shows media: posts, and whatever comes later. Each kind registers how one of them is found.

holders.register("post", showing)
holders.on_change(refresh)      # a description changed: it became ready, got other words, was withdrawn
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from app.entitlements.rules import Lock
from app.media.shown import Described


@dataclass(frozen=True, slots=True)
class Showing:
    """What a holder asks of those who look, and the media that it shows now."""

    lock: Lock
    media_ids: frozenset[UUID]


Find = Callable[[UUID], Showing | None]
Listener = Callable[[Described], None]

_kinds: dict[str, Find] = {}
_listeners: dict[Listener, None] = {}


def register(kind: str, find: Find) -> None:
    _kinds[kind] = find


def on_change(listener: Listener) -> None:
    """Told in the same transaction."""
    _listeners[listener] = None


def find(kind: str, holder_id: UUID) -> Showing | None:
    known = _kinds.get(kind)
    return known(holder_id) if known else None


def tell_changed(described: Described) -> None:
    for listener in _listeners:
        listener(described)
