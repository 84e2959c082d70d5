"""What is said in a room can be reported by whoever reads it; a sealed copy is all that moderators see."""

from uuid import UUID

from flask import Flask

from app.chat import words
from app.extensions import db
from app.moderation import subjects
from app.moderation.subjects import Reportable, Subject
from app.platform.errors import NotFound
from app.rooms import queries
from app.rooms.models import RoomMessage
from app.rooms.operations import speaking


def init_app(app: Flask) -> None:
    subjects.register(
        app,
        "room_message",
        Reportable(
            noun="message",
            consequence="The message is removed from the room. That cannot be undone.",
            find=_seen,
            look=_look,
            take_down=speaking.take_down,
            put_back=None,
            copied=True,
        ),
    )


def _seen(message_id: UUID, viewer_id: UUID) -> Subject | None:
    message = db.session.get(RoomMessage, message_id)
    if message is None or message.sealed_body is None or message.user_id == viewer_id:
        return None
    try:
        visit = queries.find_room(message.room_id, viewer_id)
    except NotFound:
        return None
    return _subject(message, words.unseal(message.sealed_body)) if visit.standing.inside else None


def _look(message_id: UUID) -> Subject | None:
    """Not its words: moderators read the copy that was reported."""
    message = db.session.get(RoomMessage, message_id)
    return _subject(message, "") if message else None


def _subject(message: RoomMessage, said: str) -> Subject:
    return Subject(message.id, message.user_id, "A message in a room", said, f"/rooms/{message.room_id}")
