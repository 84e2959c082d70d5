"""What there is to be told about, and by which channels. Features register their kinds in create_app.

A kind is what one switches on and off; its events are what happens, each with a line for the page:

    kinds.register(app, Kind("likes", "Likes", "...", {Channel.PAGE: Default.ON}, events=(
        Event("liked", "{actors} liked “{title}”", icon="heart", bundled=True, social=True),
    )))

What tells of them is `operations/telling.py`; an event with a `letter` is told by that mail's being written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from string import Formatter
from typing import cast

from flask import Flask, current_app

from app.platform.viewer import Role

KEY, EVENTS, LETTERS = (
    "fanlight.notification_kinds",
    "fanlight.notification_events",
    "fanlight.notification_letters",
)
ACTORS = "actors"
# So long a mail waits for more of the same, and for its reader to look by themselves.
MAIL_PAUSE = timedelta(minutes=5)


class Channel(StrEnum):
    PAGE = "page"
    MAIL = "mail"
    PUSH = "push"


class Default(StrEnum):
    ON = "on"
    OFF = "off"
    # Sent whatever one prefers, because without it nobody could defend their account.
    LOCKED_ON = "locked_on"

    @property
    def enabled(self) -> bool:
        return self is not Default.OFF


class Family(StrEnum):
    """What the page is looked through by."""

    PEOPLE = "people"
    POSTS = "posts"
    MONEY = "money"
    HOUSE = "house"

    @property
    def label(self) -> str:
        return "The house" if self is Family.HOUSE else self.capitalize()


@dataclass(frozen=True, slots=True)
class Event:
    """`one` and `many`: the sentence, of its words and of {actors}: "Mara", "Mara and 11 others"."""

    name: str
    one: str
    many: str = ""
    icon: str = "bell"
    # The mail that tells of it already (templates/mail). We send none, and its being written makes the line.
    letter: str = ""
    # Whoever tells of it sends a mail of their own beside.
    mailed_by_teller: bool = False
    # Where the line leads, if not where the letter's link does.
    href: str = ""
    # Of several people about the same thing, one line until it is read.
    bundled: bool = False
    # Bundled, and of the same person nothing new: a like that was taken back and given again.
    once: bool = False
    # Somebody did it, and is not heard of by whom they are hidden from. Money is told of all the same.
    social: bool = False
    # An answer to what one did oneself a moment ago: it is listed, and calls nobody.
    quiet: bool = False
    # A door of its own says how much is new where it leads, and open pages hear of it from there: the line is
    # listed and does not count once more.
    counted_there: bool = False
    pause: timedelta = MAIL_PAUSE

    def sentence(self, count: int) -> str:
        return self.many if self.many and count > 1 else self.one

    @property
    def mailed(self) -> bool:
        """By us."""
        return not (self.letter or self.mailed_by_teller)

    @property
    def words(self) -> frozenset[str]:
        """The names of what stands in its sentences, but for the people."""
        return named(self.one) | named(self.many)


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    label: str
    about: str
    channels: Mapping[Channel, Default]
    locked_because: str = ""
    events: tuple[Event, ...] = ()
    family: Family = Family.HOUSE
    # Whom it can happen to; nobody else is offered it.
    role: Role | None = None

    def can_change(self, channel: Channel) -> bool:
        return channel in self.channels and self.channels[channel] is not Default.LOCKED_ON

    @property
    def mails(self) -> bool:
        """Whether we write mails of it, beside letters of its own."""
        return Channel.MAIL in self.channels and any(event.mailed for event in self.events)


def named(sentence: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name) - {ACTORS}


def register(app: Flask, kind: Kind) -> None:
    known: dict[str, Kind] = app.extensions.setdefault(KEY, {})
    events: dict[str, tuple[Kind, Event]] = app.extensions.setdefault(EVENTS, {})
    letters: dict[str, tuple[Kind, Event]] = app.extensions.setdefault(LETTERS, {})
    if kind.name in known or any(event.name in events for event in kind.events):
        raise ValueError(f"{kind.name} is registered twice")
    known[kind.name] = kind
    for event in kind.events:
        events[event.name] = kind, event
        if event.letter:
            letters[event.letter] = kind, event


def all_kinds() -> list[Kind]:
    return list(_known().values())


def find(name: str) -> Kind | None:
    return _known().get(name)


def events() -> Mapping[str, tuple[Kind, Event]]:
    return cast(dict[str, tuple[Kind, Event]], current_app.extensions.get(EVENTS, {}))


def told_by(letter: str) -> tuple[Kind, Event] | None:
    """The event that is told by this mail."""
    known: dict[str, tuple[Kind, Event]] = current_app.extensions.get(LETTERS, {})
    return known.get(letter)


def events_of(families: Iterable[Family]) -> list[str]:
    wanted = set(families)
    return [name for name, (kind, _) in events().items() if kind.family in wanted]


def _known() -> dict[str, Kind]:
    return cast(dict[str, Kind], current_app.extensions.get(KEY, {}))
