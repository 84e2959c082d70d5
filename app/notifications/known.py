"""Of which things somebody may know. What a line tells of may have been closed to its reader, or be gone, by
the time that they look or are written to. Higher features say it of theirs: registered in their `init_app`.
"""

from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from app.kit.ids import parse_id

# Of these ids, those that this person may know of now.
Known = Callable[[UUID, Collection[UUID]], Collection[UUID]]

_kinds: dict[str, Known] = {}


def register(kind: str, known: Known) -> None:
    """`kind`: as it stands in subjects ("post:<id>")."""
    # A second create_app changes nothing.
    _kinds[kind] = known


def gone(person: UUID, subjects: Iterable[str]) -> set[str]:
    """Those that are nothing to them any more; a few statements, however many they are."""
    asked: dict[str, dict[UUID, str]] = {}
    for subject in subjects:
        kind, _, name = subject.partition(":")
        one = parse_id(name) if kind in _kinds else None
        if one is not None:
            asked.setdefault(kind, {})[one] = subject
    return {
        subject
        for kind, named in asked.items()
        for subject in (named[one] for one in named.keys() - set(_kinds[kind](person, named.keys())))
    }
