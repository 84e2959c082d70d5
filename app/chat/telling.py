"""Somebody who is not here hears that there is a message; what it says is read where it was written."""

from datetime import timedelta
from uuid import UUID

from flask import Flask

from app.chat.models import Conversation, Member
from app.extensions import db
from app.kit import clock
from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Event, Family, Kind
from app.notifications.operations.telling import settle, tell
from app.platform import work

TELL = "chat.tell"
# Whoever looks has read it by then.
PAUSE = timedelta(seconds=10)
WROTE = Event("wrote", "{actors} wrote to you", icon="message", social=True, pause=timedelta(minutes=15))


def init_app(app: Flask) -> None:
    kinds.register(
        app,
        Kind(
            "messages",
            "Messages",
            "That somebody wrote to you, never what. Talks that you muted stay silent.",
            {Channel.MAIL: Default.OFF, Channel.PUSH: Default.ON},
            events=(WROTE,),
            family=Family.PEOPLE,
        ),
    )


def soon(conversation_id: UUID, to: UUID) -> None:
    """However much comes meanwhile, it is looked at once."""
    payload = {"conversation_id": str(conversation_id), "to": str(to)}
    key = f"{TELL}:{conversation_id}:{to}"
    work.enqueue(TELL, payload, due_at=clock.now() + PAUSE, unique_key=key)


def waiting(conversation_id: UUID, to: UUID) -> None:
    """Unless it was read.

    Under the conversation's lock, as it is written: whoever writes meanwhile asks for this very work, which
    runs and so is not asked for again. They come before this looks, or after it is done.
    """
    db.session.get(Conversation, conversation_id, with_for_update=True)
    member = db.session.get(Member, (conversation_id, to))
    if member and member.waits and not member.muted and not member.away:
        href = f"/messages/{conversation_id}"
        tell(WROTE.name, to=to, subject=subject(conversation_id), href=href, actor=member.other_id)


def was_read(conversation_id: UUID, by: UUID) -> None:
    """Of what was told many there is a line about the same, which the feature that told it writes."""
    settle(by, subject(conversation_id))


def subject(conversation_id: UUID) -> str:
    return f"talk:{conversation_id}"
