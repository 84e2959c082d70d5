"""With whom one talks."""

from htmx_flask import request
from werkzeug.wrappers import Response

from app.chat import queries
from app.chat.presence import online_among
from app.chat.views import bp
from app.kit.text import clean_line
from app.platform.guards import Access, guard
from app.platform.pages import page
from app.platform.viewer import signed_in_viewer
from app.posts.places import Place

NAME_MAX = 50


@bp.get("/messages")
@guard(Access.SIGNED_IN)
def inbox() -> Response:
    called = clean_line(request.args.get("q"))[:NAME_MAX]
    before, away = Place.read(request.args.get("before")), bool(request.args.get("away"))
    place = (before.at, before.id) if before else None
    me = signed_in_viewer().id
    lines, older = queries.talks(me, called=called, away=away, before=place)
    return page(
        "messages/list.html",
        partial="messages/_lines.html",
        lines=lines,
        online=online_among(me, [line.other.id for line in lines]),
        older=Place(*older) if older else None,
        paged=before is not None,
        words=called,
        away=away,
    )
