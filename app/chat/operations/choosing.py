"""What somebody chose for their messages."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.chat.models import ChatSettings
from app.extensions import db
from app.platform import audit
from app.platform.audit import Action


def choose(
    me: UUID,
    *,
    messages_from: str,
    shows_read: bool,
    shows_typing: bool,
    shows_online: bool = True,
    from_rank: int = 0,
    first_price: int | None = None,
) -> None:
    chosen: dict[str, Any] = {
        "messages_from": messages_from,
        "from_rank": from_rank,
        "first_price": first_price,
        "shows_read": shows_read,
        "shows_typing": shows_typing,
        "shows_online": shows_online,
    }
    row = insert(ChatSettings).values(user_id=me, **chosen)
    db.session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=chosen))
    audit.record(Action.CHAT_CHOSEN, actor=me, subject=("user", me), **chosen)
