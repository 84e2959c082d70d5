"""Admins look people up, give and take roles, suspend and restore."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts.forms.people import RoleForm, SearchForm
from app.accounts.operations import roles
from app.accounts.queries_people import Search, find_people, find_person
from app.kit.ids import parse_id
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.navigation import Door, add_door
from app.platform.pages import form_page, page, see
from app.platform.viewer import Role, signed_in_viewer

bp = Blueprint("people", __name__)

HOME = "/admin/people"
PERSON_PAGE = "accounts/people/person.html"


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    for place in ("rail", "settings"):
        add_door(app, place, Door("People", "users", HOME, 90, Role.ADMIN))


@bp.get("/admin/people")
@guard(Access.ADMIN)
def show_all() -> Response:
    form = SearchForm(request.args)
    good = form.validate()
    before = parse_id(request.args.get("before", ""))
    people, older = find_people(form.search if good else Search(), before=before)
    return page(
        "accounts/people/people.html",
        status=200 if good else 422,
        form=form,
        people=people,
        older=older,
        paged=before is not None,
    )


@bp.get("/admin/people/<uuid:user_id>")
@guard(Access.ADMIN)
def show(user_id: UUID) -> Response:
    return page(PERSON_PAGE, **_about(user_id))


@bp.post("/admin/people/<uuid:user_id>/roles/grant")
@guard(Access.ADMIN, fresh=True)
def grant(user_id: UUID) -> Response:
    return _change_role(user_id, roles.grant)


@bp.post("/admin/people/<uuid:user_id>/roles/revoke")
@guard(Access.ADMIN, fresh=True)
def revoke(user_id: UUID) -> Response:
    return _change_role(user_id, roles.revoke)


@bp.post("/admin/people/<uuid:user_id>/suspend")
@guard(Access.ADMIN, fresh=True)
def suspend(user_id: UUID) -> Response:
    return _change(user_id, lambda: roles.suspend(user_id, actor=signed_in_viewer().id))


@bp.post("/admin/people/<uuid:user_id>/restore")
@guard(Access.ADMIN, fresh=True)
def restore(user_id: UUID) -> Response:
    return _change(user_id, lambda: roles.restore(user_id, actor=signed_in_viewer().id))


def _change_role(user_id: UUID, change: Callable[..., bool]) -> Response:
    form = RoleForm()
    if not form.validate():
        return form_page(PERSON_PAGE, refused="There is no such role to give.", **_about(user_id))
    return _change(user_id, lambda: change(user_id, Role(form.role.data), actor=signed_in_viewer().id))


def _change(user_id: UUID, change: Callable[[], bool]) -> Response:
    try:
        changed = change()
    except NotFound:
        raise
    except Refused as refused:
        return form_page(PERSON_PAGE, refused=refused.message, **_about(user_id))
    flash("Done. It is in effect now." if changed else "It was so already.", "good" if changed else "info")
    return see(f"{HOME}/{user_id}")


def _about(user_id: UUID) -> dict[str, Any]:
    person = find_person(user_id)
    if person is None:
        raise NotFound
    return {"person": person, "roles": roles.GIVEN}
