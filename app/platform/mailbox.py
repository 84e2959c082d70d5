"""The mailbox of demo mode: what would have been sent, so that a newcomer finds the link at once."""

from uuid import UUID

from flask import Blueprint, Flask, make_response
from htmx_flask import request
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from app.config import Settings
from app.extensions import db
from app.platform import mail
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.headers import content_policy
from app.platform.models import Mail
from app.platform.navigation import Door, add_door
from app.platform.pages import page
from app.platform.settings import settings

bp = Blueprint("mailbox", __name__)

NEWEST = 50
# A mail is a document of its own: its styles are inline, it runs and fetches nothing.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"


def init_mailbox(app: Flask, settings: Settings) -> None:
    app.register_blueprint(bp)
    if settings.demo:
        for place in ("rail", "tabs"):
            add_door(app, place, Door("Mailbox", "mail", "/mailbox", 95))


@bp.get("/mailbox")
@guard(Access.DEMO)
def index() -> Response:
    to = request.args.get("to", "").strip()
    return page("mailbox/index.html", mails=newest(to), to=to)


@bp.get("/mailbox/<uuid:mail_id>")
@guard(Access.DEMO)
def show(mail_id: UUID) -> Response:
    found = _find(mail_id)
    response = page("mailbox/mail.html", mail=found, rendered=mail.content(found))
    response.headers["Content-Security-Policy"] = f"{content_policy(settings())}; frame-src 'self'"
    return response


@bp.get("/mailbox/<uuid:mail_id>/html")
@guard(Access.DEMO)
def html(mail_id: UUID) -> Response:
    rendered = mail.content(_find(mail_id))
    if rendered is None:
        raise NotFound
    # Its links lead out of the frame.
    response = make_response(rendered.html.replace("<head>", '<head><base target="_top">', 1))
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def newest(to: str) -> list[tuple[Mail, mail.Rendered | None]]:
    """Each with what it says, as long as that is kept."""
    wanted = select(Mail).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(NEWEST)
    if to:
        wanted = wanted.where(func.lower(Mail.recipient) == to.lower())
    return [(found, mail.content(found)) for found in db.session.scalars(wanted)]


def _find(mail_id: UUID) -> Mail:
    found = db.session.get(Mail, mail_id)
    if found is None:
        raise NotFound
    return found
