"""What can be called: each object's module registers its verbs here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workers.doubles.cards.errors import Body

Handler = Callable[..., Body]


@dataclass(frozen=True, slots=True)
class Verb:
    method: str
    path: str
    # As faults call it: payment_intents.create.
    name: str
    handle: Handler


VERBS: list[Verb] = []


def verb(method: str, path: str, name: str) -> Callable[[Handler], Handler]:
    """Register a handler: it gets the books, the parameters and what stands in the path."""

    def register(handle: Handler) -> Handler:
        VERBS.append(Verb(method, f"/v1/{path}", name, handle))
        return handle

    return register


def optional(**values: Any) -> dict[str, Any]:
    """Those that were given."""
    return {name: value for name, value in values.items() if value is not None}
