"""A creator with two tiers, a fan with patience, a clock that is moved, and cards where a test wants them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask

from app.kit import clock
from app.kit.clock import FixedClock
from tests.factories.creators import a_creator, a_tier
from tests.factories.invoices import shop
from tests.factories.people import Person, a_person

BEGIN = datetime(2027, 1, 31, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class House:
    app: Flask
    creator: Person
    fan: Person
    silver: UUID
    gold: UUID


@pytest.fixture
def house(app: Flask, time: FixedClock) -> House:
    shop(app)
    creator = a_creator(app, "ada", display_name="Ada")
    silver = a_tier(app, creator, "Silver", price=500)
    gold = a_tier(app, creator, "Gold", price=1200, price_year=12_000)
    return House(app, creator, a_person(app, "mira"), silver, gold)


@pytest.fixture
def time() -> Iterator[FixedClock]:
    fixed = FixedClock(BEGIN)
    with clock.using(fixed):
        yield fixed


@pytest.fixture
def cards(app: Flask) -> Iterator[None]:
    """The card rail is on; nobody calls the processor, whose word tests say."""
    before = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(update={"stripe_secret_key": "sk_test"})
    try:
        yield
    finally:
        app.extensions["fanlight.settings"] = before
