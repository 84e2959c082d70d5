"""From what an author typed to what is shown, once, when it is saved."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func

from app.entitlements.rules import Audience
from app.kit import markdown
from app.kit.text import by_pairs, shortened
from app.posts.content import Content

# A line of its own: what stands above it may be read by everybody.
MORE = re.compile(r"^[ \t]*-{3,}[ \t]*more[ \t]*-{3,}[ \t]*$", re.M | re.I)
TEASER_MAX = 600
# PostgreSQL takes no more than a megabyte of words.
WORDS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Rendered:
    html: str
    teaser: str
    words: ColumnElement[str]


def render(content: Content, known_handles: AbstractSet[str]) -> Rendered:
    """Of a locked text, its teaser and what the search knows of it hold only what is above the line."""
    above, whole = split(content.body)
    teaser = shortened(markdown.plain(above), TEASER_MAX) if above else ""
    public = content.audience is Audience.PUBLIC
    found_by = f"{content.title} {markdown.plain(whole) if public else teaser}"
    return Rendered(
        markdown.render(whole, known_handles),
        teaser,
        func.to_tsvector("simple", by_pairs(found_by[:WORDS_MAX])),
    )


def split(body: str) -> tuple[str, str]:
    """What everybody may read, if its author drew that line, and the whole without it."""
    line = MORE.search(body)
    if line is None:
        return "", body
    above = body[: line.start()].strip()
    return above, f"{above}\n\n{MORE.sub('', body[line.end() :]).strip()}".strip()
