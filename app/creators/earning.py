"""What a creator keeps of a price, shown where they choose one. Whoever knows the house's fee says it, in its
`init_app`; until somebody does, nothing is said.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Flask, current_app

PLACE = "fanlight.creator_keeps"

# The creator, a price a month in minor units, its currency: a sentence.
Tells = Callable[[UUID, int, str], str]


def register(app: Flask, tells: Tells) -> None:
    app.extensions[PLACE] = tells


def of(creator_id: UUID, price: int, currency: str) -> str:
    tells: Tells | None = current_app.extensions.get(PLACE)
    return tells(creator_id, price, currency) if tells else ""
