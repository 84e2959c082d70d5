"""How Alembic reaches the models and the database of the app that called it."""

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.extensions import db

# A migration waits only this long for a table that is in use: the release that runs comes first.
LOCK_TIMEOUT = "4s"
# Two starts at once must not migrate at once.
MIGRATING = 7_301_944


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
        )
        with context.begin_transaction():
            connection.execute(text(f"set local lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database; there is no offline mode.")
run()
