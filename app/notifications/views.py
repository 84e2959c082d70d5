"""Choosing what one is told, and the way out at the foot of a mail."""

from flask import Blueprint, flash
from werkzeug.wrappers import Response

from app.notifications import unsubscribing
from app.notifications.forms import PreferencesForm
from app.notifications.kinds import Channel
from app.notifications.operations import preferences
from app.notifications.queries import switches
from app.notifications.unsubscribing import Subscription
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

bp = Blueprint("notifications", __name__)

PAGE = "notifications/preferences.html"


@bp.get("/settings/notifications")
@guard(Access.SIGNED_IN)
def show() -> Response:
    return page(PAGE, switches=switches(signed_in_viewer().id))


@bp.post("/settings/notifications")
@guard(Access.SIGNED_IN)
def save() -> Response:
    person, form = signed_in_viewer(), PreferencesForm()
    known = switches(person.id)
    form.offer([switch.name for switch in known if not switch.locked])
    if not form.validate():
        return form_page(PAGE, switches=known, form=form)
    turned = preferences.save(person.id, form.wanted)
    flash("Saved." if turned else "Nothing was changed.", "good" if turned else "info")
    return see("/settings/notifications")


@bp.get("/unsubscribe/<token>")
@guard(Access.ANYONE)
def unsubscribe(token: str) -> Response:
    return page("notifications/unsubscribe.html", kind=_subscription(token).kind, token=token, done=False)


@bp.post("/unsubscribe/<token>")
@guard(Access.MACHINE, once=False)
def unsubscribe_now(token: str) -> Response:
    """Sent by the button, or by a mail program on its own: no cookie, no form token, only the signature."""
    subscription = _subscription(token)
    preferences.switch_off(subscription.user_id, subscription.kind.name, Channel.MAIL)
    return page("notifications/unsubscribe.html", kind=subscription.kind, token=token, done=True)


def _subscription(token: str) -> Subscription:
    found = unsubscribing.read(token)
    if found is None:
        raise NotFound("This link is not complete, or what it was about is no longer sent.")
    return found
