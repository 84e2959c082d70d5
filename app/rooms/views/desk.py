"""A creator's desk for their room: its door, its pace, who keeps order and who is muted."""

from typing import Any
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.creators import queries as creators
from app.creators.views.desk import HOME, own_page
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.rooms import queries
from app.rooms.forms import ModeratorForm, RoomForm
from app.rooms.models import Room
from app.rooms.operations import keeping
from app.rooms.views import bp

PAGE, ADDRESS = "rooms/desk.html", f"{HOME}/room"


@bp.get(ADDRESS)
@guard(Access.CREATOR)
def desk() -> Response:
    creator_id = own_page().id
    room = queries.room_of(creator_id)
    form = RoomForm(creators.tiers_of(creator_id), room, blank=True)
    return page(PAGE, form=form, **_shown(room))


@bp.post(ADDRESS)
@guard(Access.CREATOR)
def keep() -> Response:
    creator_id = own_page().id
    room = queries.room_of(creator_id)
    form = RoomForm(creators.tiers_of(creator_id), room)
    if not form.validate():
        return form_page(PAGE, form=form, **_shown(room))
    keeping.keep(creator_id, form.wish)
    flash("Saved." if room else "Your room is there. Its door stands on your page.", "good")
    return see(ADDRESS)


@bp.post(f"{ADDRESS}/moderators")
@guard(Access.CREATOR)
def name_moderator() -> Response:
    creator_id, named = own_page().id, ModeratorForm()
    try:
        if named.validate():
            keeping.name_moderator(creator_id, named.handle.data or "")
            flash("They keep order with you now.", "good")
            return see(ADDRESS)
    except NotFound:
        raise
    except Refused as refused:
        named.refuse(refused)
    room = queries.room_of(creator_id)
    form = RoomForm(creators.tiers_of(creator_id), room, blank=True)
    return form_page(PAGE, form=form, **_shown(room, named))


@bp.post(f"{ADDRESS}/moderators/<uuid:user_id>/dismiss")
@guard(Access.CREATOR)
def dismiss(user_id: UUID) -> Response:
    keeping.let_moderator_go(own_page().id, user_id)
    flash("They keep order no longer.", "good")
    return see(ADDRESS)


@bp.post(f"{ADDRESS}/people/<uuid:user_id>/unmute")
@guard(Access.CREATOR)
def unmute(user_id: UUID) -> Response:
    keeping.unmute(own_page().id, user_id)
    flash("They may write again.", "good")
    return see(ADDRESS)


def _shown(room: Room | None, named: ModeratorForm | None = None) -> dict[str, Any]:
    found = queries.parts(room) if room else []
    return {
        "room": room,
        "named": named or ModeratorForm(formdata=None),
        "moderators": [one for one in found if one.moderates],
        "muted": [one for one in found if not one.moderates],
    }
