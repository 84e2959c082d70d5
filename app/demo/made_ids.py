"""Ids of what demo mode makes: the same for the same edition, so that what is made again replaces itself."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kit import crypto

RANDOM_BITS = 62


@dataclass(frozen=True, slots=True)
class Edition:
    """One filling of the house. All times are told from its moment."""

    at: datetime

    def id(self, at: datetime, *what: object) -> UUID:
        """A UUIDv7 of that moment."""
        noise = int.from_bytes(crypto.digest("/".join(map(str, (self.at.isoformat(), *what))))[:10], "big")
        millis = int(at.timestamp() * 1000)
        low = 0b10 << RANDOM_BITS | noise & (1 << RANDOM_BITS) - 1
        return UUID(int=millis << 80 | 0x7 << 76 | (noise >> 68) << 64 | low)
