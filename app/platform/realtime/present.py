"""How many people listen to a topic: each process of sockets writes down its own (presence.py)."""

from collections.abc import Mapping

from app.kit import clock
from app.platform.cache import cache

# What a process wrote that is gone counts no longer than this.
FRESH_SECONDS = 10


def present(topic: str) -> int:
    """For a page that is just made. Nobody, while Redis is away."""
    nobody: Mapping[bytes, bytes] = {}
    return sum_of(cache().attempt(lambda r: r.hgetall(key(topic)), nobody))  # type: ignore[arg-type, return-value]


def key(topic: str) -> str:
    return f"live:present:{topic}"


def sum_of(counts: Mapping[bytes, bytes]) -> int:
    oldest = clock.now().timestamp() - FRESH_SECONDS
    pairs = (value.decode().split(":") for value in counts.values())
    return sum(int(count) for count, at in pairs if int(at) > oldest)
