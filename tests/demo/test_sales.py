"""What was sold in the demo house: through the books, to the last cent, and only once."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.demo import ties
from app.demo.people import FAN, creators
from app.entitlements.models import Grant
from app.extensions import db
from app.invoices.models import Invoice
from app.kit import clock
from app.ledger import queries as ledger
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform.models import Mail, OutboxEvent
from tests.demo.conftest import SMALL, SOUNDING, seed, sell
from tests.factories.people import Person, signed_in

pytestmark = pytest.mark.timeout(300)
MAKER = creators()[SMALL]
# To its page more people subscribe than to most.
BUSY = "pocket_ludo"


@pytest.fixture(scope="module")
def house(begun: Flask) -> Flask:
    """From three pages is sold."""
    for handle in (SMALL, SOUNDING, BUSY):
        sell(begun, handle)
    return begun


def test_a_creator_earned_something_and_the_books_say_from_what(house: Flask) -> None:
    with house.app_context():
        paid = list(db.session.scalars(select(Invoice).where(Invoice.seller_id == MAKER.id)))
        assert {one.kind for one in paid} >= {"tip", "subscription"}
        assert all(one.state == "paid" for one in paid)
        assert max(one.created_at for one in paid) < clock.now() - timedelta(minutes=30)
        earned = sum(one.total - one.tax - one.fee for one in paid)
        pending, free = (
            ledger.balance(Account(kind, "USD", MAKER.id)).posted
            for kind in (Kind.CREATOR_PENDING, Kind.CREATOR_AVAILABLE)
        )
        assert pending + free == earned > 0
        assert verifying.verify().good
    desk = signed_in(house, Person(MAKER.id, MAKER.handle, MAKER.email))
    assert len(desk.get("/dashboard/tips").soup.select(".rows > li")) > 2
    assert desk.get("/dashboard/earnings").status == 200


def test_whoever_subscribes_has_paid_for_it(house: Flask) -> None:
    with house.app_context():
        for handle in (SMALL, SOUNDING, BUSY):
            page_id = creators()[handle].id
            held = select(Grant.user_id, Grant.cause).where(
                Grant.scope_id == page_id, Grant.kind == "subscription", Grant.revoked_at.is_(None)
            )
            causes = {row.user_id: row.cause for row in db.session.execute(held)}
            assert causes.keys() == {who for who, rank in ties.to(handle) if rank}
            assert not [cause for cause in causes.values() if cause.startswith("demo:")]
        assert sum(rank > 0 for _, rank in ties.to(BUSY)) > 8


def test_the_demos_fan_finds_their_subscription_among_their_own(house: Flask) -> None:
    fan = signed_in(house, Person(FAN.id, FAN.handle, FAN.email))
    assert creators()[SOUNDING].display_name in fan.get("/subscriptions").text


def test_it_is_quiet_and_happens_once(house: Flask) -> None:
    with house.app_context():
        sold = db.session.scalar(select(func.count()).select_from(Invoice))
    sell(house, SMALL)
    with house.app_context():
        assert db.session.scalar(select(func.count()).select_from(Invoice)) == sold
        assert db.session.scalar(select(func.count()).select_from(Mail)) == 0
        waiting = OutboxEvent.topic.like("invoice.%"), OutboxEvent.delivered_at.is_(None)
        assert db.session.scalar(select(func.count()).where(*waiting)) == 0


def test_the_fan_that_everybody_signs_in_as_has_something_to_spend(house: Flask) -> None:
    seed(house)
    with house.app_context():
        assert ledger.balance(Account(Kind.FAN_CREDIT, "USD", FAN.id)).available == 25_00
