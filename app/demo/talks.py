"""What some of the demo house have written to each other, by the operations that everything goes through.

words/talks.txt: `who | with whom | how many hours ago it began`, and a line for each thing that was said.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.chat.operations import writing
from app.demo.people import everybody
from app.demo.texts import WORDS
from app.kit import clock

PAUSE = timedelta(minutes=11)


@dataclass(frozen=True, slots=True)
class Talk:
    pair: tuple[str, str]
    hours_ago: int
    lines: list[tuple[str, str]] = field(default_factory=list)


def put_in(here: Collection[UUID], at: datetime) -> None:
    """Only between those who came just now: what others wrote to each other is theirs."""
    ids = {person.handle: person.id for person in everybody()}
    for talk in read():
        if all(ids[handle] in here for handle in talk.pair):
            _talk(talk, ids, at - timedelta(hours=talk.hours_ago))


def read() -> Iterator[Talk]:
    talk: Talk | None = None
    for line in (WORDS / "talks.txt").read_text().splitlines():
        if " | " in line:
            if talk:
                yield talk
            one, other, hours = line.split(" | ")
            talk = Talk((one, other), int(hours))
        elif talk and ": " in line:
            who, _, words = line.partition(": ")
            talk.lines.append((who, words))
    if talk:
        yield talk


def _talk(talk: Talk, ids: dict[str, UUID], began: datetime) -> None:
    for number, (who, words) in enumerate(talk.lines):
        other = next(handle for handle in talk.pair if handle != who)
        with clock.as_then(began + number * PAUSE):
            writing.begin(ids[who], ids[other], words, f"demo-{number}")
