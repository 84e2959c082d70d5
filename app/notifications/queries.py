"""What a person wants to be told, how and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.extensions import db
from app.notifications import channels, kinds
from app.notifications.kinds import Channel, Kind
from app.notifications.models import NotificationPreference, NotificationSettings


@dataclass(frozen=True, slots=True)
class Switch:
    """One kind over one channel, as this person has set it."""

    kind: Kind
    channel: Channel
    enabled: bool

    @property
    def name(self) -> str:
        return f"{self.kind.name}.{self.channel}"

    @property
    def locked(self) -> bool:
        return not self.kind.can_change(self.channel)


def wants(user_id: UUID, kind_name: str, channel: Channel) -> bool:
    """Asked by whoever is about to send."""
    kind = kinds.find(kind_name)
    if kind is None or channel not in kind.channels:
        return False
    chosen = None
    if kind.can_change(channel):
        chosen = db.session.get(NotificationPreference, (user_id, kind_name, channel.value))
    return chosen.enabled if chosen else kind.channels[channel].enabled


def switches(user_id: UUID) -> list[Switch]:
    """Of the channels that there are."""
    rows = db.session.scalars(select(NotificationPreference).where(NotificationPreference.user_id == user_id))
    chosen = {(row.kind, row.channel): row.enabled for row in rows}
    return [
        Switch(kind, channel, _enabled(kind, channel, chosen))
        for kind in kinds.all_kinds()
        for channel in channels.available()
        if channel in kind.channels
    ]


def settings_of(user_id: UUID) -> NotificationSettings:
    return db.session.get(NotificationSettings, user_id) or NotificationSettings(
        user_id=user_id, zone="UTC", mails="at_once"
    )


def _enabled(kind: Kind, channel: Channel, chosen: Mapping[tuple[str, str], bool]) -> bool:
    default = kind.channels[channel].enabled
    return chosen.get((kind.name, channel), default) if kind.can_change(channel) else default
