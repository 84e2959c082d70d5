"""The media library: what a creator has uploaded, newest first."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint
from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit.ids import parse_id
from app.media import holders, queries
from app.media.kinds import Kind
from app.media.views.uploads import LIBRARY, shown_state
from app.platform.guards import Access, guard
from app.platform.pages import page
from app.platform.viewer import signed_in_viewer

bp = Blueprint("library", __name__)


@bp.get("/dashboard/media")
@guard(Access.CREATOR)
def library() -> Response:
    person, kind = signed_in_viewer(), request.args.get("kind")
    chosen = kind if kind in set(Kind) else None
    found = queries.library(person.id, after=_after(request.args.get("after")), kind=chosen)
    older = f"{found.older[0].timestamp():.6f}~{found.older[1]}" if found.older else None
    places = holders.places([media.id for media in found.items])
    more = f"&kind={chosen}" if chosen else ""
    return page(
        "media/library.html",
        items=[shown_state(media) | {"place": places.get(media.id)} for media in found.items],
        older=f"{LIBRARY}?after={older}{more}" if older else None,
        kind=chosen,
        deep="after" in request.args,
    )


def _after(text: str | None) -> tuple[datetime, UUID] | None:
    """None for what is no place in the list: it begins at its beginning."""
    if not text:
        return None
    at, _, media_id = text.partition("~")
    known = parse_id(media_id)
    try:
        return (datetime.fromtimestamp(float(at), UTC), known) if known else None
    except (ValueError, OverflowError, OSError):
        return None
