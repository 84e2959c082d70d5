"""Redis at an address: one server, or the master that its sentinels name at the moment.

    redis://:word@cache.example.org:6379/0
    redis+sentinel://:word@one:26379,two:26379,three:26379/mymaster/0

`rediss+sentinel` speaks TLS with servers and sentinels; `?sentinel_password=` is theirs, where they have one.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.connection import SSLConnection, parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

SENTINEL = "+sentinel"
PORT = 26_379
# A sentinel that is away must not make everybody wait: there are others.
TIMEOUT_SECONDS = 0.5


def redis_at(address: str, **options: Any) -> redis.Redis:
    """Whoever loses a connection asks the sentinels again, and so comes to the new master."""
    parts = urlsplit(address)
    if not parts.scheme.endswith(SENTINEL):
        return redis.Redis.from_url(address, **options)
    scheme = parts.scheme.removesuffix(SENTINEL)
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, number = parts.path.strip("/").partition("/")
    query = dict(parse_qsl(parts.query))
    password = query.pop("sentinel_password", None)
    served = parse_url(f"{scheme}://{user}@host/{number or 0}?{urlencode(query)}")  # type: ignore[no-untyped-call]
    told: dict[str, Any] = {key: value for key, value in served.items() if key != "host"}
    ssl = told.pop("connection_class", None) is SSLConnection
    secured = {key: value for key, value in told.items() if key.startswith("ssl_")}
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        [_place(host) for host in hosts.split(",")],
        sentinel_kwargs={
            "password": password,
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "ssl": ssl,
            **secured,
        },
    )
    master: redis.Redis = sentinels.master_for(name, **told, **options, ssl=ssl)  # type: ignore[no-untyped-call]
    return master


def _place(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    return parts.hostname or "", parts.port or PORT
