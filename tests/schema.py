"""The schema of the tests: made by the migrations, as everybody else's."""

from functools import cache
from pathlib import Path

from flask_migrate import upgrade
from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.platform.primary import engine_url
from app.platform.settings import settings

ATTEMPTS = 3
MANY = 300
# No trigger is asked, since those of tables that only grow say no.
UNASKED = "-c lock_timeout=10s -c statement_timeout=30s -c session_replication_role=replica"


def make_schema(migrations: Path) -> None:
    upgrade(str(migrations))
    with db.engine.begin() as connection:
        connection.execute(text(_emptying()))


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
    with unasked(settings().direct_url).begin() as connection:
        connection.execute(text("select empty_tables_of_tests()"))


@cache
def unasked(url: str) -> Engine:
    """To change over to asking no trigger, and back, would make PostgreSQL forget all its plans."""
    return create_engine(engine_url(url), pool_size=1, pool_pre_ping=True, connect_args={"options": UNASKED})


def _emptying() -> str:
    """Most tests leave a few rows in a few tables: to delete those takes a tenth of the time of a truncate.

    Those that refer to others come first, so that nothing has to follow. A function, because to plan so many
    questions takes longer than to ask them.
    """
    ours = [table.name for table in reversed(db.metadata.sorted_tables)]
    listed = ", ".join(f"'{name}'" for name in ours)
    filled = ", ".join(f"case when exists (select from \"{name}\") then '{name}' end" for name in ours)
    every = ", ".join(f'"{name}"' for name in ours)
    return f"""
        create or replace function empty_tables_of_tests() returns void language plpgsql as $$
        declare name text; many int; filled text[];
        begin
          filled := array_remove(array[{filled}], null);
          for name in
            select tablename from pg_tables where schemaname = 'public'
              and tablename not in ({listed}, 'alembic_version')
            union all select unnest(filled)
          loop
            execute format('select count(*) from (select from %I limit {MANY + 1}) few', name) into many;
            if many > {MANY} then
              truncate {every} cascade;
            elsif many > 0 then
              execute format('delete from %I', name);
            end if;
          end loop;
        end $$
    """  # noqa: S608 - names of our own tables
