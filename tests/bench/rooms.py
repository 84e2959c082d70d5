"""P7: all write at once into one room, whose row gives them their order, beside as many rooms as writers."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from flask import Flask

from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from app.rooms.operations import speaking
from tests.bench.harness import Bench, Samples, interleaved, measure
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person
from tests.rooms.rooms import a_room, came_long_ago, id_of, subscribes

WRITERS, LINES = 4, 60


@measure("P7", "one_room_against_four", goal=">= 0.5")
def one_room_against_four(bench: Bench) -> Samples:
    """Messages a second."""
    rooms, people = _world(bench.house)
    _rate(bench.house, rooms, people)
    one = [rooms[0]] * WRITERS
    return interleaved(
        lambda: _rate(bench.house, rooms, people), lambda: _rate(bench.house, one, people), rounds=9
    )


def _world(house: Flask) -> tuple[list[UUID], list[Person]]:
    hosts, people = ([make(house) for _ in range(WRITERS)] for make in (a_creator, a_person))
    for person in people:
        came_long_ago(house, person)
        for host in hosts:
            subscribes(house, person, host)
    return [id_of(a_room(house, host)) for host in hosts], people


def _rate(house: Flask, rooms: Sequence[UUID], people: Sequence[Person]) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(lambda pair: _talk(house, *pair), zip(rooms, people, strict=True)))
    return WRITERS * LINES / (time.perf_counter() - begun)


def _talk(house: Flask, room: UUID, person: Person) -> None:
    with house.app_context():
        for number in range(LINES):
            with transaction():
                speaking.say(person.id, room, f"Line {number}", new_key())
