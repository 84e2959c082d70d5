"""A room: what is said there, and the line to say more; for others, what would let them in."""

from typing import Any
from uuid import UUID

from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import ages
from app.accounts.queries import find_by_handle
from app.platform import realtime
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.idempotency import FIELD
from app.platform.pages import form_page, page, partial, see
from app.platform.viewer import signed_in_viewer, viewer
from app.posts.views import adults
from app.rooms import queries
from app.rooms.forms import SayForm
from app.rooms.operations import speaking
from app.rooms.queries import Said, Visit
from app.rooms.rules import gate_words
from app.rooms.views import bp

PAGE, GATE, MESSAGE = "rooms/room.html", "rooms/gate.html", "rooms/_message.html"


@bp.get("/@<handle>/live")
@guard(Access.ANYONE)
def of_creator(handle: str) -> Response:
    person, _ = find_by_handle(handle)
    room = queries.room_of(person.id) if person else None
    if room is None:
        raise NotFound
    return see(visit_of(room.id).href)


@bp.get("/rooms/<uuid:room_id>")
@guard(Access.ANYONE)
def room(room_id: UUID) -> Response:
    visit = visit_of(room_id)
    if not visit.standing.inside or has_to_ask(visit):
        return _gate(visit)
    if request.htmx:
        stretch = queries.stretch(visit, before=_number("before"), after=_number("after"))
        return partial("rooms/_stretch.html", room=visit, stretch=stretch)
    return _show(visit)


@bp.post("/rooms/<uuid:room_id>")
@guard(Access.SIGNED_IN, limit="room")
def say(room_id: UUID) -> Response:
    person, form = signed_in_viewer(), SayForm()
    visit = visit_of(room_id)
    if not visit.standing.inside or has_to_ask(visit):
        return _gate(visit, status=403)
    try:
        if form.validate():
            return _said(speaking.say(person.id, room_id, form.body.data or "", request.form[FIELD]))
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return _show(visit, form)


@bp.get("/rooms/<uuid:room_id>/changes")
@guard(Access.SIGNED_IN)
def catch_up(room_id: UUID) -> Response:
    """For a page that may have missed something. Without words: read it anew."""
    visit = inside(room_id)
    found = queries.changes(visit, _number("since") or 0)
    if found is None:
        return Response("", 205)
    return partial("rooms/_changes.html", room=visit, changes=found, pinned=queries.pinned(visit))


@bp.post("/rooms/<uuid:room_id>/adult")
@guard(Access.SIGNED_IN)
def confirm_adult(room_id: UUID) -> Response:
    visit = visit_of(room_id)
    if ages.is_minor(signed_in_viewer().id):
        return _gate(visit, status=403)
    adults.remember()
    return see(visit.href)


def visit_of(room_id: UUID) -> Visit:
    person = viewer()
    return queries.find_room(room_id, person.id if person else None)


def inside(room_id: UUID) -> Visit:
    """For whoever may read along; to others it is as if there were nothing."""
    visit = visit_of(room_id)
    if not visit.standing.inside or has_to_ask(visit):
        raise NotFound
    return visit


def has_to_ask(visit: Visit) -> bool:
    """It is marked 18+, and this browser has not been asked, or whoever looks is younger."""
    if not visit.adult or visit.standing.hosts:
        return False
    return not adults.confirmed() or (visit.me is not None and ages.is_minor(visit.me.id))


def _gate(visit: Visit, status: int = 200) -> Response:
    asks = visit.standing.inside
    return page(
        GATE,
        status=status,
        room=visit,
        gate=gate_words(visit.standing, visit.host.display_name, visit.tier_name),
        steps=[way.step for way in visit.standing.decision.ways],
        asks_age=asks,
        too_young=asks and visit.me is not None and ages.is_minor(visit.me.id),
    )


def _show(visit: Visit, form: SayForm | None = None) -> Response:
    before, after, around = (_number(name) for name in ("before", "after", "around"))
    context: dict[str, Any] = {
        "room": visit,
        "stretch": queries.stretch(visit, before=before, after=after, around=around),
        "pinned": queries.pinned(visit),
        "present": realtime.present(visit.topic),
        "muted": speaking.muted_words(visit.standing),
    }
    if form is None:
        return page(PAGE, form=SayForm(formdata=None), **context)
    return form_page(PAGE, partial="rooms/_composer.html", form=form, **context)


def _said(said: Said) -> Response:
    if request.htmx:
        return partial(MESSAGE, said=said)
    return see(f"/rooms/{said.room_id}#end")


def _number(name: str) -> int | None:
    typed = request.args.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else None
