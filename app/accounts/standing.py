"""Who wants to know when somebody is suspended, comes back, or loses a role.

Higher features register in their `init_app`, and are told in the same transaction, once the account's row has
changed.
"""

from collections.abc import Callable
from uuid import UUID

from app.platform.viewer import Role

Listener = Callable[[UUID], None]
RoleListener = Callable[[UUID, Role], None]

# A second create_app changes nothing.
_left: dict[Listener, None] = {}
_returned: dict[Listener, None] = {}
_role_taken: dict[RoleListener, None] = {}


def on_left(listener: Listener) -> None:
    _left[listener] = None


def on_returned(listener: Listener) -> None:
    _returned[listener] = None


def on_role_taken(listener: RoleListener) -> None:
    _role_taken[listener] = None


def tell_left(user_id: UUID) -> None:
    for listener in _left:
        listener(user_id)


def tell_returned(user_id: UUID) -> None:
    for listener in _returned:
        listener(user_id)


def tell_role_taken(user_id: UUID, role: Role) -> None:
    for listener in _role_taken:
        listener(user_id, role)
