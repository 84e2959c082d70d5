"""What shows media: posts, and whatever comes later. Each kind registers how one of them is found.

holders.register("post", showing)
holders.on_change(refresh)      # a description changed: it became ready, got other words, was withdrawn
holders.tell_places(places)     # what shows each file, or what could: the library says so
holders.keep(kept)              # which of these somebody has to look at, though their owner removed them
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.entitlements.rules import Lock
from app.media.shown import Described


@dataclass(frozen=True, slots=True)
class Showing:
    """What a holder asks of those who look, and the media that it shows now."""

    lock: Lock
    media_ids: frozenset[UUID]
    # Of the others not even that it exists may be known, whatever they hold.
    known_to: Callable[[UUID | None], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is shown, or may be."""

    label: str
    href: str
    used: bool = False
    # And not by its owner alone: it is out.
    shown: bool = False


Find = Callable[[UUID], Showing | None]
Listener = Callable[[Described], None]
Places = Callable[[Collection[UUID]], Mapping[UUID, Place]]
Kept = Callable[[Collection[UUID]], set[UUID]]

_kinds: dict[str, Find] = {}
_loose: set[str] = set()
_listeners: dict[Listener, None] = {}
_places: dict[Places, None] = {}
_keepers: dict[Kept, None] = {}


def register(kind: str, find: Find, *, loose: bool = False) -> None:
    """`loose`: also of what nothing else shows any more."""
    _kinds[kind] = find
    if loose:
        _loose.add(kind)


def shows_loose(kind: str) -> bool:
    return kind in _loose


def on_change(listener: Listener) -> None:
    """Told in the same transaction."""
    _listeners[listener] = None


def find(kind: str, holder_id: UUID) -> Showing | None:
    known = _kinds.get(kind)
    return known(holder_id) if known else None


def tell_changed(described: Described) -> None:
    for listener in _listeners:
        listener(described)


def tell_places(places: Places) -> None:
    _places[places] = None


def keep(keeper: Kept) -> None:
    _keepers[keeper] = None


def kept(media_ids: Collection[UUID]) -> set[UUID]:
    return {one for keeper in _keepers for one in keeper(media_ids)}


def waiting(media_ids: Collection[UUID]) -> list[UUID]:
    """Those that are used in what is not out yet."""
    return [one for one, place in places(media_ids).items() if place.used and not place.shown]


def places(media_ids: Collection[UUID]) -> dict[UUID, Place]:
    return {one: place for told in _places for one, place in told(media_ids).items()}
