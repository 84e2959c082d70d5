"""What carries a notice to somebody who is not looking. Mail is ours; others are registered:

    channels.register(app, Channel.PUSH, Transport(send, reaches))

`send(user_id, notice)`, inside the transaction, asks for work and talks to nobody; it says to how many
devices it goes. `reaches(person)` is a column: for whom it reaches nothing, nothing waits. A channel that
nothing carries is neither offered nor used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import ColumnElement

from app.notifications.kinds import Channel

PLACE = "fanlight.notification_channels"
OWN = (Channel.PAGE, Channel.MAIL)


@dataclass(frozen=True, slots=True)
class Notice:
    title: str
    body: str
    # From our root.
    href: str
    # What a newer one takes the place of.
    tag: str


@dataclass(frozen=True, slots=True)
class Transport:
    send: Callable[[UUID, Notice], int]
    reaches: Callable[[ColumnElement[UUID]], ColumnElement[bool]]


def register(app: Flask, channel: Channel, transport: Transport) -> None:
    app.extensions.setdefault(PLACE, {})[channel] = transport


def transport(channel: Channel) -> Transport | None:
    known: dict[Channel, Transport] = current_app.extensions.get(PLACE, {})
    return known.get(channel)


def available() -> list[Channel]:
    return [channel for channel in Channel if channel in OWN or transport(channel)]
