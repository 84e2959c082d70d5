"""A push service, and somebody whose browser knows it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.factories.people import Person, a_person, signed_in
from tests.notifications.push_service import PushService, push_service
from tests.page_client import PageClient


@pytest.fixture(scope="module")
def running() -> Iterator[PushService]:
    with push_service() as service:
        yield service


@pytest.fixture
def service(running: PushService) -> PushService:
    running.taken.clear()
    running.answers.clear()
    running.asked = 0
    return running


@pytest.fixture
def mia(app: Flask) -> Person:
    return a_person(app, "mia")


@pytest.fixture
def at_home(app: Flask, mia: Person) -> PageClient:
    return signed_in(app, mia)
