"""A place in a list of posts, newest first: in addresses, and as what a statement compares with."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LONGEST = 64


@dataclass(frozen=True, slots=True, order=True)
class Place:
    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // MICROSECOND:x}-{self.id.hex}"

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """None for what is no place: such an address begins at the top."""
        if not text or len(text) > LONGEST or not text.isascii():
            return None
        at, _, post_id = text.partition("-")
        try:
            return cls(EPOCH + int(at, 16) * MICROSECOND, UUID(post_id))
        except (ValueError, OverflowError):
            return None

    @property
    def included(self) -> "Place":
        """As the end of what is older than something, so that this one is among it."""
        return Place(self.at, UUID(int=min(self.id.int + 1, LAST.id.int)))


FIRST = Place(EPOCH, UUID(int=0))
LAST = Place(datetime.max.replace(tzinfo=UTC), UUID(int=(1 << 128) - 1))
