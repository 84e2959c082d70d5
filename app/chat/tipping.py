"""Tips within a conversation: one that is paid is said there, with its words."""

from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.chat import numbering
from app.chat.models import Conversation, Message
from app.chat.operations import writing
from app.extensions import db
from app.tips import hearing
from app.tips.models import Tip

# What a tip is given on.
TALK, MESSAGE = "talk", "message"


def init_app(app: Flask) -> None:
    hearing.listen(app, _heard)


def _heard(tip: Tip) -> None:
    """Paid, taken back, or paid after all: said once, and shown as it stands."""
    if tip.on_kind not in {TALK, MESSAGE}:
        return
    about = db.session.get(Message, tip.on_id) if tip.on_kind == MESSAGE else None
    talk_id = about.conversation_id if about else _talk(tip.on_id)
    if talk_id is None:
        return
    numbering.lock(talk_id)
    key = f"tip:{tip.id}"
    said = db.session.scalars(
        select(Message).where(Message.conversation_id == talk_id, Message.key == key)
    ).one_or_none()
    if said is not None:
        numbering.changed(said)
    elif tip.paid_at is not None and tip.returned_at is None:
        writing.note_tip(tip, talk_id, key, about.seq if about else None)


def _talk(conversation_id: UUID) -> UUID | None:
    return db.session.scalar(select(Conversation.id).where(Conversation.id == conversation_id))
