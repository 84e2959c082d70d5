"""The schema of the tests: made by the migrations, as everybody else's."""

from functools import cache
from pathlib import Path

from flask_migrate import upgrade
from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.extensions import db

ATTEMPTS = 3
MANY = 300


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
        connection.execute(text(_emptying()))


@cache
def _emptying() -> str:
    """Most tests leave a few rows in a few tables: to delete those takes a tenth of the time of a truncate.

    Those that refer to others come first, so that nothing has to follow; and no trigger is asked, since those
    of tables that only grow say no.
    """
    ours = [table.name for table in reversed(db.metadata.sorted_tables)]
    listed = ", ".join(f"'{name}'" for name in ours)
    every = ", ".join(f'"{name}"' for name in ours)
    return f"""
        do $$
        declare name text; many int;
        begin
          perform set_config('session_replication_role', 'replica', true);
          for name in
            select tablename from pg_tables where schemaname = 'public'
              and tablename not in ({listed}, 'alembic_version')
            union all select unnest(array[{listed}])
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
