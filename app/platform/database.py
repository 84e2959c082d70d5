"""How the house reaches its database: straight, or with a pooler between them.

A pooler that lends a connection for one transaction (PgBouncer) keeps nothing of a session: what a process
asks for as it connects would be somebody else's in a moment. Then the role itself keeps it (`remember`, with
each migration), and what has a connection of its own goes past the pooler, which may be full or away while
the database is well: migrations, backups, figures, beats, and who watches whose access ended.
"""

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from app.config import Settings
from app.platform.primary import engine_url

# What every statement of the house may rest upon.
SESSION = {"timezone": "UTC", "lock_timeout": "10s", "statement_timeout": "30s"}
# For what looks at the house: it is quick, or left out.
LOOKING = {"timezone": "UTC", "statement_timeout": "2s"}
REMEMBER = text("""
    do $$
    declare name text; value text;
    begin
      for name, value in
        values ('timezone', 'UTC'), ('lock_timeout', '10s'), ('statement_timeout', '30s')
      loop
        execute format('alter role current_user in database %I set %I = %L', current_database(), name, value);
      end loop;
    end $$
""")

DOOR, PROBE = "fanlight.door", "fanlight.probe"


def options(parameters: dict[str, str]) -> str:
    """What libpq is told, so that a session begins with these."""
    return " ".join(f"-c {name}={value}" for name, value in parameters.items())


def session_options(settings: Settings) -> dict[str, str]:
    """Of those who come to the database as visitors' requests do."""
    return {} if settings.pooled else {"options": options(SESSION)}


def remember(connection: Connection) -> None:
    """For every session that the role begins from now on."""
    with connection.begin():
        connection.execute(REMEMBER)


def looking_at(settings: Settings) -> dict[str, Engine]:
    """By the door as visitors come, and straight at the database."""
    probe = _alone(settings.direct_url, options=options(LOOKING))
    door = _alone(settings.database_url) if settings.pooled else probe
    return {DOOR: door, PROBE: probe}


def _alone(url: str, **arguments: str) -> Engine:
    """A connection of its own each time: no full pool and no stale connection speaks for the database."""
    return create_engine(
        engine_url(url),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={"connect_timeout": 2, **arguments},
    )
