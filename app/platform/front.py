"""The front of the house: the landing page, the gallery, and where people go once they are in."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app
from werkzeug.wrappers import Response

from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.navigation import doors
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer

bp = Blueprint("front", __name__)

LANDING, HOME = "fanlight.landing", "fanlight.home"


def init_front(app: Flask) -> None:
    app.register_blueprint(bp)


def add_to_landing(app: Flask, name: str, find: Callable[[], Any]) -> None:
    """What the template knows by this name; one statement at most."""
    app.extensions.setdefault(LANDING, {})[name] = find


def set_home(app: Flask, address: str) -> None:
    """Where somebody goes who comes in without a destination."""
    app.extensions[HOME] = address


def home() -> str:
    return str(current_app.extensions[HOME])


@bp.get("/")
@guard(Access.ANONYMOUS)
def landing() -> Response:
    """The same for everybody, so that caches may keep it."""
    shown: dict[str, Callable[[], Any]] = current_app.extensions.get(LANDING, {})
    return page("pages/landing.html", **{name: find() for name, find in shown.items()})


@bp.get("/admin")
@guard(Access.MODERATOR)
def administration() -> Response:
    """The first room of it that is open to whoever comes."""
    for door in doors("rail", signed_in_viewer()):
        if door.href.startswith("/admin/"):
            return see(door.href)
    raise NotFound


@bp.get("/gallery")
@guard(Access.DEMO)
def gallery() -> Response:
    return page("pages/gallery.html")
