"""The front of the house: the landing page, the gallery, and where people go once they are in."""

from flask import Blueprint, Flask
from werkzeug.wrappers import Response

from app.platform.guards import Access, guard
from app.platform.pages import page
from app.platform.viewer import Viewer

bp = Blueprint("front", __name__)


def init_front(app: Flask) -> None:
    app.register_blueprint(bp)


def home_for(person: Viewer) -> str:
    """Where somebody who comes in without a destination goes."""
    return "/settings/profile"


@bp.get("/")
@guard(Access.ANONYMOUS)
def landing() -> Response:
    return page("pages/landing.html")


@bp.get("/gallery")
@guard(Access.DEMO)
def gallery() -> Response:
    return page("pages/gallery.html")
