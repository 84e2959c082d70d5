"""A message can be reported by the one it was sent to; what they report is all that anybody reads."""

from uuid import UUID

from flask import Flask

from app.chat import queries, queries_talk
from app.chat.models import Message, Parcel
from app.chat.operations import writing
from app.entitlements.rules import Lock
from app.extensions import db
from app.media import holders
from app.media.holders import Showing
from app.moderation import subjects
from app.moderation.queries import may_look
from app.moderation.subjects import Files, Reportable, Subject
from app.platform.errors import NotFound

KIND, REPORTED = "message", "reported"


def init_app(app: Flask) -> None:
    holders.register(REPORTED, _showing)
    subjects.register(
        app,
        KIND,
        Reportable(
            noun="message",
            consequence="The message is taken back, for both of them. That cannot be undone.",
            find=_seen,
            look=_look,
            take_down=writing.take_down,
            put_back=None,
            copied=True,
            files=_files,
        ),
    )


def _seen(message_id: UUID, viewer_id: UUID) -> Subject | None:
    message = db.session.get(Message, message_id)
    if message is None or message.unsent_at or message.user_id == viewer_id:
        return None
    try:
        talk = queries_talk.find_talk(message.conversation_id, viewer_id)
    except NotFound:
        return None
    said = queries.find_said(talk, message.seq)
    read = [said.body or said.line, said.parcel.words if said.parcel else ""]
    return _subject(message, "\n\n".join(filter(None, read)))


def _files(message_id: UUID) -> Files | None:
    message = db.session.get(Message, message_id)
    parcel = db.session.get(Parcel, message.parcel_id) if message and message.parcel_id else None
    return Files((REPORTED, message_id), parcel.media) if parcel else None


def _showing(message_id: UUID) -> Showing | None:
    """To whoever decides about the report, and for as long as it waits."""
    message, files = db.session.get(Message, message_id), _files(message_id)
    if message is None or files is None:
        return None
    return Showing(
        Lock(message_id, message.user_id),
        frozenset(UUID(one["id"]) for one in files.media),
        known_to=lambda viewer: viewer is not None and may_look(viewer, KIND, message_id),
    )


def _look(message_id: UUID) -> Subject | None:
    """Not its words: moderators read the copy that was reported."""
    message = db.session.get(Message, message_id)
    return _subject(message, "") if message else None


def _subject(message: Message, text: str) -> Subject:
    return Subject(message.id, message.user_id, "A message", text, f"/messages/{message.conversation_id}")
