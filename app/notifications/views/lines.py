"""What one was told, and the way from there to what it is about."""

from itertools import groupby
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit import clock
from app.notifications.kinds import Family
from app.notifications.operations import reading
from app.notifications.queries_page import Line, Place, new, on_page, told
from app.notifications.views import HOME, bp
from app.platform.guards import Access, guard
from app.platform.pages import page, safe_next, see
from app.platform.transaction import transaction
from app.platform.viewer import signed_in_viewer


@bp.get(HOME)
@guard(Access.SIGNED_IN)
def lines() -> Response:
    me, about = signed_in_viewer().id, _family()
    before = Place.read(request.args.get("before", ""))
    found, older = told(me, [about] if about else list(Family), before)
    families, first, shown = list(Family), before is None, on_page(before, older)
    # What is new and closed to them by now is counted, and stands on no page: it goes with what is around.
    some_new = any(line.new for line in found) or (about is None and new(me, shown))
    if some_new and not _fetched_ahead():
        with transaction():
            reading.look(me, [about] if about else None, shown)
    days = [(name, list(of_day)) for name, of_day in groupby(found, _day)]
    return page(
        "notifications/list.html", days=days, older=older, about=about, families=families, first=first
    )


@bp.get(f"{HOME}/<uuid:notification_id>")
@guard(Access.SIGNED_IN)
def follow(notification_id: UUID) -> Response:
    """Marks it read, however often, and leads on."""
    with transaction():
        href = reading.open_one(signed_in_viewer().id, notification_id)
    return see(safe_next(href, HOME))


@bp.post(f"{HOME}/read")
@guard(Access.SIGNED_IN)
def read_all() -> Response:
    if reading.read_all(signed_in_viewer().id):
        flash("All of it is marked as read.", "good")
    return see(HOME)


def _family() -> Family | None:
    asked = request.args.get("about", "")
    return Family(asked) if asked in set(Family) else None


def _fetched_ahead() -> bool:
    """By a browser that guesses where its reader goes next."""
    return "prefetch" in request.headers.get("Sec-Purpose", "")


def _day(line: Line) -> str:
    """In the reader's own zone."""
    days = (clock.now().astimezone(line.day.tzinfo).date() - line.day.date()).days
    return {0: "Today", 1: "Yesterday"}.get(days) or f"{line.day:%-d %B %Y}"
