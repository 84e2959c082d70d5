"""Numbers of messages and of changes, and word of them to the open pages of both.

Whatever changes a conversation takes its next number under the lock of its row, so that the order is the same
for both, and whoever missed something asks for what came after the last number they saw.
"""

from uuid import UUID

from sqlalchemy import select, text

from app.chat import live
from app.chat.models import Conversation, Message
from app.extensions import db

NEXT = text("""
    update conversations set last_seq = last_seq + :more, last_change = last_change + 1
    where id = :talk returning last_seq, last_change
""")


def next_number(conversation_id: UUID, *, message: bool = False) -> tuple[int, int]:
    """The numbers of the newest message and of this change."""
    seq, change = db.session.execute(NEXT, {"talk": conversation_id, "more": int(message)}).one()
    return seq, change


def changed(message: Message) -> None:
    """Something about it is different now for both, whoever did it."""
    pair = lock(message.conversation_id)
    _, message.change = next_number(message.conversation_id)
    db.session.flush()
    live.touched(pair, message.conversation_id, message.user_id, message.seq, message.change)


def lock(conversation_id: UUID) -> tuple[UUID, UUID]:
    """The two who have it. Nobody else changes it before this transaction ends."""
    pair = select(Conversation.low_id, Conversation.high_id).where(Conversation.id == conversation_id)
    low, high = db.session.execute(pair.with_for_update()).one()
    return low, high
