"""What a creator keeps of a price, shown where they choose one. Whoever knows the house's fee says it, in its
`init_app`; until somebody does, nothing is said.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Flask, current_app

PLACE = "fanlight.creator_keeps"

# The creator, what is sold ("subscription", "post"), its price in minor units where there is one yet, the
# currency: a sentence.
Tells = Callable[[UUID, str, int | None, str], str]


def register(app: Flask, tells: Tells) -> None:
    app.extensions[PLACE] = tells


def of(creator_id: UUID, kind: str, price: int | None, currency: str) -> str:
    tells: Tells | None = current_app.extensions.get(PLACE)
    return tells(creator_id, kind, price, currency) if tells else ""
