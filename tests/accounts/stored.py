"""What the database holds after a request."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import Select, func, select, text

from app.extensions import Model, db

WAITING = text(
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)


def somebody_waits() -> bool:
    """For a lock. Asked anew each time: within a transaction the answer stays the same."""
    with db.engine.connect() as connection:
        return bool(connection.scalar(WAITING))


def stored(app: Flask, question: Select[Any]) -> Sequence[Any]:
    with app.app_context():
        return db.session.scalars(question).all()


def count(app: Flask, model: type[Model]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0
