"""Becoming a creator."""

from flask import flash
from werkzeug.wrappers import Response

from app.creators import queries
from app.creators.forms.pages import StartForm
from app.creators.operations import pages
from app.creators.views import bp
from app.creators.views.desk import HOME, START
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import Role, signed_in_viewer

PAGE = "creators/start.html"


@bp.get(START)
@guard(Access.SIGNED_IN)
def start() -> Response:
    person = signed_in_viewer()
    if queries.find_creator(person.id) is not None:
        return see(f"{HOME}/page") if person.has(Role.CREATOR) else page("creators/taken.html")
    return page(PAGE, form=StartForm(formdata=None))


@bp.post(START)
@guard(Access.SIGNED_IN)
def open_page() -> Response:
    form = StartForm()
    if not form.validate():
        return form_page(PAGE, form=form)
    if pages.open_page(signed_in_viewer().id, form.words):
        flash("Your page is open.", "good")
    return see(HOME)
