"""What the database holds after a request."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import Select, func, select, text, update

from app.accounts.models import Session
from app.extensions import Model, db
from app.kit import clock
from app.platform.models import AccessEnded
from app.platform.transaction import transaction
from tests.factories.people import Person

WAITING = text(
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)


def waiting() -> int:
    """How many wait for a lock. Asked anew each time: within a transaction the answer stays the same."""
    with db.engine.connect() as connection:
        return int(connection.scalar(WAITING) or 0)


def somebody_waits() -> bool:
    return bool(waiting())


def stored(app: Flask, question: Select[Any]) -> Sequence[Any]:
    with app.app_context():
        return db.session.scalars(question).all()


def count(app: Flask, model: type[Model]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def unseen_end(app: Flask, person: Person) -> None:
    """Every session ends, and this process still remembers them: another one did it, and Redis is away."""
    ended = update(Session).where(Session.user_id == person.id).values(ended_at=clock.now())
    with app.app_context(), transaction():
        for session_id in db.session.scalars(ended.returning(Session.id)):
            db.session.add(AccessEnded(kind="session", user_id=person.id, subject_id=session_id))
