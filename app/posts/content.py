"""What an author asks for, checked and ready to be shown. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.entitlements.rules import Audience
from app.kit import clock

# As they stand in the editor, whether they make sense already or not: by field name.
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PollWish:
    question: str
    options: tuple[str, ...]
    several: bool = False
    closes_at: datetime | None = None

    @property
    def over(self) -> bool:
        return self.closes_at is not None and self.closes_at <= clock.now()


@dataclass(frozen=True, slots=True)
class Content:
    title: str = ""
    body: str = ""
    audience: Audience = Audience.PUBLIC
    rank: int = 0
    price: int | None = None
    currency: str = "USD"
    adult: bool = False
    link: dict[str, Any] | None = None
    media: tuple[UUID, ...] = ()
    poll: PollWish | None = None


@dataclass(frozen=True, slots=True)
class Hand:
    """Which open editor saves, and what it knows.

    `saves` is the save that it has seen, None of a script that looked at none; `stroke` counts what was
    typed in it, so that one of its own that comes late is known for that. `over`: the save of somebody
    else that it was shown and may replace.
    """

    page: str
    saves: int | None
    stroke: int = 0
    over: int | None = None
