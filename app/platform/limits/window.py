"""An exact sliding window in Redis: a sorted set of moments, asked and filled in one round trip."""

from collections.abc import Sequence

import redis

from app.kit import chance, clock
from app.platform.cache import Cache
from app.platform.limits.quotas import Quota, Verdict

# All windows of a call grant, or none of them counts. Their keys share a {tag}, so that a cluster
# holds them in one place.
TAKE = """
local now, full, answers = tonumber(ARGV[1]), false, {}
for i, key in ipairs(KEYS) do
  local amount, span = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
  redis.call('zremrangebyscore', key, '-inf', now - span)
  local used, wait = redis.call('zcard', key), 0
  if used >= amount then
    local leaving = redis.call('zrange', key, used - amount, used - amount, 'withscores')
    wait, full = leaving[2] + span - now, true
  end
  answers[i] = {math.max(amount - used, 0), wait}
end
if not full then
  for i, key in ipairs(KEYS) do
    redis.call('zadd', key, now, ARGV[2])
    redis.call('pexpire', key, math.ceil(ARGV[2 + 2 * i] / 1000))
    answers[i][1] = answers[i][1] - 1
  end
end
return answers
"""

# What was counted in the first window is taken out of the second too.
GIVE_BACK = """
local members = redis.call('zrange', KEYS[1], 0, -1)
if #members > 0 then redis.call('zrem', KEYS[2], unpack(members)) end
redis.call('del', KEYS[1])
return 1
"""

MICRO = 1_000_000

Window = tuple[str, Quota]


def take(cache: Cache, windows: Sequence[Window]) -> list[Verdict] | None:
    """One verdict a window; None without Redis."""
    keys = [key for key, _ in windows]
    arguments: list[int | str] = [int(clock.now().timestamp() * MICRO), chance.token(9)]
    for _, quota in windows:
        arguments += [quota.amount, quota.seconds * MICRO]

    def ask(client: redis.Redis) -> list[tuple[int, int]]:
        answers: list[tuple[int, int]] = client.register_script(TAKE)(keys, arguments)
        return answers

    answers = cache.attempt(ask, otherwise=None)
    if answers is None:
        return None
    return [
        Verdict(quota, left, wait / MICRO) for (_, quota), (left, wait) in zip(windows, answers, strict=True)
    ]


def give_back(cache: Cache, key: str, other: str) -> bool:
    """False without Redis."""
    return cache.attempt(lambda r: bool(r.register_script(GIVE_BACK)([key, other])), otherwise=False)
