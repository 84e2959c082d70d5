"""Avatars and covers are media's, a higher feature. It says where they are fetched, and hears what is let go.

pictures.fetched_at(public_address)
pictures.on_let_go(release)
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

Described = dict[str, Any]
Address = Callable[[Described, str], str]
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


def address(described: Described | None, *names: str) -> str | None:
    """Of the first of these renditions that there is."""
    if described is None or not _address:
        return None
    name = next((name for name in names if name in described["names"]), None)
    return _address[0](described, name) if name else None


def choices(described: Described | None) -> str:
    """For a browser to choose from by its width (`srcset`); nothing where there is no choice."""
    names = [name for name in reversed(COVERS) if described and name in described["names"]]
    if described is None or not _address or len(names) < 2:
        return ""
    return ", ".join(f"{_address[0](described, name)} {described['names'][name]['w']}w" for name in names)


def let_go(described: Described) -> None:
    for listener in _listeners:
        listener(UUID(described["id"]))
