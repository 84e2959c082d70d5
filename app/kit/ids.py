"""UUIDv7 (RFC 9562): ordered by time of making, so that indexes grow at their end.

Within a process also those of one millisecond are in order, so that lists by id show what came first.
"""

from datetime import UTC, datetime
from threading import Lock
from uuid import UUID

from app.kit import chance, clock

MILLIS_AT, VERSION_AT, VARIANT_AT = 80, 76, 62
# The first of a millisecond leaves room above it; the next ones go up by a random step.
FIRST_BITS, STEP_BITS = 61, 40

_one_at_a_time = Lock()
_last = 0


def new_id() -> UUID:
    global _last  # noqa: PLW0603 - what came before is what order is about
    millis = int(clock.now().timestamp() * 1000) & (1 << 48) - 1
    noise = int.from_bytes(chance.token_bytes(10), "big")
    with _one_at_a_time:
        if _last >> MILLIS_AT == millis:
            _last += 1 + (noise & (1 << STEP_BITS) - 1)
        else:
            _last = millis << MILLIS_AT | 0x7 << VERSION_AT | (noise >> 68) << 64
            _last |= 0b10 << VARIANT_AT | noise & (1 << FIRST_BITS) - 1
        return UUID(int=_last)


def first_of(moment: datetime) -> UUID:
    """No id made from this moment on comes before it."""
    return UUID(int=int(moment.timestamp() * 1000) << MILLIS_AT)


def made_at(id_: UUID) -> datetime:
    return datetime.fromtimestamp((id_.int >> MILLIS_AT) / 1000, UTC)


def parse_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
