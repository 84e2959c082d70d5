"""Settings, hidden people: whom one does not want to read."""

from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import queries_hiding
from app.accounts.operations import hiding
from app.accounts.views import bp
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import page, safe_next, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import page_behind

HOME = "/settings/hidden"
HANDLE_MAX = 30


@bp.get("/settings/hidden")
@guard(Access.SIGNED_IN)
def hidden_people() -> Response:
    after = request.args.get("after", "")[:HANDLE_MAX]
    people, more = queries_hiding.hidden_people(signed_in_viewer().id, after=after)
    return page("accounts/settings_hidden.html", people=people, more=more, paged=bool(after))


@bp.post("/settings/hidden/<uuid:user_id>")
@guard(Access.SIGNED_IN)
def hide_person(user_id: UUID) -> Response:
    """Back to where it was pressed, where they are no longer to be read."""
    try:
        hiding.hide(signed_in_viewer().id, user_id)
    except NotFound:
        raise
    except Refused as refusal:
        flash(refusal.message, "bad")
    else:
        flash("Hidden from you. They are not told; your settings show them again.", "good")
    return see(safe_next(page_behind(), HOME) if request.referrer else HOME)


@bp.post("/settings/hidden/<uuid:user_id>/show")
@guard(Access.SIGNED_IN)
def show_person(user_id: UUID) -> Response:
    if hiding.show_again(signed_in_viewer().id, user_id):
        flash("You read them again.", "good")
    return see(HOME)
