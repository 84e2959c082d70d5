"""The ways through the house. Features hang their doors up here; templates show them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from htmx_flask import request

from app.platform.viewer import Role, Viewer

Count = Callable[[UUID], int]
COUNTS = "fanlight.doors.counts"
SHOWN, KEEP_ENTRIES = "fanlight.doors.shown", 2_000


@dataclass(frozen=True, slots=True)
class Door:
    label: str
    icon: str
    href: str
    order: int = 50
    role: Role | None = None
    # The place whose doors are behind this one: where one of them is open, so is this.
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class ShownDoor:
    """Hashable: what is rendered of doors is kept by them (templating.kept)."""

    label: str
    icon: str
    href: str
    active: bool


def add_door(app: Flask, place: str, door: Door) -> None:
    """Places: `rail` (wide screens), `tabs` (under the thumb), `bar` (above, on phones), `account` (behind
    the avatar), `settings`.
    """
    app.extensions.pop(SHOWN, None)
    doors: dict[str, list[Door]] = app.extensions.setdefault("fanlight.doors", {})
    doors.setdefault(place, []).append(door)
    doors[place].sort(key=lambda d: d.order)


def count_behind(app: Flask, href: str, count: Count) -> None:
    """How much that is new waits behind a door; open pages ask, and show it there."""
    app.extensions.setdefault(COUNTS, {})[href] = count


def counts(person: Viewer) -> dict[str, int]:
    known: dict[str, Count] = current_app.extensions.get(COUNTS, {})
    return {href: count(person.id) for href, count in known.items()}


def doors(place: str, person: Viewer | None) -> list[ShownDoor]:
    """Looked at once for the same place in the house and the same roles."""
    kept: dict[tuple[Any, ...], list[ShownDoor]] = current_app.extensions.setdefault(SHOWN, {})
    key = place, request.path, person.roles if person else None
    shown = kept.get(key)
    if shown is None:
        if len(kept) >= KEEP_ENTRIES:
            kept.clear()
        shown = kept[key] = _shown(place, person)
    return list(shown)


def _shown(place: str, person: Viewer | None) -> list[ShownDoor]:
    known: dict[str, list[Door]] = current_app.extensions.get("fanlight.doors", {})
    path = request.path
    here = {door.href for door in known.get(place, [])}
    opened = [d for d in known.get(place, []) if d.role is None or (person and person.has(d.role))]
    near = [_nearness(path, (d.href, *_behind(d, known, here))) for d in opened]
    # A room inside another's is that one's, where both have a door: nobody is in two at once.
    nearest = max(near, default=0)
    return [
        ShownDoor(d.label, d.icon, d.href, active=0 < one == nearest)
        for d, one in zip(opened, near, strict=True)
    ]


def _behind(door: Door, known: dict[str, list[Door]], here: set[str]) -> Iterator[str]:
    """Its own rooms and theirs, but for those that have a door here themselves."""
    for one in known.get(door.leads_to, []):
        if one.href not in here:
            yield one.href
            yield from _behind(one, known, here)


def _nearness(path: str, sections: tuple[str, ...]) -> int:
    """How much of the path is of the nearest of them; 0 where it is in none."""
    leading = (one for one in sections if path == one or path.startswith(one + "/"))
    return max(map(len, leading), default=0)
