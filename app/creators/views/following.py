"""Following: two addresses, one for each wish, so that a page of yesterday does what it shows."""

from collections.abc import Callable
from uuid import UUID

from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import queries
from app.creators.operations import following
from app.creators.queries_page import find_page
from app.creators.shown import Shown
from app.creators.views import bp
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import partial, safe_next, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import page_behind


@bp.post("/@<handle>/follow")
@guard(Access.SIGNED_IN)
def follow(handle: str) -> Response:
    return _turn(handle, following.follow)


@bp.post("/@<handle>/unfollow")
@guard(Access.SIGNED_IN)
def unfollow(handle: str) -> Response:
    return _turn(handle, following.unfollow)


def _turn(handle: str, turn: Callable[[UUID, UUID], bool]) -> Response:
    """Back to the page where it was pressed: with htmx the button alone changes."""
    viewer_id = signed_in_viewer().id
    turn(viewer_id, _find(handle, viewer_id).id)
    creator = _find(handle, viewer_id)
    if request.htmx:
        return partial("creators/_follow.html", creator=creator, pressed=True)
    return see(safe_next(page_behind(), creator.href) if request.referrer else creator.href)


def _find(handle: str, viewer_id: UUID) -> Shown:
    person, _ = queries.find_by_handle(handle)
    shown = find_page(person, viewer_id) if person else None
    if shown is None:
        raise NotFound
    return shown
