"""Who was told something with many hears of it by the channels that they chose for it.

What was told stands in their messages, and counts there; so all of these are off until somebody wants them,
and nothing is written for the others.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask import Flask

from app.chat.live import Told
from app.chat.telling import subject
from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Event, Family, Kind
from app.notifications.operations.telling import About, tell_each

# One line for each creator, until their conversation is read.
TOLD = Event(
    "told",
    "{actors} wrote to their fans",
    icon="send",
    counted_there=True,
    pause=timedelta(minutes=15),
)


def init_app(app: Flask) -> None:
    kinds.register(
        app,
        Kind(
            "broadcasts",
            "News from creators",
            "That a creator wrote to many at once. It counts at Messages either way.",
            {Channel.PAGE: Default.OFF, Channel.MAIL: Default.OFF, Channel.PUSH: Default.OFF},
            events=(TOLD,),
            family=Family.PEOPLE,
        ),
    )


def told(creator_id: UUID, people: Sequence[Told]) -> None:
    """Who may be told was decided when they were (chat/rules.py)."""
    called = [one for one in people if not one.muted]
    about = {one.user_id: About(subject(one.talk_id), f"/messages/{one.talk_id}") for one in called}
    tell_each(TOLD.name, about, actor=creator_id)
