"""No news from a creator, or news again."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.broadcasts.models import Quiet
from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action


def quiet(user_id: UUID, creator_id: UUID, *, on: bool) -> None:
    pair = {"user_id": user_id, "creator_id": creator_id}
    if on:
        row = insert(Quiet).values(**pair, created_at=clock.now())
        db.session.execute(row.on_conflict_do_nothing())
    else:
        db.session.execute(delete(Quiet).filter_by(**pair))
    audit.record(Action.NEWS_MUTED, actor=user_id, subject=("user", creator_id), on=on)
