import pytest
from flask import Flask

from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person
from tests.rooms.rooms import a_room, came_long_ago, subscribes


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", display_name="Mara Ellison")


@pytest.fixture
def ben(app: Flask, mara: Person) -> Person:
    """A subscriber."""
    ben = a_person(app, "ben")
    came_long_ago(app, ben)
    subscribes(app, ben, mara)
    return ben


@pytest.fixture
def room(app: Flask, mara: Person) -> str:
    return a_room(app, mara)
