"""What somebody may do in a room. Pure: decides from what it is given."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.entitlements.rules import Decision, Step


class Mute(StrEnum):
    MINUTES = "10m"
    HOUR = "1h"
    # They neither write nor read there any more.
    FOR_GOOD = "for_good"


MUTED_FOR = {Mute.MINUTES: timedelta(minutes=10), Mute.HOUR: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to a room."""

    decision: Decision
    is_open: bool
    hosts: bool
    # Named by the host. It counts as long as the room is open to them.
    named: bool
    muted_until: datetime | None

    @property
    def inside(self) -> bool:
        """They may read, hear and be counted."""
        return self.hosts or (self.decision.open and self.is_open)

    @property
    def keeps_order(self) -> bool:
        return self.inside and (self.hosts or self.named)

    def muted(self, at: datetime) -> bool:
        return not self.hosts and self.muted_until is not None and self.muted_until > at


def gate_words(standing: Standing, host: str, tier: str | None) -> tuple[str, str]:
    """Why the room is shut to somebody, and what would open it."""
    decision = standing.decision
    if decision.open:
        return "The room is closed just now", f"{host} opens it when it is time. Look in again later."
    steps = {way.step for way in decision.ways}
    if Step.FOLLOW in steps:
        return "For followers", f"Follow {host}, and you can read along and talk."
    if tier:
        return f"From {tier} on", f"Subscribe to {host}, and you can read along and talk."
    return "For subscribers", f"{host} has no tier to subscribe to just now."
