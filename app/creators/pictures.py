"""Avatars and covers are media's, a higher feature. It says where they are fetched, and hears what is let go.

pictures.fetched_at(on_page)
pictures.on_let_go(release)
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

Described = dict[str, Any]
# `alone`: who alone may fetch it, by an address of their own; None is everybody.
Address = Callable[[Described, str, UUID | None], str]
Listener = Callable[[UUID], None]

COVERS = ("w1600", "w800", "w320")
# For whoever looks at a page of the house, beside their own name (accounts/portraits.py).
OWN = "(select avatar from creators where creators.id = u.id)"

_address: list[Address] = []
_listeners: dict[Listener, None] = {}


def fetched_at(address: Address) -> None:
    _address[:] = [address]


def on_let_go(listener: Listener) -> None:
    """Told in the same transaction, with the id of the picture that no page shows any more."""
    _listeners[listener] = None


def address(described: Described | None, *names: str, alone: UUID | None = None) -> str | None:
    """Of the first of these renditions that there is."""
    if described is None or not _address:
        return None
    name = next((name for name in names if name in described["names"]), None)
    return _address[0](described, name, alone) if name else None


def owner_alone(creator_id: UUID, state: str) -> UUID | None:
    """Who sees the cover of a page in this state."""
    return None if state == "open" else creator_id


def choices(described: Described | None, *, alone: UUID | None = None) -> str:
    """For a browser to choose from by its width (`srcset`); nothing where there is no choice."""
    names = [name for name in reversed(COVERS) if described and name in described["names"]]
    if described is None or not _address or len(names) < 2:
        return ""
    widths = ((_address[0](described, name, alone), described["names"][name]["w"]) for name in names)
    return ", ".join(f"{fetched} {width}w" for fetched, width in widths)


def let_go(described: Described) -> None:
    for listener in _listeners:
        listener(UUID(described["id"]))
