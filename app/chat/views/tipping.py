"""A tip in a conversation, or on one message of it."""

from uuid import UUID

from werkzeug.wrappers import Response

from app.chat import queries, queries_talk
from app.chat.queries_talk import Talk
from app.chat.tipping import MESSAGE, TALK
from app.chat.views import bp
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.viewer import signed_in_viewer
from app.tips import giving_pages
from app.tips.queries import Target, credit_with


@bp.get("/messages/<uuid:talk_id>/tip")
@guard(Access.SIGNED_IN)
def ask_in_talk(talk_id: UUID) -> Response:
    return giving_pages.ask(_target(_talk(talk_id)))


@bp.post("/messages/<uuid:talk_id>/tip")
@guard(Access.SIGNED_IN)
def tip_in_talk(talk_id: UUID) -> Response:
    return giving_pages.give(_target(_talk(talk_id)))


@bp.get("/messages/<uuid:talk_id>/<int:seq>/tip")
@guard(Access.SIGNED_IN)
def ask_on_message(talk_id: UUID, seq: int) -> Response:
    return giving_pages.ask(_on_message(talk_id, seq))


@bp.post("/messages/<uuid:talk_id>/<int:seq>/tip")
@guard(Access.SIGNED_IN)
def tip_message(talk_id: UUID, seq: int) -> Response:
    return giving_pages.give(_on_message(talk_id, seq))


def _talk(talk_id: UUID) -> Talk:
    """With a creator who may be given something."""
    talk = queries_talk.find_talk(talk_id, signed_in_viewer().id)
    if not talk.tips or talk.apart:
        raise NotFound
    return talk


def _target(talk: Talk) -> Target:
    assert talk.id is not None
    credit = credit_with(talk.other.id, talk.me)
    return Target(TALK, talk.id, talk.other, talk.their_currency, credit, "", talk.href)


def _on_message(talk_id: UUID, seq: int) -> Target:
    talk = _talk(talk_id)
    said = queries.find_said(talk, seq)
    if said.mine or said.unsent:
        raise NotFound
    credit = credit_with(talk.other.id, talk.me)
    return Target(MESSAGE, said.id, talk.other, talk.their_currency, credit, "a message", said.href)
