"""Who follows a creator, and whom they do not want here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts.queries import find_by_handle
from app.creators import queries
from app.creators.errors import NobodyLikeThat
from app.creators.forms.people import BlockForm
from app.creators.models import Block, Follow
from app.creators.operations import following
from app.creators.queries import Place
from app.creators.views import bp
from app.creators.views.desk import HOME, own_page
from app.kit.ids import parse_id
from app.kit.text import clean_line
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, safe_next, see
from app.platform.web import page_behind

LIST = "creators/people.html"
# Asked wherever somebody can be blocked.
BLOCK, BLOCK_SHEET = "creators/block.html", "creators/_block_sheet.html"
PEOPLE, BLOCKED = f"{HOME}/people", f"{HOME}/people/blocked"
SEARCH_MAX = 50


@bp.get(PEOPLE)
@guard(Access.CREATOR)
def followers() -> Response:
    return page(LIST, **_people(Follow, PEOPLE))


@bp.get(BLOCKED)
@guard(Access.CREATOR)
def blocked() -> Response:
    return page(LIST, **_people(Block, BLOCKED), form=BlockForm(formdata=None))


@bp.post(f"{PEOPLE}/block")
@guard(Access.CREATOR)
def block_by_handle() -> Response:
    creator, form = own_page(), BlockForm()
    try:
        if form.validate():
            person, _ = find_by_handle(form.handle.data or "")
            if person is None:
                raise NobodyLikeThat
            _block(creator.id, person.id)
            return see(BLOCKED)
    except Refused as refused:
        form.refuse(NobodyLikeThat() if isinstance(refused, NotFound) else refused)
    return form_page(LIST, **_people(Block, BLOCKED), form=form)


@bp.get(f"{PEOPLE}/<uuid:user_id>/block")
@guard(Access.CREATOR)
def ask_to_block(user_id: UUID) -> Response:
    """Asked first: it may end a subscription."""
    person = queries.the_blockable(user_id)
    action = f"{PEOPLE}/{person.id}/block"
    return page(BLOCK, partial=BLOCK_SHEET, person=person, action=action, back=_back(request.args))


@bp.post(f"{PEOPLE}/<uuid:user_id>/block")
@guard(Access.CREATOR)
def block(user_id: UUID) -> Response:
    _block(own_page().id, user_id)
    return see(_back(request.form))


@bp.post(f"{PEOPLE}/<uuid:user_id>/unblock")
@guard(Access.CREATOR)
def unblock(user_id: UUID) -> Response:
    following.unblock(own_page().id, user_id)
    flash("They may come in again.", "good")
    return see(BLOCKED)


def _block(creator_id: UUID, user_id: UUID) -> None:
    following.block(creator_id, queries.the_blockable(user_id).id)
    flash("Blocked. They do not see your page or your posts any more.", "good")


def _back(asked: Mapping[str, str]) -> str:
    return safe_next(asked.get("next"), PEOPLE)


def _people(ties: type[Follow] | type[Block], address: str) -> dict[str, Any]:
    words = clean_line(request.args.get("q"))[:SEARCH_MAX]
    after = _place(request.args.get("after", ""))
    people, older = queries.people(ties, own_page().id, words, after)
    return {
        "people": people,
        "older": f"{older[0].timestamp():.6f}_{older[1]}" if older else None,
        "paged": after is not None,
        "words": words,
        "address": address,
        "here": page_behind(),
        "blocked": ties is Block,
    }


def _place(text: str) -> Place | None:
    """None for what is no place: such an address begins at the top."""
    at, _, user_id = text.partition("_")
    known = parse_id(user_id)
    try:
        return (datetime.fromtimestamp(float(at), UTC), known) if known else None
    except (ValueError, OverflowError, OSError):
        return None
