"""The same windows in PostgreSQL, for what must be counted while Redis is away.

Committed at once on a connection of its own: a request that is refused was made all the same. The
window is cut into slices, and the oldest is counted whole: never more than allowed, at times less.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from app.extensions import db
from app.kit import clock
from app.platform.limits.quotas import Quota, Verdict
from app.platform.limits.window import Window

SLICES = 15

LOCK = text("select pg_advisory_xact_lock(hashtextextended(:key, 0))")
READ = text(
    "select bucket, count as used from rate_counters where key = :key and bucket >= :since order by bucket"
)
ADD = text("""
    insert into rate_counters (key, bucket, count, expires_at) values (:key, :bucket, 1, :expires)
    on conflict (key, bucket) do update set count = rate_counters.count + 1
""")
GIVE_BACK = text("""
    with given as (delete from rate_counters where key = :key returning bucket, count)
    update rate_counters counted set count = greatest(counted.count - given.count, 0)
    from given where counted.key = :other and counted.bucket = given.bucket
""")


def take(windows: Sequence[Window]) -> list[Verdict]:
    now = clock.now().timestamp()
    with db.engine.begin() as connection:
        for key, _ in sorted(windows, key=lambda window: window[0]):
            connection.execute(LOCK, {"key": key})
        verdicts = [_look(connection, key, quota, now) for key, quota in windows]
        if not any(verdict.wait for verdict in verdicts):
            for key, quota in windows:
                _add(connection, key, quota, now)
    return verdicts


def give_back(key: str, other: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(GIVE_BACK, {"key": key, "other": other})


def _look(connection: Connection, key: str, quota: Quota, now: float) -> Verdict:
    width = quota.seconds / SLICES
    rows = connection.execute(READ, {"key": key, "since": int((now - quota.seconds) // width)}).all()
    left = quota.amount - sum(row.used for row in rows)
    if left > 0:
        return Verdict(quota, left - 1)
    for bucket, used in rows:
        left += used
        if left > 0:
            return Verdict(quota, 0, (bucket + 1) * width + quota.seconds - now)
    return Verdict(quota, 0, quota.seconds)


def _add(connection: Connection, key: str, quota: Quota, now: float) -> None:
    expires = datetime.fromtimestamp(now + 2 * quota.seconds, UTC)
    bucket = int(now // (quota.seconds / SLICES))
    connection.execute(ADD, {"key": key, "bucket": bucket, "expires": expires})
