"""The list of broadcasts, and writing one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.broadcasts import queries, queries_people
from app.broadcasts.errors import SavedElsewhere
from app.broadcasts.forms import AudienceForm, BroadcastForm, differences, kept
from app.broadcasts.operations import drafting
from app.broadcasts.queries import Shown
from app.broadcasts.views import HOME, bp
from app.creators.views.desk import own_page
from app.kit.ids import parse_id
from app.media.views.uploads import shown_states
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, partial, see

LIST, FORM, COUNT = "broadcasts/list.html", "broadcasts/edit.html", "broadcasts/_count.html"


@bp.get(HOME)
@guard(Access.CREATOR)
def broadcasts() -> Response:
    before = parse_id(request.args.get("before", ""))
    lines, older = queries.lines(own_page().id, before)
    return page(LIST, lines=lines, older=older, paged=before is not None)


@bp.get(f"{HOME}/new")
@guard(Access.CREATOR)
def new_broadcast() -> Response:
    return page(FORM, **_context(_form(formdata=None, data=_with_sent({}))))


@bp.post(f"{HOME}/new")
@guard(Access.CREATOR)
def save_new_broadcast() -> Response:
    form = _form()
    try:
        if form.validate():
            return _saved(drafting.begin(own_page().id, form.wish).id)
    except Refused as refused:
        form.refuse(refused)
    return form_page(FORM, **_context(form))


@bp.get(f"{HOME}/<uuid:broadcast_id>/edit")
@guard(Access.CREATOR)
def edit_broadcast(broadcast_id: UUID) -> Response:
    shown = queries.show(own_page().id, broadcast_id)
    if shown.of.state not in drafting.EDITABLE:
        return see(shown.href)
    return page(FORM, **_context(_form(formdata=None, data=_with_sent(kept(shown))), shown))


@bp.post(f"{HOME}/<uuid:broadcast_id>/edit")
@guard(Access.CREATOR)
def save_broadcast(broadcast_id: UUID) -> Response:
    creator_id = own_page().id
    shown, form = queries.show(creator_id, broadcast_id), _form()
    try:
        if form.validate():
            return _saved(drafting.change(creator_id, broadcast_id, form.wish, form.saves.data).id)
    except NotFound:
        raise
    except SavedElsewhere as refused:
        form.refuse(refused)
        shown = queries.show(creator_id, broadcast_id)
        return form_page(FORM, other=differences(shown, form), **_context(form, shown))
    except Refused as refused:
        form.refuse(refused)
    return form_page(FORM, **_context(form, shown))


@bp.get(f"{HOME}/count")
@guard(Access.CREATOR, limit="costly")
def count_people() -> Response:
    """While it is chosen: how many that are."""
    creator = own_page()
    form = AudienceForm(queries.tiers(creator.id), creator.currency, formdata=request.args)
    return partial(COUNT, count=_count(form))


def _saved(broadcast_id: UUID) -> Response:
    """Saved for later, or to be looked at and sent."""
    if request.form.get("intent") == "draft":
        flash("Saved.", "good")
        return see(f"{HOME}/{broadcast_id}/edit")
    return see(f"{HOME}/{broadcast_id}")


def _form(**options: Any) -> BroadcastForm:
    creator = own_page()
    return BroadcastForm(queries.tiers(creator.id), creator.currency, **options)


def _context(form: BroadcastForm, shown: Shown | None = None) -> dict[str, Any]:
    action = f"{shown.href}/edit" if shown else f"{HOME}/new"
    chosen = shown_states(form.media_ids, own_page().id) if form.media_ids else ()
    return {"form": form, "shown": shown, "action": action, "count": _count(form), "chosen": chosen}


def _with_sent(known: Mapping[str, Any]) -> dict[str, Any]:
    """Without JavaScript files are sent by a form of their own, which leads back with their ids."""
    sent = [text for text in request.args.getlist("media") if parse_id(text)]
    return {**known, "media": [*known.get("media", ()), *sent]}


def _count(form: AudienceForm) -> int | None:
    """None where what was typed makes no sense yet."""
    return queries_people.how_many(own_page().id, form.audience) if form.tells_whom() else None
