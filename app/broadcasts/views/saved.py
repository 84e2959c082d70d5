"""Answers kept for later: the list at the desk, and the choice in a conversation."""

from typing import Any
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.broadcasts import queries
from app.broadcasts.forms import SavedReplyForm
from app.broadcasts.models import SAVED_MAX
from app.broadcasts.operations import saving
from app.broadcasts.views import HOME, bp
from app.chat import queries_talk
from app.creators.views.desk import own_page
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

LIST, FORM, ADDRESS = "broadcasts/saved.html", "broadcasts/saved_edit.html", f"{HOME}/saved"
CHOICE, SHEET = "broadcasts/choose.html", "broadcasts/_choose_sheet.html"


@bp.get(ADDRESS)
@guard(Access.CREATOR)
def saved_replies() -> Response:
    return page(LIST, **_list(SavedReplyForm(formdata=None)))


@bp.post(ADDRESS)
@guard(Access.CREATOR)
def save_reply() -> Response:
    creator_id, form = own_page().id, SavedReplyForm()
    try:
        if form.validate():
            saving.add(creator_id, form.name.data or "", form.body.data or "")
            flash("Kept.", "good")
            return see(ADDRESS)
    except Refused as refused:
        form.refuse(refused)
    return form_page(LIST, **_list(form))


@bp.get(f"{ADDRESS}/<uuid:saved_id>")
@guard(Access.CREATOR)
def saved_reply(saved_id: UUID) -> Response:
    saved = _mine(saved_id)
    form = SavedReplyForm(formdata=None, data={"name": saved.name, "body": saved.words})
    return page(FORM, saved=saved, form=form)


@bp.post(f"{ADDRESS}/<uuid:saved_id>")
@guard(Access.CREATOR)
def change_reply(saved_id: UUID) -> Response:
    saved, form = _mine(saved_id), SavedReplyForm()
    if not form.validate():
        return form_page(FORM, saved=saved, form=form)
    saving.change(own_page().id, saved_id, form.name.data or "", form.body.data or "")
    flash("Saved.", "good")
    return see(ADDRESS)


@bp.post(f"{ADDRESS}/<uuid:saved_id>/delete")
@guard(Access.CREATOR)
def delete_reply(saved_id: UUID) -> Response:
    saving.remove(own_page().id, saved_id)
    flash("Deleted.", "good")
    return see(ADDRESS)


@bp.get("/messages/<uuid:talk_id>/saved")
@guard(Access.CREATOR)
def choose_reply(talk_id: UUID) -> Response:
    talk = queries_talk.find_talk(talk_id, signed_in_viewer().id)
    return page(CHOICE, partial=SHEET, talk=talk, saved=queries.saved_replies(talk.me))


def _list(form: SavedReplyForm) -> dict[str, Any]:
    return {"form": form, "saved": queries.saved_replies(own_page().id), "most": SAVED_MAX}


def _mine(saved_id: UUID) -> queries.Saved:
    saved = queries.saved_reply(own_page().id, saved_id)
    if saved is None:
        raise NotFound
    return saved
