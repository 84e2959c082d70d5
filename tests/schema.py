"""The schema of the tests: made by the migrations, as everybody else's."""

from pathlib import Path

from flask_migrate import upgrade
from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.extensions import db

KEPT = {"alembic_version"}
ATTEMPTS = 3


def make_schema(migrations: Path) -> None:
    upgrade(str(migrations))


def empty_tables() -> None:
    """A web process that still works for the test before may stand in the way once."""
    for _ in range(ATTEMPTS):
        try:
            return _empty_tables()
        except OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected | LockNotAvailable):
                raise
    return _empty_tables()


def _empty_tables() -> None:
    with db.engine.begin() as connection:
        names = connection.execute(
            text("select tablename from pg_tables where schemaname = 'public'")
        ).scalars()
        tables = ", ".join(f'"{name}"' for name in names if name not in KEPT)
        connection.execute(text(f"truncate {tables} cascade"))
