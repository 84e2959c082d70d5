"""Parts that other modules put into pages of the account, without those pages knowing them.

Places: `address` (below one's e-mail address), `security` (cards of the security page), `sign_in` (ways in
beside the password), `confirm` (ways to prove again who one is). A section's template is included with what
`load` returned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from app.platform.viewer import Viewer

KEY = "fanlight.account_sections"


@dataclass(frozen=True, slots=True)
class Section:
    template: str
    order: int = 50
    # Called with nobody on pages for those who are signed out.
    load: Callable[[Viewer | None], dict[str, Any]] = lambda _: {}


@dataclass(frozen=True, slots=True)
class LoadedSection:
    template: str
    data: dict[str, Any]


def add_section(app: Flask, place: str, section: Section) -> None:
    places: dict[str, list[Section]] = app.extensions.setdefault(KEY, {})
    places.setdefault(place, []).append(section)
    places[place].sort(key=lambda s: s.order)


def load_sections(place: str, person: Viewer | None) -> list[LoadedSection]:
    places: dict[str, list[Section]] = current_app.extensions.get(KEY, {})
    return [LoadedSection(s.template, s.load(person)) for s in places.get(place, [])]
