"""How far a provider's own list was read."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.payments.models import ChainCursor


def read_until(source: str, at: datetime) -> None:
    made = insert(ChainCursor).values(address=source, at=at)
    db.session.execute(made.on_conflict_do_update(index_elements=["address"], set_={"at": at}))
