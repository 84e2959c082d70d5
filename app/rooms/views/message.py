"""What can be done about one message: reported, removed by who wrote it; the rest by who keeps order."""

from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import is_sent_from
from app.rooms import queries
from app.rooms.forms import MuteForm
from app.rooms.operations import keeping, speaking
from app.rooms.queries import Said, Visit
from app.rooms.rules import Mute
from app.rooms.views import bp
from app.rooms.views.room import inside

PAGE, SHEET = "rooms/message.html", "rooms/_sheet.html"


@bp.get("/rooms/<uuid:room_id>/<int:seq>")
@guard(Access.SIGNED_IN)
def about(room_id: UUID, seq: int) -> Response:
    visit, said = _living(room_id, seq)
    return page(PAGE, partial=SHEET, room=visit, said=said, form=MuteForm(formdata=None))


@bp.post("/rooms/<uuid:room_id>/<int:seq>/remove")
@guard(Access.SIGNED_IN)
def remove(room_id: UUID, seq: int) -> Response:
    speaking.remove(signed_in_viewer().id, room_id, seq)
    return _done(room_id, "Removed.")


@bp.post("/rooms/<uuid:room_id>/<int:seq>/pin")
@guard(Access.SIGNED_IN)
def pin(room_id: UUID, seq: int) -> Response:
    keeping.pin(signed_in_viewer().id, room_id, seq)
    return _done(room_id, "It stays on top now.")


@bp.post("/rooms/<uuid:room_id>/unpin")
@guard(Access.SIGNED_IN)
def unpin(room_id: UUID) -> Response:
    keeping.unpin(signed_in_viewer().id, room_id)
    return _done(room_id, "It is no longer on top.")


@bp.post("/rooms/<uuid:room_id>/<int:seq>/mute")
@guard(Access.SIGNED_IN)
def mute(room_id: UUID, seq: int) -> Response:
    visit, said = _living(room_id, seq)
    form = MuteForm()
    if not form.validate():
        return form_page(PAGE, partial=SHEET, room=visit, said=said, form=form)
    how_long = Mute(form.how_long.data)
    keeping.mute(signed_in_viewer().id, room_id, seq, how_long)
    out = how_long is Mute.FOR_GOOD
    return _done(room_id, "The room is closed to them now." if out else "Muted. They can read along.")


def _living(room_id: UUID, seq: int) -> tuple[Visit, Said]:
    visit = inside(room_id)
    said = queries.find_said(visit, seq)
    if said.body is None:
        raise NotFound("This message was removed.")
    return visit, said


def _done(room_id: UUID, words: str) -> Response:
    if is_sent_from(f"/rooms/{room_id}"):
        # The page hears what became of it by its socket, or asks.
        return Response("", 204, {"HX-Trigger": "room:done"})
    flash(words, "good")
    return see(f"/rooms/{room_id}#end")
