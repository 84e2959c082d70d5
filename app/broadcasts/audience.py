"""To whom a broadcast goes: what was chosen, how it is kept, and how it is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Self
from uuid import UUID

from app.kit import languages
from app.kit.money import readable

WHO = {
    "everyone": "Everybody who follows or subscribes",
    "followers": "Followers",
    "subscribers": "Subscribers",
    "lapsed": "Those who subscribed, and no longer do",
}
DAYS = ("since", "until")


@dataclass(frozen=True, slots=True)
class Audience:
    who: str = "everyone"
    # Of subscribers: of any tier, if none is named.
    tiers: tuple[UUID, ...] = ()
    # Whoever paid this creator as much, or more.
    spent: int | None = None
    currency: str = ""
    # Days: who came on the first or later, and before the second.
    since: date | None = None
    until: date | None = None
    # Of those who say that they read it.
    language: str = ""

    @property
    def kept(self) -> dict[str, Any]:
        return {
            "who": self.who,
            "tiers": [str(one) for one in self.tiers],
            "spent": self.spent,
            "currency": self.currency,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "language": self.language,
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        since, until = (date.fromisoformat(day) if (day := kept.get(name)) else None for name in DAYS)
        tiers = tuple(UUID(one) for one in kept.get("tiers", ()))
        who = kept.get("who", "everyone")
        language = kept.get("language", "")
        return cls(who, tiers, kept.get("spent"), kept.get("currency", ""), since, until, language)

    def said(self, names: Mapping[UUID, str]) -> str:
        """In words, with what the tiers are called."""
        parts = [WHO[self.who]]
        if self.tiers:
            called = [names.get(one, "a tier that is gone") for one in self.tiers]
            parts[0] = f"Subscribers of {_listed(called)}"
        if self.spent is not None:
            parts.append(f"who paid you {readable(self.spent, self.currency)} or more")
        if self.since:
            parts.append(f"who came on {self.since:%-d %B %Y} or later")
        if self.until:
            parts.append(f"who came before {self.until:%-d %B %Y}")
        if self.language:
            parts.append(f"who read {languages.NAMES.get(self.language, self.language)}")
        return ", ".join(parts)


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
