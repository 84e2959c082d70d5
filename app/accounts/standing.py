"""Who wants to know when somebody is suspended, comes back, loses a role, or takes their account back.

Higher features register in their `init_app`, and are told in the same transaction, once the account's row has
changed.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from app.platform.viewer import Role

Listener = Callable[[UUID], None]
RoleListener = Callable[[UUID, Role], None]
# Ends what was set up since that moment by whoever had the account, and says what, in words for its owner.
Taker = Callable[[UUID, datetime], list[str]]

# A second create_app changes nothing.
_left: dict[Listener, None] = {}
_returned: dict[Listener, None] = {}
_role_taken: dict[RoleListener, None] = {}
_takers: dict[Taker, None] = {}


def on_left(listener: Listener) -> None:
    _left[listener] = None


def on_returned(listener: Listener) -> None:
    _returned[listener] = None


def on_role_taken(listener: RoleListener) -> None:
    _role_taken[listener] = None


def on_taken_back(taker: Taker) -> None:
    _takers[taker] = None


def tell_left(user_id: UUID) -> None:
    for listener in _left:
        listener(user_id)


def tell_returned(user_id: UUID) -> None:
    for listener in _returned:
        listener(user_id)


def tell_role_taken(user_id: UUID, role: Role) -> None:
    for listener in _role_taken:
        listener(user_id, role)


def take_back(user_id: UUID, since: datetime) -> list[str]:
    return [what for taker in _takers for what in taker(user_id, since)]
