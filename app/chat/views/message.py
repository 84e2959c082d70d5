"""What can be done about one message."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from app.chat import queries, queries_talk
from app.chat.errors import NothingToOpen
from app.chat.forms import MessageForm, ReactionForm
from app.chat.models import REACTIONS
from app.chat.operations import opening, writing
from app.chat.queries import Said
from app.chat.queries_talk import Talk
from app.chat.views import bp
from app.kit import clock
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import is_sent_from

PAGE, SHEET = "messages/message.html", "messages/_sheet.html"


@bp.get("/messages/<uuid:talk_id>/<int:seq>")
@guard(Access.SIGNED_IN)
def about(talk_id: UUID, seq: int) -> Response:
    talk, said = _living(talk_id, seq)
    return page(PAGE, partial=SHEET, **_shown(talk, said, _as_it_is(said)))


@bp.post("/messages/<uuid:talk_id>/<int:seq>/edit")
@guard(Access.SIGNED_IN, limit="message")
def edit(talk_id: UUID, seq: int) -> Response:
    form = MessageForm()
    return _do(talk_id, seq, form, lambda me: writing.edit(me, talk_id, seq, form.body.data or ""))


@bp.post("/messages/<uuid:talk_id>/<int:seq>/unsend")
@guard(Access.SIGNED_IN)
def unsend(talk_id: UUID, seq: int) -> Response:
    return _do(talk_id, seq, None, lambda me: writing.unsend(me, talk_id, seq))


@bp.post("/messages/<uuid:talk_id>/<int:seq>/react")
@guard(Access.SIGNED_IN, limit="message")
def react(talk_id: UUID, seq: int) -> Response:
    sign = ReactionForm().sign.data or ""
    return _do(talk_id, seq, None, lambda me: writing.react(me, talk_id, seq, sign))


@bp.post("/messages/<uuid:talk_id>/<int:seq>/open")
@guard(Access.SIGNED_IN)
def open_parcel(talk_id: UUID, seq: int) -> Response:
    """On to the invoice, or back to what is open already."""
    try:
        return see(f"/invoices/{opening.open_parcel(signed_in_viewer().id, talk_id, seq).id}")
    except NothingToOpen:
        return see(f"/messages/{talk_id}?around={seq}#m-{seq}")


def _do(talk_id: UUID, seq: int, form: MessageForm | None, act: Callable[[UUID], Said]) -> Response:
    talk, said = _living(talk_id, seq)
    shown = form or _as_it_is(said)
    try:
        if form is None or form.validate():
            return _done(act(talk.me))
    except NotFound:
        raise
    except Refused as refused:
        shown.refuse(refused)
    return form_page(PAGE, partial=SHEET, **_shown(talk, said, shown))


def _done(said: Said) -> Response:
    if is_sent_from(f"/messages/{said.talk_id}"):
        # The page hears what became of it by its socket, or asks.
        return Response("", 204, {"HX-Trigger": "chat:done"})
    return see(f"/messages/{said.talk_id}?around={said.seq}#m-{said.seq}")


def _as_it_is(said: Said) -> MessageForm:
    return MessageForm(formdata=None, data={"body": said.body})


def _shown(talk: Talk, said: Said, form: MessageForm) -> dict[str, Any]:
    age = clock.now() - said.at
    return {
        "talk": talk,
        "said": said,
        "form": form,
        "signs": REACTIONS,
        # What was refused just now is shown once more, with the reason.
        "changeable": said.mine and not said.tip and (age <= writing.EDIT_WITHIN or bool(form.errors)),
        "revocable": said.mine and not said.tip and age <= writing.UNSEND_WITHIN,
    }


def _living(talk_id: UUID, seq: int) -> tuple[Talk, Said]:
    talk = queries_talk.find_talk(talk_id, signed_in_viewer().id)
    said = queries.find_said(talk, seq)
    if said.unsent:
        raise NotFound("This message was taken back.")
    return talk, said
