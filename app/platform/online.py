"""Who has a page open now, as the realtime processes note it in Redis. Without Redis nobody is shown."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import redis

from app.platform.cache import cache


def key_of(user_id: object) -> str:
    return f"online:{user_id}"


def here(user_ids: Collection[UUID]) -> frozenset[UUID]:
    """Of these, asked in one round trip."""
    keys = {key_of(user_id): user_id for user_id in user_ids}
    nothing: list[Any] = []
    noted = cache().attempt(lambda client: _read(client, list(keys)), otherwise=nothing) if keys else nothing
    return frozenset(user_id for user_id, one in zip(keys.values(), noted, strict=False) if one)


def _read(client: redis.Redis, keys: list[str]) -> list[Any]:
    found: list[Any] = client.mget(keys)
    return found
