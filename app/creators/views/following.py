"""Following: two addresses, one for each wish, so that a page of yesterday does what it shows."""

from collections.abc import Collection
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.models import User
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
    viewer_id, person = signed_in_viewer().id, _find(handle)
    if _shown(person, viewer_id) is None:
        raise NotFound
    following.follow(viewer_id, person.id)
    return _back(person, viewer_id)


@bp.post("/@<handle>/unfollow")
@guard(Access.SIGNED_IN)
def unfollow(handle: str) -> Response:
    """Also whose page is closed by now, or who is suspended: it is about oneself."""
    viewer_id, person = signed_in_viewer().id, _find(handle, states=("active", "suspended"))
    following.unfollow(viewer_id, person.id)
    return _back(person, viewer_id)


def _back(person: User, viewer_id: UUID) -> Response:
    """To the page where it was pressed: with htmx the button alone changes.

    What lies behind may be gone together with whom they leave.
    """
    creator = _shown(person, viewer_id)
    if creator is None:
        flash("You do not follow them any more.", "good")
        return see("/feed")
    if request.htmx:
        return partial("creators/_follow.html", creator=creator, pressed=True)
    return see(safe_next(page_behind(), creator.href) if request.referrer else creator.href)


def _find(handle: str, *, states: Collection[str] = ("active",)) -> User:
    person, _ = queries.find_by_handle(handle, states=states)
    if person is None:
        raise NotFound
    return person


def _shown(person: User, viewer_id: UUID) -> Shown | None:
    try:
        return find_page(person, viewer_id) if person.state == "active" else None
    except NotFound:
        return None
