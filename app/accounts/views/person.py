"""A person's own address, `/@handle`: who they say they are. An old handle leads to the new one."""

from werkzeug.wrappers import Response

from app.accounts import homes, queries
from app.accounts.views import bp
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page, see_for_good


@bp.get("/@<handle>")
@guard(Access.ANYONE)
def person(handle: str) -> Response:
    found, moved = queries.find_by_handle(handle, states=homes.STATES)
    if found is None:
        raise NotFound
    here = found.state == "active"
    if here and (moved or handle != found.handle):
        return see_for_good(f"/@{found.handle}")
    more = homes.shown(found)
    if more is None and not here:
        raise NotFound
    return more or page("accounts/person.html", person=found)
