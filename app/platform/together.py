"""What is written goes to the database in one message, with the statement that comes after it.

    with together():
        db.session.flush()
        bookings.write(entry)

A flush waits after each of its statements for an answer that says nothing. Here those that insert and ask
for nothing back are held, and whatever else is sent takes them along.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from app.extensions import db

NOTHING_ELSE = "select"

# By the driver's connection: what waits there.
_held: dict[Any, list[bytes]] = {}


@contextmanager
def together() -> Iterator[None]:
    connection = db.session.connection()
    by = connection.connection.driver_connection
    held = _held[by] = []
    try:
        try:
            yield
        finally:
            if held:
                connection.exec_driver_sql(NOTHING_ELSE)
    finally:
        del _held[by]


@event.listens_for(Engine, "do_execute")
def _hold(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Whether that was all that is to be done about it."""
    held = _held.get(cursor.connection)
    if held is None:
        return False
    held.append(cursor.mogrify(statement, parameters))
    if not context.isinsert or context.compiled.effective_returning:
        _send(cursor, held)
    return True


@event.listens_for(Engine, "do_executemany")
def _send_before(cursor: Any, *_: object) -> None:
    """One statement for many rows, which the driver sends by itself."""
    if held := _held.get(cursor.connection):
        _send(cursor, held)


def _send(cursor: Any, held: list[bytes]) -> None:
    message = b";\n".join(held)
    held.clear()
    cursor.execute(message)
