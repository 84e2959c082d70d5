"""A line of the status page: what it is about, how it is, and what to do where that is not well."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.platform.watching.figures import Look
from app.watching.advice import DO

if TYPE_CHECKING:
    from app.platform.watching.models import NotedFact

MINUTE, HOUR, DAY = 60, 3_600, 24 * 3_600
UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


class State(StrEnum):
    """From well to ill."""

    GOOD = "good"
    # Nothing is wrong, and nobody knows: not set up, or not yet.
    UNKNOWN = "unknown"
    WARN = "warn"
    BAD = "bad"

    @property
    def needs_somebody(self) -> bool:
        return self in {State.WARN, State.BAD}


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    state: State
    said: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: list[Line]

    @property
    def state(self) -> State:
        return max((line.state for line in self.lines), key=list(State).index, default=State.GOOD)


@dataclass(frozen=True, slots=True)
class Known:
    look: Look
    facts: "Mapping[str, NotedFact]"
    # Whether visitors come by https, and whether mail leaves the house.
    secure: bool
    mails: bool

    def number(self, name: str, **labels: str) -> float:
        return self.look.value(name, **labels) or 0.0

    def sum(self, name: str) -> float:
        return sum(value for _, value in self.look.of(name))


def line(key: str, what: str, said: str, *, warn: bool = False, bad: bool = False) -> Line:
    state = State.BAD if bad else State.WARN if warn else State.GOOD
    return Line(what, state, said, DO[key] if state.needs_somebody else "")


def late(key: str, what: str, seconds: float, limits: tuple[float, float], said: str = "") -> Line:
    waits = f"The oldest waits for {span(seconds)}." if seconds >= 1 else "Nothing waits."
    return line(key, what, said or waits, warn=seconds > limits[0], bad=seconds > limits[1])


def many(count: float, one: str, more: str) -> str:
    return f"{count:.0f} {one if count == 1 else more}"


def span(seconds: float) -> str:
    for size, one in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= size:
            return many(seconds // size, one, f"{one}s")
    return many(seconds // 1, "second", "seconds")


def size(count: float) -> str:
    unit, word = next((unit for unit in UNITS if count >= unit[0]), (1.0, "bytes"))
    return f"{count / unit:.1f} {word}" if unit > 1e6 else f"{count / unit:.0f} {word}"
