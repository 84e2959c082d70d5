"""Servers of the owner's own: whether they answer and are new enough, said before anything starts."""

import psycopg2

from workers.stack.errors import StackError

OLDEST_POSTGRES = 150_000


def check_database(url: str, setting: str = "DATABASE_URL") -> None:
    try:
        connection = psycopg2.connect(url, connect_timeout=5)
    except psycopg2.Error as error:
        raise StackError(f"{setting}: no connection. {str(error).strip()}") from None
    version = connection.server_version
    connection.close()
    if version < OLDEST_POSTGRES:
        raise StackError(f"{setting}: PostgreSQL 15 or newer is needed, this is {version // 10_000}.")


def check_redis(url: str) -> None:
    import redis  # noqa: PLC0415 - slow to import, and only needed here

    from app.platform.redis_address import redis_at  # noqa: PLC0415

    try:
        redis_at(url, socket_connect_timeout=5).ping()
    except redis.RedisError as error:
        raise StackError(f"REDIS_URL: no connection. {error}") from None
