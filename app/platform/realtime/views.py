"""The web's side of the live socket: where it is, and a ticket for it."""

from functools import cached_property
from typing import Any

from flask import Blueprint, Flask, jsonify, request
from werkzeug.wrappers import Response

from app.platform.guards import Access, guard
from app.platform.navigation import counts
from app.platform.realtime import tickets, topics
from app.platform.settings import settings
from app.platform.viewer import Viewer, signed_in_viewer, viewer

bp = Blueprint("live", __name__)


class LivePage:
    """For templates, as `ws`. The ticket is made only where a page asks for it."""

    def __init__(self, person: Viewer) -> None:
        self._person = person

    @property
    def url(self) -> str:
        return settings().socket_url

    @cached_property
    def ticket(self) -> str:
        return tickets.issue(self._person)


def init_realtime(app: Flask) -> None:
    app.register_blueprint(bp)
    app.context_processor(_for_this_page)


@bp.get("/live/ticket")
@guard(Access.SIGNED_IN)
def ticket() -> Response:
    """A fresh one, for a page whose first is used or old, with the topics that its reader may hear now."""
    person = signed_in_viewer()
    wanted = topics.allowed(person, request.args.getlist("topic"))
    response = jsonify(url=settings().socket_url, ticket=tickets.issue(person, wanted), topics=wanted.topics)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/live/counts")
@guard(Access.SIGNED_IN)
def waiting() -> Response:
    """How much that is new waits behind which door."""
    response = jsonify(counts(signed_in_viewer()))
    response.headers["Cache-Control"] = "no-store"
    return response


def _for_this_page() -> dict[str, Any]:
    person = viewer()
    return {"ws": LivePage(person) if person else None}
