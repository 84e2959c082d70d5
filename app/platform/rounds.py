"""All that is due, some at a time, each once: what cannot be done now stands in nobody's way.

for ids in rounds(due, Invoice.expires_at, Invoice.id, size=100):
    each(ids, expire)
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.extensions import db


def rounds(
    due: ColumnElement[bool],
    since: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[UUID],
    *,
    size: int,
) -> Iterator[list[UUID]]:
    """What is due for the longest time first, and on from there, whatever becomes of those before."""
    last: tuple[Any, UUID] | None = None
    while True:
        found = select(since, key).where(due).order_by(since, key).limit(size)
        if last is not None:
            found = found.where(tuple_(since, key) > last)
        rows = db.session.execute(found).all()
        if rows:
            yield [one[1] for one in rows]
        if len(rows) < size:
            return
        last = rows[-1][0], rows[-1][1]
