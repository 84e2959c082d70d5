"""Mail that came back: what providers tell of it, what its person sees, the list of admins."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit.ids import parse_id
from app.notifications import mail_events
from app.notifications.mail_events import MailEvent
from app.notifications.operations import mail_reach
from app.notifications.queries_mail import trouble_of, troubles
from app.platform import storable
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.settings import settings
from app.platform.standard_webhooks import Forged, verified_id
from app.platform.viewer import Viewer, signed_in_viewer

bp = Blueprint("mail_reach", __name__)

HOME, LIST = "/settings/security", "/admin/mail"


@bp.post("/webhooks/mail")
@guard(Access.MACHINE, limit=None, once=False, signed=True)
def told() -> Response:
    """Not limited: who cannot sign costs one digest, and who can is not to be turned away."""
    secret, body = settings().mail_webhook_secret, request.get_data()
    if not secret:
        raise NotFound
    try:
        event_id = verified_id(secret, request.headers, body)
        storable.check_content()
        mail_events.receive(event_id, MailEvent.read(body))
    except Forged:
        return _answer(400, "not signed with our secret, or too long ago")
    except (ValueError, RecursionError) as error:
        return _answer(400, f"not understood: {error}")
    return _answer(200, "ok")


@bp.post("/settings/mail/again")
@guard(Access.SIGNED_IN)
def try_again() -> Response:
    mail_reach.try_again(signed_in_viewer().id)
    flash("We try your address again: a mail is on its way to it.", "good")
    return see(HOME)


@bp.get("/admin/mail")
@guard(Access.ADMIN)
def show_all() -> Response:
    before = parse_id(request.args.get("before", ""))
    found, older = troubles(before)
    return page("notifications/admin/mail.html", troubles=found, older=older, paged=before is not None)


@bp.post("/admin/mail/<uuid:suppression_id>/lift")
@guard(Access.ADMIN)
def lift(suppression_id: UUID) -> Response:
    lifted = mail_reach.lift(suppression_id, actor=signed_in_viewer().id)
    flash("Mail goes there again." if lifted else "It was lifted already.", "good" if lifted else "info")
    return see(LIST)


def trouble(person: Viewer | None) -> dict[str, Any]:
    """For the section below one's address."""
    return {"trouble": trouble_of(person.id) if person else None}


def _answer(status: int, words: str) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")
