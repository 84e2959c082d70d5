"""What a creator's page shows, and what holds on it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.accounts.queries import the_user
from app.creators import pictures
from app.creators.forms.pages import PageForm, RulesForm, page_form
from app.creators.models import ABOUT_MAX
from app.creators.operations import pages
from app.creators.views import bp
from app.creators.views.desk import HOME, own_page
from app.kit import markdown
from app.kit.ids import parse_id
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

PAGE, EDIT = "creators/edit.html", f"{HOME}/page"
PREVIEW = "creators/_preview.html"


@bp.get(EDIT)
@guard(Access.CREATOR)
def edit() -> Response:
    return page(PAGE, **_page())


@bp.post(EDIT)
@guard(Access.CREATOR)
def save() -> Response:
    form = PageForm()
    if not form.validate():
        return form_page(PAGE, **_page(form=form))
    pages.save_words(signed_in_viewer().id, form.page_words)
    flash("Your page is saved.", "good")
    return see(EDIT)


@bp.post(f"{EDIT}/preview")
@guard(Access.CREATOR, once=False)
def preview() -> Response:
    """How it will look. Nothing is saved; without htmx what was typed stands there again."""
    form = PageForm()
    fine = form.validate()
    shown = Markup(markdown.render((form.about.data or "")[:ABOUT_MAX]))  # noqa: S704 - safe by how it is made
    status = 200 if fine or request.htmx else 422
    return page(PAGE, partial=PREVIEW, status=status, **_page(form=form, shown=shown))


@bp.post(f"{EDIT}/rules")
@guard(Access.CREATOR)
def save_rules() -> Response:
    form = RulesForm()
    try:
        if form.validate():
            pages.save_rules(signed_in_viewer().id, form.rules)
            flash("Saved. It holds from now on.", "good")
            return see(f"{EDIT}#rules")
    except Refused as refused:
        form.refuse(refused)
    return form_page(PAGE, **_page(rules=form))


@bp.post(f"{EDIT}/close")
@guard(Access.CREATOR)
def close() -> Response:
    pages.close(signed_in_viewer().id)
    flash("Your page is closed. Only you see it now.", "good")
    return see(EDIT)


@bp.post(f"{EDIT}/open")
@guard(Access.CREATOR)
def reopen() -> Response:
    pages.reopen(signed_in_viewer().id)
    flash("Your page is open.", "good")
    return see(EDIT)


@bp.post(f"{EDIT}/avatar/remove")
@guard(Access.CREATOR)
def remove_avatar() -> Response:
    return _remove(pages.show_avatar)


@bp.post(f"{EDIT}/cover/remove")
@guard(Access.CREATOR)
def remove_cover() -> Response:
    return _remove(pages.show_cover)


def _remove(show: Callable[[UUID, None], bool]) -> Response:
    show(own_page().id, None)
    flash("The picture is removed.", "good")
    return see(f"{EDIT}#pictures")


def _page(
    form: PageForm | None = None, rules: RulesForm | None = None, shown: Markup | None = None
) -> dict[str, Any]:
    creator = own_page()
    return {
        "creator": creator,
        "user": the_user(creator.id),
        "form": form or page_form(creator),
        "rules": rules or RulesForm.of(creator),
        "shown": shown,
        "avatar_url": pictures.address(creator.avatar, "square256", "square96"),
        "cover_url": pictures.address(
            creator.cover, *pictures.COVERS, alone=pictures.owner_alone(creator.id, creator.state)
        ),
        # What the plain form has just sent, and is being made ready.
        "arriving": parse_id(request.args.get("media", "")),
    }
