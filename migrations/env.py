"""How Alembic reaches the models and the database of the app that called it."""

from alembic import context
from flask import current_app
from sqlalchemy import NullPool, create_engine, text

from app.extensions import db
from app.platform import database
from app.platform.primary import engine_url

# A migration waits only this long for a table that is in use: the release that runs comes first.
LOCK_TIMEOUT = "4s"
# Two starts at once must not migrate at once.
MIGRATING = 7_301_944
# To look through a big table takes longer than any statement of a page may.
OPTIONS = f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT} -c statement_timeout=0"


def run() -> None:
    settings = current_app.extensions["fanlight.settings"]
    url = engine_url(settings.direct_url)
    arguments = {"options": OPTIONS, "application_name": "fanlight-migrations"}
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    # What holds the lock is a connection of its own: a migration that builds an index beside the visitors
    # leaves its transaction.
    with engine.connect() as gate, engine.connect() as connection:
        gate.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
            # What succeeded stays: a second try goes on from there.
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if settings.pooled:
            # Where nothing was to be done, what was read has left a transaction.
            connection.rollback()
            database.remember(connection)


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database; there is no offline mode.")
run()
