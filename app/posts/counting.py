"""How often posts were looked at: counted in Redis while pages are answered, written now and then.

No row is written for a view, and no page waits for Redis longer than the cache lets it. What Redis
loses is lost.
"""

from collections.abc import Mapping
from uuid import UUID

import redis
from sqlalchemy import BigInteger, Uuid, column, update, values

from app.extensions import db
from app.kit.ids import parse_id
from app.platform import schedule
from app.platform.cache import cache
from app.platform.transaction import transaction
from app.posts.models import Post

COUNTED, TAKEN = "posts:views", "posts:views:taken"
SECONDS = 10


def viewed(post_id: UUID) -> None:
    cache().attempt(lambda connection: connection.hincrby(COUNTED, str(post_id), 1), otherwise=None)


@schedule.every(SECONDS, "posts.views")
def write_views() -> None:
    """What was taken before and not written, first: a killed scheduler counts at worst a few twice."""
    nothing: Mapping[UUID, int] = {}
    while found := cache().attempt(_take, otherwise=nothing):
        with transaction():
            _add(found)
        cache().attempt(lambda connection: connection.delete(TAKEN), otherwise=None)


def _take(connection: "redis.Redis") -> Mapping[UUID, int]:
    if not connection.exists(TAKEN):
        if not connection.exists(COUNTED):
            return {}
        connection.rename(COUNTED, TAKEN)
    counted: dict[bytes, bytes] = connection.hgetall(TAKEN)  # type: ignore[assignment]
    return {post_id: int(times) for key, times in counted.items() if (post_id := parse_id(key.decode()))}


def _add(found: Mapping[UUID, int]) -> None:
    """In the order of their ids, so that two who write do not wait in a circle."""
    seen = values(column("id", Uuid), column("times", BigInteger), name="seen").data(sorted(found.items()))
    db.session.execute(
        update(Post)
        .where(Post.id == seen.c.id)
        .values(views=Post.views + seen.c.times)
        .execution_options(synchronize_session=False)
    )
