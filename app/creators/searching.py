"""What the page of the search shows. Whoever has something to be found adds a section, in its `init_app`:

searching.register(app, Section("posts", 20, find_posts))
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app
from markupsafe import Markup

from app.kit.text import clean_line
from app.kit.trigrams import trigrams

PLACE = "fanlight.search_sections"
LONGEST, MOST_WORDS = 100, 8


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for."""

    text: str
    viewer_id: UUID | None

    @classmethod
    def typed(cls, text: str, viewer_id: UUID | None) -> "Question":
        return cls(clean_line(text[: LONGEST * 4])[:LONGEST].strip(), viewer_id)

    @property
    def words(self) -> list[str]:
        """Letters and digits only, so that nothing in them has a meaning for the search itself."""
        return "".join(sign if _belongs(sign) else " " for sign in self.text).split()[:MOST_WORDS]

    @property
    def tsquery(self) -> str:
        """Every one of the words, each perhaps not typed to its end. Empty when there are none."""
        return " & ".join(f"'{word}':*" for word in self.words)

    @property
    def trigrams(self) -> list[str]:
        return trigrams(self.text)


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    order: int
    # What was found, ready to be shown; None when that is nothing.
    find: Callable[[Question], Markup | None]


def register(app: Flask, section: Section) -> None:
    app.extensions.setdefault(PLACE, {})[section.name] = section


def search(question: Question) -> list[Markup]:
    known: dict[str, Section] = current_app.extensions.get(PLACE, {})
    in_order = sorted(known.values(), key=lambda section: section.order)
    return [found for section in in_order if (found := section.find(question)) is not None]


def _belongs(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"
