"""Who shows more of somebody at `/@handle` than a profile: higher features, registered in `init_app`."""

from collections.abc import Callable

from werkzeug.wrappers import Response

from app.accounts.models import User

# Who is suspended is nobody, but to whom one of these shows them.
STATES = ("active", "suspended")
# None where there is no more to show.
Shows = Callable[[User], Response | None]

_shows: dict[Shows, None] = {}


def add(shows: Shows) -> None:
    # A second create_app changes nothing.
    _shows[shows] = None


def shown(person: User) -> Response | None:
    return next((response for shows in _shows if (response := shows(person)) is not None), None)
