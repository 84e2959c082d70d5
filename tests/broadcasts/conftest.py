"""A creator, her desk, and those who follow her."""

import pytest
from flask import Flask

from tests.factories.creators import a_creator, follows
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def host(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


@pytest.fixture
def ben(app: Flask, mara: Person) -> Person:
    ben = a_person(app, "ben")
    follows(app, ben, mara)
    return ben


@pytest.fixture
def fans(app: Flask, mara: Person, ben: Person) -> list[Person]:
    zoe = a_person(app, "zoe")
    follows(app, zoe, mara)
    return [ben, zoe]
