"""Figures on a creator's dashboard beside the followers. Higher features add theirs in their `init_app`:

figures.register(app, lambda creator_id: [Figure("Views", 1_204)])    # in one statement
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app

PLACE = "fanlight.creator_figures"


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    # Money comes as people read it.
    value: int | str
    # What has become of it lately, in words; and whether that is more than nothing.
    change: str = ""
    up: bool = False
    # Where there is something to do about it.
    href: str | None = None


Reckons = Callable[[UUID], Sequence[Figure]]


def register(app: Flask, reckons: Reckons) -> None:
    app.extensions.setdefault(PLACE, []).append(reckons)


def figures_of(creator_id: UUID) -> list[Figure]:
    known: list[Reckons] = current_app.extensions.get(PLACE, [])
    return [figure for reckons in known for figure in reckons(creator_id)]
