"""How far a list was read, and what was seen when somebody looked the last time."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.payments.models import ChainCursor


def read_until(source: str, at: datetime) -> None:
    _remember(source, {"at": at})


def saw(name: str, what: str) -> None:
    _remember(name, {"last_signature": what, "at": clock.now()})


def _remember(name: str, values: dict[str, Any]) -> None:
    made = insert(ChainCursor).values(address=name, **values)
    db.session.execute(made.on_conflict_do_update(index_elements=["address"], set_=values))
