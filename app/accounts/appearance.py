"""Who wants to know when somebody looks different to others: name, handle, colour.

Higher features register in their `init_app`, and are told in the same transaction.
"""

from collections.abc import Callable

from app.accounts.models import User

Listener = Callable[[User], None]

_listeners: dict[Listener, None] = {}


def on_changed(listener: Listener) -> None:
    # A second create_app changes nothing.
    _listeners[listener] = None


def tell(user: User) -> None:
    for listener in _listeners:
        listener(user)
