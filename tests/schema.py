"""The schema of the tests: made by the migrations, as everybody else's."""

from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import text

from app.extensions import db

KEPT = {"alembic_version"}


def make_schema(migrations: Path) -> None:
    if any((migrations / "versions").glob("*.py")):
        upgrade(str(migrations))
        return
    db.create_all()
    for script in sorted((migrations / "sql").glob("*.sql")):
        with db.engine.begin() as connection:
            connection.exec_driver_sql(script.read_text())


def empty_tables() -> None:
    with db.engine.begin() as connection:
        # Cheaper than truncating all: most tests touch few tables. Triggers stay out of the way.
        names = connection.execute(
            text("select tablename from pg_tables where schemaname = 'public'")
        ).scalars()
        tables = ", ".join(f'"{name}"' for name in names if name not in KEPT)
        if tables:
            connection.execute(text(f"truncate {tables} cascade"))
