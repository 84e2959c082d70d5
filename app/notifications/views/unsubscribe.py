"""The way out at the foot of a mail."""

from werkzeug.wrappers import Response

from app.notifications import unsubscribing
from app.notifications.kinds import Channel
from app.notifications.operations import preferences
from app.notifications.unsubscribing import Subscription
from app.notifications.views import bp
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page

PAGE = "notifications/unsubscribe.html"


@bp.get("/unsubscribe/<token>")
@guard(Access.ANYONE)
def unsubscribe(token: str) -> Response:
    return page(PAGE, kind=_subscription(token), token=token, done=False)


@bp.post("/unsubscribe/<token>")
@guard(Access.MACHINE, once=False)
def unsubscribe_now(token: str) -> Response:
    """Sent by the button, or by a mail program on its own: no cookie, no form token, only the signature."""
    subscription = _subscription(token)
    preferences.switch_off(subscription.user_id, subscription.ends, Channel.MAIL)
    return page(PAGE, kind=subscription, token=token, done=True)


def _subscription(token: str) -> Subscription:
    found = unsubscribing.read(token)
    if found is None:
        raise NotFound("This link is not complete, or what it was about is no longer sent.")
    return found
