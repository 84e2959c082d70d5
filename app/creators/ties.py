"""Who wants to know when somebody follows or is blocked: higher features, registered in create_app.

They are told in the same transaction.
"""

from collections.abc import Callable
from uuid import UUID

Listener = Callable[[UUID, UUID], None]  # the person, the creator

_listeners: dict[str, dict[Listener, None]] = {}


def on_followed(listener: Listener) -> None:
    _listen("followed", listener)


def on_unfollowed(listener: Listener) -> None:
    _listen("unfollowed", listener)


def on_blocked(listener: Listener) -> None:
    _listen("blocked", listener)


def on_unblocked(listener: Listener) -> None:
    _listen("unblocked", listener)


def tell(what: str, user_id: UUID, creator_id: UUID) -> None:
    for listener in _listeners.get(what, ()):
        listener(user_id, creator_id)


def _listen(what: str, listener: Listener) -> None:
    # A second create_app changes nothing.
    _listeners.setdefault(what, {})[listener] = None
