"""What can be reported. Whoever owns a kind of thing says how it is found, looked at and taken down.

subjects.register(app, "post", Reportable(noun="post", ...))
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask, current_app

PLACE = "fanlight.reportable"


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing, in words."""

    id: UUID
    # Who made it; None when nobody is left.
    owner_id: UUID | None
    title: str
    words: str
    href: str

    @property
    def in_full(self) -> str:
        return "\n\n".join(filter(None, (self.title, self.words)))


@dataclass(frozen=True, slots=True)
class Files:
    """What came with it, as media describes it, and what lets moderators see it."""

    holder: tuple[str, UUID]
    media: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Reportable:
    noun: str
    # What upholding a report does, for the moderator who is about to.
    consequence: str
    # As this person may see it; None where it is nothing to them.
    find: Callable[[UUID, UUID], Subject | None]
    # For moderators, whatever became of it.
    look: Callable[[UUID], Subject | None]
    take_down: Callable[[UUID], None]
    # Whether it is shown again: not what is gone for good meanwhile. None for what never comes back.
    put_back: Callable[[UUID], bool] | None
    # Moderators read what was reported, as it was then, and nothing beside it.
    copied: bool = False
    # And the files that it came with.
    files: Callable[[UUID], Files | None] = lambda _: None
    # Lets a moderator in where it is closed, for as long as the work takes.
    open_to: Callable[[UUID, UUID], None] | None = None


def register(app: Flask, kind: str, reportable: Reportable) -> None:
    app.extensions.setdefault(PLACE, {})[kind] = reportable


def reportable(kind: str) -> Reportable | None:
    known: dict[str, Reportable] = current_app.extensions.get(PLACE, {})
    return known.get(kind)


def kinds() -> dict[str, str]:
    """Each with its noun."""
    known: dict[str, Reportable] = current_app.extensions.get(PLACE, {})
    return {kind: one.noun for kind, one in known.items()}
