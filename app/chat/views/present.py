"""Open pages ask now and then who of the people they show is here."""

from flask import jsonify
from htmx_flask import request
from werkzeug.wrappers import Response

from app.chat.presence import online_among
from app.chat.queries import AT_ONCE
from app.chat.views import bp
from app.kit.ids import parse_id
from app.platform.guards import Access, guard
from app.platform.viewer import signed_in_viewer


@bp.get("/messages/present")
@guard(Access.SIGNED_IN)
def present() -> Response:
    asked = {found for one in request.args.getlist("who")[:AT_ONCE] if (found := parse_id(one))}
    response: Response = jsonify(online=sorted(map(str, online_among(signed_in_viewer().id, asked))))
    response.headers["Cache-Control"] = "no-store"
    return response
