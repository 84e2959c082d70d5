"""What somebody chose for their messages."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.chat.models import ChatSettings
from app.extensions import db
from app.platform import audit
from app.platform.audit import Action


@dataclass(frozen=True, slots=True)
class Choice:
    messages_from: str = "everyone"
    # Of "subscribers": from which tier on. Of "paid": for how much.
    from_rank: int = 0
    first_price: int | None = None
    shows_read: bool = True
    shows_typing: bool = True
    shows_online: bool = True


def choose(me: UUID, choice: Choice) -> None:
    chosen = asdict(choice)
    row = insert(ChatSettings).values(user_id=me, **chosen)
    db.session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=chosen))
    audit.record(Action.CHAT_CHOSEN, actor=me, subject=("user", me), **chosen)


def follow_its_tier(creator_id: UUID, ranks: Mapping[int, int]) -> None:
    """The tier from which on they take messages may stand above others now, or below."""
    chosen = db.session.get(ChatSettings, creator_id)
    if chosen is not None:
        chosen.from_rank = ranks.get(chosen.from_rank, chosen.from_rank)
