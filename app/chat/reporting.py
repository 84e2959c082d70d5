"""A message can be reported by the one it was sent to; what they report is all that anybody reads."""

from uuid import UUID

from flask import Flask

from app.chat import queries_talk, words
from app.chat.models import Message
from app.chat.operations import writing
from app.extensions import db
from app.moderation import subjects
from app.moderation.subjects import Reportable, Subject
from app.platform.errors import NotFound


def init_app(app: Flask) -> None:
    subjects.register(
        app,
        "message",
        Reportable(
            noun="message",
            consequence="The message is taken back, for both of them. That cannot be undone.",
            find=_seen,
            look=_look,
            take_down=writing.take_down,
            put_back=_stays_gone,
            copied=True,
        ),
    )


def _seen(message_id: UUID, viewer_id: UUID) -> Subject | None:
    message = db.session.get(Message, message_id)
    if message is None or message.unsent_at or message.user_id == viewer_id:
        return None
    try:
        queries_talk.find_talk(message.conversation_id, viewer_id)
    except NotFound:
        return None
    return _subject(message, words.unseal(message.sealed_body))


def _look(message_id: UUID) -> Subject | None:
    """Not its words: moderators read the copy that was reported."""
    message = db.session.get(Message, message_id)
    return _subject(message, "") if message else None


def _subject(message: Message, text: str) -> Subject:
    return Subject(message.id, message.user_id, "A message", text, f"/messages/{message.conversation_id}")


def _stays_gone(message_id: UUID) -> None:
    """The words are gone: a report that was taken back cannot bring them back."""
