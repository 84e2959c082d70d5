"""One conversation: what was said, and the line to say more."""

from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.chat import filling, live, queries, queries_talk
from app.chat.errors import NothingToOpen
from app.chat.forms import DraftForm, MarksForm, MessageForm
from app.chat.operations import marking, opening, writing
from app.chat.presence import online_among
from app.chat.queries import Said
from app.chat.queries_talk import Talk
from app.chat.views import bp
from app.media.views.uploads import shown_states
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.idempotency import FIELD
from app.platform.pages import form_page, page, partial, see
from app.platform.transaction import transaction
from app.platform.viewer import signed_in_viewer

PAGE, MESSAGE = "messages/conversation.html", "messages/_message.html"


@bp.get("/messages/to/<handle>")
@guard(Access.SIGNED_IN)
def write_to(handle: str) -> Response:
    """Where they have not talked yet, an empty page."""
    talk = queries_talk.find_talk_with(handle, signed_in_viewer().id)
    return see(f"{talk.href}#end") if talk.id else _show(talk)


@bp.post("/messages/to/<handle>")
@guard(Access.SIGNED_IN, limit="message")
def begin(handle: str) -> Response:
    person = signed_in_viewer()
    talk = queries_talk.find_talk_with(handle, person.id)
    form = _form_of(talk)
    try:
        if form.validate():
            text, key = form.body.data or "", request.form[FIELD]
            said = writing.begin(person.id, talk.other.id, text, key, form.load)
            return see(f"/messages/{said.talk_id}#end")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return _show(talk, form)


@bp.get("/messages/<uuid:talk_id>")
@guard(Access.SIGNED_IN)
def conversation(talk_id: UUID) -> Response:
    talk = queries_talk.find_talk(talk_id, signed_in_viewer().id)
    if request.htmx:
        stretch = queries.stretch(talk, before=_number("before"), after=_number("after"))
        return partial("messages/_stretch.html", talk=talk, stretch=stretch)
    return _show(talk)


@bp.post("/messages/<uuid:talk_id>")
@guard(Access.SIGNED_IN, limit="message")
def send(talk_id: UUID) -> Response:
    person, form = signed_in_viewer(), MessageForm()
    if form.price.data or form.locked.data:
        form = _form_of(queries_talk.find_talk(talk_id, person.id))
    try:
        if form.validate():
            text, key = form.body.data or "", request.form[FIELD]
            return _sent(writing.send(person.id, talk_id, text, key, form.answers.data, form.load))
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return _show(queries_talk.find_talk(talk_id, person.id), form)


@bp.post("/messages/to/<handle>/pay")
@guard(Access.SIGNED_IN)
def pay_for_first_word(handle: str) -> Response:
    try:
        return see(f"/invoices/{opening.open_door(signed_in_viewer().id, handle).id}")
    except NothingToOpen:
        return see(f"/messages/to/{handle}")


@bp.get("/messages/<uuid:talk_id>/changes")
@guard(Access.SIGNED_IN)
def catch_up(talk_id: UUID) -> Response:
    """For a page that may have missed something. Without words: read it anew."""
    talk = queries_talk.find_talk(talk_id, signed_in_viewer().id)
    found = queries.changes(talk, _number("since") or 0)
    if found is None:
        return Response("", 205)
    return partial("messages/_changes.html", talk=talk, changes=found)


@bp.post("/messages/<uuid:talk_id>/seen")
@guard(Access.SIGNED_IN, limit="marks", once=False)
def seen(talk_id: UUID) -> Response:
    form = MarksForm()
    if form.validate():
        delivered, read = form.delivered.data or 0, form.read.data or 0
        marking.seen(signed_in_viewer().id, talk_id, delivered=delivered, read=read)
    return Response("", 204)


@bp.post("/messages/<uuid:talk_id>/typing")
@guard(Access.SIGNED_IN, limit="marks", once=False)
def typing(talk_id: UUID) -> Response:
    person = signed_in_viewer()
    talk = queries_talk.find_talk(talk_id, person.id)
    if not talk.silence and queries_talk.settings_of(person.id).shows_typing:
        live.types(talk)
    return Response("", 204)


@bp.post("/messages/<uuid:talk_id>/draft")
@guard(Access.SIGNED_IN, limit="marks", once=False)
def keep_draft(talk_id: UUID) -> Response:
    talk, form = queries_talk.find_talk(talk_id, signed_in_viewer().id), DraftForm()
    if form.validate():
        marking.keep_draft(talk, form.body.data or "")
    return Response("", 204)


@bp.post("/messages/<uuid:talk_id>/mute")
@guard(Access.SIGNED_IN)
def mute(talk_id: UUID) -> Response:
    talk, on = queries_talk.find_talk(talk_id, signed_in_viewer().id), bool(request.form.get("on"))
    marking.mute(talk, muted=on)
    flash("Muted: it no longer counts as new." if on else "It counts as new again.", "good")
    return see(talk.href)


@bp.post("/messages/<uuid:talk_id>/away")
@guard(Access.SIGNED_IN)
def put_away(talk_id: UUID) -> Response:
    talk, on = queries_talk.find_talk(talk_id, signed_in_viewer().id), bool(request.form.get("on"))
    marking.put_away(talk, away=on)
    flash("Put away. It comes back with the next message." if on else "Back in the list.", "good")
    return see("/messages")


def _show(talk: Talk, form: MessageForm | None = None) -> Response:
    before, around = _number("before"), _number("around")
    stretch = queries.stretch(talk, before=before, after=_number("after"), around=around)
    if talk.id and not stretch.later and form is None and talk.read_seq < talk.last_seq:
        _mark_read(talk)
    if form is None:
        begun = filling.filled(talk.me, request.args) or talk.draft
        shown = _form_of(talk, formdata=None, data={"body": begun, "media": request.args.getlist("media")})
    else:
        shown = form
    context: dict[str, Any] = {
        "talk": talk,
        "stretch": stretch,
        "answers": _answered(talk, form),
        "online": online_among(talk.me, [talk.other.id]),
        "chosen": shown_states(shown.media_ids, talk.me) if shown.media_ids else (),
        "form": shown,
    }
    if form is None:
        return page(PAGE, **context)
    return form_page(PAGE, partial="messages/_composer.html", **context)


def _form_of(talk: Talk, **options: Any) -> MessageForm:
    return MessageForm(talk.currency, sells=talk.i_host, **options)


def _sent(said: Said) -> Response:
    if request.htmx:
        return partial(MESSAGE, said=said)
    return see(f"/messages/{said.talk_id}#end")


def _mark_read(talk: Talk) -> None:
    """Who opens it reads it; nothing else happens, so that a page which is only looked at may do it."""
    if talk.id and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        with transaction():
            marking.seen(talk.me, talk.id, read=talk.last_seq)


def _answered(talk: Talk, form: MessageForm | None) -> Said | None:
    """What the next message is an answer to: `?answer=12`, or what one that was refused says itself."""
    if form is None:
        seq = _number("answer")
    elif form.answers.errors or (form.answers.data or 0) > talk.last_seq:
        return None
    else:
        seq = form.answers.data
    if not (talk.id and seq):
        return None
    said = queries.find_said(talk, seq)
    return None if said.unsent else said


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
