"""Settings, data: take everything along, or leave."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, flash, make_response, send_file
from werkzeug.wrappers import Response

from app.accounts.forms.data import DeletionForm
from app.accounts.operations import deletion, exports, tombstones
from app.accounts.queries_data import is_waiting, next_export_at, recent_exports
from app.platform import personal_data
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.navigation import Door, add_door
from app.platform.pages import form_page, page, partial, see
from app.platform.storage import storage
from app.platform.transaction import transaction
from app.platform.viewer import Viewer, signed_in_viewer
from app.platform.web import is_htmx

bp = Blueprint("data", __name__)

HOME = "/settings/data"
DELETE_PAGE = "accounts/data/delete.html"


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    add_door(app, "settings", Door("Data", "database", HOME, 70))


@bp.get("/settings/data")
@guard(Access.SIGNED_IN)
def show() -> Response:
    return _data_page()


@bp.get("/settings/data/exports")
@guard(Access.SIGNED_IN)
def poll_exports() -> Response:
    """Nothing while nothing is new, so that the page neither flickers nor talks."""
    if not is_htmx():
        return see(HOME)
    about = _about_exports(signed_in_viewer())
    if about["waiting"]:
        return make_response("", 204)
    return partial("accounts/data/_exports.html", **about)


@bp.post("/settings/data/exports")
@guard(Access.SIGNED_IN, fresh=True)
def ask_export() -> Response:
    try:
        exports.ask(signed_in_viewer().id)
    except Refused as refused:
        return _data_page(refused=refused.message, status=refused.status)
    return see(HOME)


@bp.get("/settings/data/exports/<uuid:export_id>")
@guard(Access.SIGNED_IN, fresh=True)
def download(export_id: UUID) -> Response:
    with transaction():  # who took a copy, and when, is on record before its first byte leaves
        fetched = exports.fetch(export_id, owner=signed_in_viewer().id)
    response = send_file(
        storage().open(fetched.storage_key),
        mimetype="application/zip",
        as_attachment=True,
        download_name=fetched.filename,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/settings/data/delete")
@guard(Access.SIGNED_IN, fresh=True)
def ask_deletion_page() -> Response:
    return page(DELETE_PAGE, form=DeletionForm(), **_about_leaving(signed_in_viewer()))


@bp.post("/settings/data/delete")
@guard(Access.SIGNED_IN, fresh=True)
def ask_deletion() -> Response:
    person, form = signed_in_viewer(), DeletionForm()
    if not form.validate():
        return form_page(DELETE_PAGE, form=form, **_about_leaving(person))
    try:
        deletion.ask(
            person.id,
            typed_handle=form.handle.data or "",
            session_id=person.session_id,
            gives_up=form.gives_up.data,
        )
    except Refused as refused:
        form.refuse(refused)
        return form_page(DELETE_PAGE, form=form, **_about_leaving(person))
    flash("Your account is going to be deleted. You can still change your mind.", "info")
    return see(HOME)


@bp.post("/settings/data/delete/cancel")
@guard(Access.SIGNED_IN)
def cancel_deletion() -> Response:
    deletion.cancel(signed_in_viewer().id)
    flash("Your account stays.", "good")
    return see(HOME)


def _data_page(*, refused: str | None = None, status: int = 200) -> Response:
    person = signed_in_viewer()
    about = _about_exports(person) | _about_leaving(person)
    return page("accounts/data/data.html", status=status, refused=refused, **about)


def _about_exports(person: Viewer) -> dict[str, Any]:
    made = recent_exports(person.id)
    tables = personal_data.held_tables()
    return {"exports": made, "waiting": is_waiting(made), "next_at": next_export_at(made), "tables": tables}


def _about_leaving(person: Viewer) -> dict[str, Any]:
    return {
        "reasons": personal_data.reasons_to_wait(person.id),
        "given_up": personal_data.given_up(person.id),
        "grace_days": deletion.GRACE.days,
        "reserved_days": tombstones.RESERVED_FOR.days,
    }
