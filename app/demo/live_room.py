"""The live room of the demo's creator, open to followers, with what was said there this evening.

words/room.txt: `whose | what it is called | how many hours ago it began`, and a line for each that was said.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from app.demo.people import everybody
from app.demo.texts import WORDS
from app.entitlements.rules import Audience
from app.kit import clock
from app.rooms.operations import keeping, speaking
from app.rooms.operations.keeping import Wish

PAUSE = timedelta(minutes=3)
ON_TOP = 1


def put_in(here: Collection[UUID], at: datetime) -> None:
    """Only where all of them came just now."""
    ids = {person.handle: person.id for person in everybody()}
    first, *lines = (WORDS / "room.txt").read_text().splitlines()
    whose, name, hours = first.split(" | ")
    said = [line.split(": ", 1) for line in lines]
    if not {ids[who] for who, _ in said} <= set(here):
        return
    host, began = ids[whose], at - timedelta(hours=int(hours))
    room_id = keeping.keep(host, Wish(name, Audience.FOLLOWERS, 0, is_open=True, slow_seconds=0))
    for number, (who, words) in enumerate(said):
        with clock.as_then(began + number * PAUSE):
            speaking.say(ids[who], room_id, words, f"demo-{number}")
    keeping.pin(host, room_id, ON_TOP)
