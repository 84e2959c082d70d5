"""UUIDv7 (RFC 9562): ordered by time of making, so that indexes grow at their end."""

from uuid import UUID

from app.kit import chance, clock


def new_id() -> UUID:
    millis = int(clock.now().timestamp() * 1000)
    noise = int.from_bytes(chance.token_bytes(10), "big")
    value = (millis & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (noise >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | noise & (1 << 62) - 1
    return UUID(int=value)


def parse_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
