"""What a composer may be filled with by an address: higher features know texts, and register them here by
the name of the argument (`?saved=<id>`).
"""

from collections.abc import Callable, Mapping
from uuid import UUID

# For whoever looks: the text of what was named, or nothing.
Find = Callable[[UUID, str], str]

_known: dict[str, Find] = {}


def fill_by(argument: str, find: Find) -> None:
    # A second create_app changes nothing.
    _known[argument] = find


def filled(me: UUID, arguments: Mapping[str, str]) -> str:
    return next((text for name, find in _known.items() if (text := find(me, arguments.get(name, "")))), "")
