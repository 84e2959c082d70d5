"""What the page of the search shows. Whoever has something to be found adds a section, in its `init_app`:

searching.register(app, Section("posts", 20, find_posts))

A section goes on where its last page ended (`question.after`), at an address that `question.onwards` makes.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask, current_app
from markupsafe import Markup

from app.kit.text import by_pairs, clean_line
from app.kit.trigrams import trigrams

PLACE = "fanlight.search_sections"
HOME = "/search"
LONGEST, MOST_WORDS, LONGEST_PLACE = 100, 8, 100
# Below it, numbers that are whole stay whole.
WHOLE = 2.0**53


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a section ended: how well that one matched, what decides between equals, its id."""

    score: float
    then: float
    id: UUID

    def __str__(self) -> str:
        return f"{self.score!r}_{self.then!r}_{self.id.hex}"

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """None for what is no place: such an address begins at the top."""
        if not text or len(text) > LONGEST_PLACE or not text.isascii():
            return None
        try:
            score, then, found = text.split("_")
            place = cls(float(score), float(then), UUID(found))
        except ValueError:
            return None
        return place if 0 <= place.score < WHOLE and 0 <= place.then < WHOLE else None


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for."""

    text: str
    viewer_id: UUID | None
    # Where one of the sections goes on.
    after: Place | None = None

    @classmethod
    def typed(cls, text: str, viewer_id: UUID | None, after: Place | None = None) -> Self:
        return cls(clean_line(text[: LONGEST * 4])[:LONGEST].strip(), viewer_id, after)

    @property
    def address(self) -> str:
        return f"{HOME}?{urlencode({'q': self.text})}"

    def onwards(self, section: str, after: Place) -> str:
        return f"{self.address}&{urlencode({'section': section, 'after': str(after)})}"

    @property
    def words(self) -> list[str]:
        """Letters and digits only, so that nothing in them has a meaning for the search itself."""
        return "".join(sign if _belongs(sign) else " " for sign in self.text).split()[:MOST_WORDS]

    @property
    def tsquery(self) -> str:
        """Every one of the words, each perhaps not typed to its end. Empty when there are none."""
        return " & ".join(_begun(word) for word in self.words)

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


def search(question: Question, only: str | None = None) -> list[Markup]:
    known: dict[str, Section] = current_app.extensions.get(PLACE, {})
    wanted = [known[only]] if only in known else known.values()
    in_order = sorted(wanted, key=lambda section: section.order)
    return [found for section in in_order if (found := section.find(question)) is not None]


def _begun(word: str) -> str:
    """Whole, or by pairs of letters where that is how it is found; each perhaps not typed to its end."""
    whole, parts = f"'{word}':*", by_pairs(word).split()
    if parts == [word]:
        return whole
    # The last letter by itself ends a run, and need not end it where it is found.
    pairs = [part for part in parts if len(part) > 1] or parts
    inside = " & ".join(f"'{pair}':*" for pair in pairs)
    return f"({whole} | {inside})"


def _belongs(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"
