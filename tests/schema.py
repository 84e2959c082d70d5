"""The schema of the tests: made by the migrations, as everybody else's."""

from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import text

from app.extensions import db

KEPT = {"alembic_version"}


def make_schema(migrations: Path) -> None:
    upgrade(str(migrations))


def empty_tables() -> None:
    with db.engine.begin() as connection:
        names = connection.execute(
            text("select tablename from pg_tables where schemaname = 'public'")
        ).scalars()
        tables = ", ".join(f'"{name}"' for name in names if name not in KEPT)
        connection.execute(text(f"truncate {tables} cascade"))
