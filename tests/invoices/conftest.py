"""A house that collects tax in the European Union."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.entitlements.models import Grant
from app.extensions import db
from app.invoices.jobs import expire, release
from app.invoices.models import Attempt, BillingDetails
from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger import queries as ledger
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform.transaction import transaction
from tests.factories.invoices import Shop, shop
from tests.factories.people import Person


@pytest.fixture(autouse=True)
def shelves(app: Flask) -> Shop:
    return shop(app)


@pytest.fixture
def taxed(app: Flask) -> Iterator[Flask]:
    before = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(update={"tax_countries": ["EU"]})
    try:
        yield app
    finally:
        app.extensions["fanlight.settings"] = before


def lives_in(app: Flask, person: Person, country: str) -> None:
    with app.app_context(), transaction():
        db.session.add(BillingDetails(user_id=person.id, country=country))


def later(app: Flask, by: timedelta) -> None:
    """Time goes by, and the clock's jobs run."""
    with app.app_context(), clock.using(FixedClock(clock.now() + by)):
        expire()
        release()


def balance(app: Flask, kind: Kind, owner: Person | None = None, currency: str = "USD") -> int:
    with app.app_context():
        return ledger.balance(Account(kind, currency, owner.id if owner else None)).posted


def opened(app: Flask, person: Person, subject: UUID) -> bool:
    with app.app_context():
        living = db.session.query(Grant).filter_by(user_id=person.id, scope_id=subject, revoked_at=None)
        return living.count() == 1


def the_attempt(app: Flask, attempt_id: UUID) -> Attempt:
    with app.app_context():
        return db.session.get_one(Attempt, attempt_id, populate_existing=True)


def whole(app: Flask) -> bool:
    with app.app_context():
        return verifying.verify().good
