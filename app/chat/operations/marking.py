"""How far somebody got, what they typed and did not send, and where they put a conversation."""

from uuid import UUID

from sqlalchemy import func, or_, select, update

from app.chat import live, queries_talk, telling, words
from app.chat.models import Conversation, Member
from app.chat.queries_talk import Talk
from app.extensions import db


def seen(me: UUID, conversation_id: UUID, *, delivered: int = 0, read: int = 0) -> bool:
    """Marks go forward only, and no further than what was said. Whether one did."""
    # Whoever writes just now is waited for: otherwise what they write would count as read.
    newest = select(Conversation.last_seq).where(Conversation.id == conversation_id)
    last = db.session.scalar(newest.with_for_update(read=True)) or 0
    read_to, delivered_to = min(last, read), min(last, max(delivered, read))
    moved = (
        update(Member)
        .where(
            Member.conversation_id == conversation_id,
            Member.user_id == me,
            or_(Member.read_seq < read_to, Member.delivered_seq < delivered_to),
        )
        .values(
            read_seq=func.greatest(Member.read_seq, read_to),
            delivered_seq=func.greatest(Member.delivered_seq, delivered_to),
            waits=func.greatest(Member.read_seq, read_to) < last,
        )
        .returning(Member.other_id, Member.delivered_seq, Member.read_seq)
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(moved).first()
    if row is None:
        return False
    live.marked(me, conversation_id, read=row.read_seq)
    if row.read_seq == last:
        telling.was_read(conversation_id, me)
    if queries_talk.both_show_read(me, row.other_id):
        live.got_to(row.other_id, conversation_id, delivered=row.delivered_seq, read=row.read_seq)
    return True


def keep_draft(talk: Talk, text: str) -> None:
    _set(talk, sealed_draft=words.seal(text) if text else None)


def mute(talk: Talk, *, muted: bool) -> None:
    _set(talk, muted=muted)


def put_away(talk: Talk, *, away: bool) -> None:
    _set(talk, away=away)


def _set(talk: Talk, **values: object) -> None:
    row = update(Member).where(Member.conversation_id == talk.id, Member.user_id == talk.me)
    db.session.execute(row.values(**values).execution_options(synchronize_session=False))
