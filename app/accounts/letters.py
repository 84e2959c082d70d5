"""Mail to a person, where they have an address; and those who want to know that there was something to say:
higher features, registered in create_app.
"""

from collections.abc import Callable, Mapping

from app.accounts.models import User
from app.platform import mail

# The person, the template, and its values. In the same transaction.
Listener = Callable[[User, str, Mapping[str, object]], None]

_listeners: dict[Listener, None] = {}


def on_written(listener: Listener) -> None:
    # A second create_app changes nothing.
    _listeners[listener] = None


def write_to(person: User | None, template: str, **values: object) -> None:
    """Who left has no address any more, and who came with a wallet alone none yet."""
    if person is None:
        return
    if person.email:
        mail.send(template, to=person.email, user_id=person.id, name=person.display_name, **values)
    for listener in _listeners:
        listener(person, template, values)
