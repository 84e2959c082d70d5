"""What is looked at before it reaches anybody else: by the house's own words, and by whatever others add.

screening.add(app, look)          # look(Spoken) -> None, or a sentence for its author that says why not
screening.screen("message", me, body)
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app

from app.kit.text import has_any
from app.moderation.errors import Unwelcome
from app.platform.settings import settings

PLACE = "fanlight.screening"
NOT_HERE = "This house does not carry words like these. Say it in other ones."


@dataclass(frozen=True, slots=True)
class Spoken:
    # "message", "room", "broadcast", "welcome", "tip" or "gift".
    kind: str
    author_id: UUID
    text: str


Look = Callable[[Spoken], str | None]


def add(app: Flask, look: Look) -> None:
    app.extensions.setdefault(PLACE, []).append(look)


def screen(kind: str, author_id: UUID, text: str, field: str = "body") -> None:
    """In the transaction that would write it, and before anything is written. `field`: where it was typed."""
    spoken, looks = Spoken(kind, author_id, text), current_app.extensions.get(PLACE, [])
    for look in (_the_house, *looks):
        if why := look(spoken):
            raise Unwelcome(why, field)


def _the_house(spoken: Spoken) -> str | None:
    return NOT_HERE if has_any(spoken.text, settings().blocked_words) else None
