"""One broadcast: looked at before it goes out, on its way, and what became of it."""

from typing import Any
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.broadcasts import queries, queries_people
from app.broadcasts.forms import SendForm
from app.broadcasts.operations import drafting, sending, taking_back
from app.broadcasts.queries import Shown
from app.broadcasts.views import HOME, bp
from app.chat.queries import Said, as_sent
from app.creators.views.desk import own_page
from app.kit import clock
from app.kit.ids import new_id
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, partial, see

PAGE, PROGRESS = "broadcasts/one.html", "broadcasts/_progress.html"
ONE = f"{HOME}/<uuid:broadcast_id>"


@bp.get(ONE)
@guard(Access.CREATOR)
def broadcast(broadcast_id: UUID) -> Response:
    return page(PAGE, **_context(queries.show(own_page().id, broadcast_id)))


@bp.get(f"{ONE}/progress")
@guard(Access.CREATOR)
def progress(broadcast_id: UUID) -> Response:
    """Asked again and again while it goes out."""
    creator_id = own_page().id
    shown = queries.show(creator_id, broadcast_id)
    response = partial(PROGRESS, shown=shown, shows_read=queries.shows_read(creator_id))
    if not shown.under_way:
        # Its head, and what can be done now, are others.
        response.headers["HX-Refresh"] = "true"
    return response


@bp.post(f"{ONE}/send")
@guard(Access.CREATOR)
def send_broadcast(broadcast_id: UUID) -> Response:
    creator_id, form = own_page().id, SendForm()
    shown = queries.show(creator_id, broadcast_id)
    try:
        if form.validate():
            sending.send(creator_id, broadcast_id, form.seen.data or 0)
            return see(shown.href)
    except NotFound:
        raise
    except Refused as refused:
        form.form_errors.append(refused.message)
    return form_page(PAGE, **_context(shown, form))


@bp.post(f"{ONE}/take-back")
@guard(Access.CREATOR)
def take_back_broadcast(broadcast_id: UUID) -> Response:
    sending.take_back(own_page().id, broadcast_id)
    flash("It does not go out by itself any more.", "good")
    return see(f"{HOME}/{broadcast_id}")


@bp.post(f"{ONE}/stop")
@guard(Access.CREATOR)
def stop_broadcast(broadcast_id: UUID) -> Response:
    sending.stop(own_page().id, broadcast_id)
    return see(f"{HOME}/{broadcast_id}")


@bp.post(f"{ONE}/unsend")
@guard(Access.CREATOR)
def unsend_broadcast(broadcast_id: UUID) -> Response:
    """From everybody who was told."""
    taking_back.take_back(own_page().id, broadcast_id)
    return see(f"{HOME}/{broadcast_id}")


@bp.post(f"{ONE}/delete")
@guard(Access.CREATOR)
def delete_broadcast(broadcast_id: UUID) -> Response:
    drafting.remove(own_page().id, broadcast_id)
    flash("Deleted.", "good")
    return see(HOME)


def _context(shown: Shown, form: SendForm | None = None) -> dict[str, Any]:
    waits = shown.of.state in drafting.EDITABLE
    return {
        "shown": shown,
        "said": _as_fans_see_it(shown),
        "form": form or SendForm(formdata=None),
        "count": queries_people.how_many(shown.of.creator_id, shown.audience) if waits else None,
        "shows_read": queries.shows_read(shown.of.creator_id),
        "revocable": taking_back.may_take_back(shown.of),
    }


def _as_fans_see_it(shown: Shown) -> Said:
    return Said(
        talk_id=new_id(),
        id=new_id(),
        seq=1,
        change=1,
        key="",
        author_id=shown.of.creator_id,
        mine=False,
        body=shown.words,
        answers=None,
        reactions=(),
        at=shown.of.begun_at or shown.of.send_at or clock.now(),
        edited=False,
        unsent=False,
        parcel=as_sent(shown.parcel) if shown.parcel else None,
    )
