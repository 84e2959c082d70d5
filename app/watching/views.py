"""/admin/status: the same that Prometheus gets, in words."""

from flask import Blueprint, Flask
from werkzeug.wrappers import Response

from app.kit import clock
from app.platform.guards import Access, guard
from app.platform.navigation import Door, add_door
from app.platform.pages import page
from app.platform.settings import settings
from app.platform.viewer import Role
from app.platform.watching.figures import look
from app.watching import queries
from app.watching.judging import Known, State
from app.watching.lines import sections

HOME = "/admin/status"

bp = Blueprint("watching", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    for place in ("rail", "settings"):
        add_door(app, place, Door("Status", "server", HOME, 96, Role.ADMIN))


@bp.get(HOME)
@guard(Access.ADMIN)
def show() -> Response:
    seen, chosen = look(), settings()
    known = Known(seen, queries.facts(), secure=chosen.secure, mails=bool(chosen.smtp_url))
    told = sections(known)
    trouble = [line for section in told for line in section.lines if line.state.needs_somebody]
    told_of = [*seen.of("info"), *seen.of("redis_info")]
    versions = {name: version for labels, _ in told_of for name, version in labels.items()}
    return page(
        "watching/status.html",
        partial="watching/_status.html",
        sections=told,
        trouble=sorted(trouble, key=lambda line: line.state is not State.BAD),
        processes=queries.processes(),
        versions=versions,
        watched=chosen.sentry_dsn != "",
        now=clock.now(),
    )
