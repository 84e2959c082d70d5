"""What there is to be told about, and by which channels. Features register their kinds in create_app."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from flask import Flask, current_app

KEY = "fanlight.notification_kinds"


class Channel(StrEnum):
    MAIL = "mail"


class Default(StrEnum):
    ON = "on"
    OFF = "off"
    # Sent whatever one prefers, because without it nobody could defend their account.
    LOCKED_ON = "locked_on"

    @property
    def enabled(self) -> bool:
        return self is not Default.OFF


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    label: str
    about: str
    channels: Mapping[Channel, Default]
    locked_because: str = ""

    def can_change(self, channel: Channel) -> bool:
        return channel in self.channels and self.channels[channel] is not Default.LOCKED_ON


def register(app: Flask, kind: Kind) -> None:
    known: dict[str, Kind] = app.extensions.setdefault(KEY, {})
    if kind.name in known:
        raise ValueError(f"{kind.name} is registered twice")
    known[kind.name] = kind


def all_kinds() -> list[Kind]:
    return list(_known().values())


def find(name: str) -> Kind | None:
    return _known().get(name)


def _known() -> dict[str, Kind]:
    return cast(dict[str, Kind], current_app.extensions.get(KEY, {}))
