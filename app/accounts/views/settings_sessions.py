"""Settings, sessions: where one is signed in, and ending it."""

from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.accounts import browser, queries
from app.accounts.operations import sessions
from app.accounts.views import bp
from app.accounts.views.answers import dropping
from app.kit import devices
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer

HOME = "/settings/sessions"
METHODS = {"password": "Password", "passkey": "Passkey", "wallet": "Wallet"}


@bp.get("/settings/sessions")
@guard(Access.SIGNED_IN)
def show_sessions() -> Response:
    person = signed_in_viewer()
    return page(
        "accounts/settings_sessions.html",
        sessions=queries.open_sessions(person.id),
        current=person.session_id,
        methods=METHODS,
        describe=devices.describe,
        is_handheld=devices.is_handheld,
    )


@bp.post("/settings/sessions/<uuid:session_id>/revoke")
@guard(Access.SIGNED_IN)
def revoke_session(session_id: UUID) -> Response:
    person = signed_in_viewer()
    pending = dropping(person.id)
    sessions.end(session_id, owner=person.id, because="revoked")
    if session_id == person.session_id:
        return _signed_out(pending)
    flash("That device is signed out." + pending, "good")
    return see(HOME)


@bp.post("/settings/sessions/others")
@guard(Access.SIGNED_IN)
def revoke_others() -> Response:
    person = signed_in_viewer()
    pending = dropping(person.id)
    sessions.end_all(person.id, because="signed out elsewhere", keep=person.session_id)
    flash("Every other device is signed out." + pending, "good")
    return see(HOME)


@bp.post("/settings/sessions/all")
@guard(Access.SIGNED_IN)
def revoke_all() -> Response:
    person = signed_in_viewer()
    pending = dropping(person.id)
    sessions.end_all(person.id, because="signed out everywhere")
    return _signed_out(pending)


def _signed_out(pending: str) -> Response:
    browser.sign_out()
    flash("You are signed out." + pending, "good")
    return see("/login")
