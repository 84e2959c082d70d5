"""How many statements something sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event

from app.extensions import db
from app.platform import prepared


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    """The statements sent meanwhile, in order."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    prepared.listeners.append(sent.append)
    try:
        yield sent
    finally:
        prepared.listeners.remove(sent.append)
        event.remove(engine, "before_cursor_execute", note)
