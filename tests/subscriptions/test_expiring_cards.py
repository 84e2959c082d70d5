"""A card that renews something expires: its owner hears of it a month before."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.extensions import db
from app.kit.clock import FixedClock
from app.payments.models import PaymentMethod
from app.platform import schedule
from app.platform.models import Mail
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person, signed_in
from tests.factories.subscriptions import a_card, subscribed_by_card
from tests.subscriptions.conftest import House

LAST_DAY = datetime(2027, 3, 31, 12, tzinfo=UTC)
A_MONTH = timedelta(days=30)

pytestmark = pytest.mark.usefixtures("cards")


def sweep(app: Flask) -> None:
    job = next(job for job in schedule.jobs() if job.name == "payments.card_ends")
    with app.app_context():
        job.run()


def told(app: Flask, person: Person) -> int:
    with app.app_context():
        return db.session.query(Mail).filter_by(user_id=person.id, template="card_ends").count()


def a_renewing_fan(house: House) -> Person:
    fan = a_person(house.app)
    subscribed_by_card(house.app, fan, house.creator, house.gold)
    good_until(house.app, fan, 2027, 3)
    return fan


def good_until(app: Flask, fan: Person, year: int, month: int) -> None:
    with app.app_context(), transaction():
        found = db.session.query(PaymentMethod).filter_by(user_id=fan.id).one()
        found.exp_year, found.exp_month = year, month


def test_it_is_told_once_a_month_before(house: House, time: FixedClock) -> None:
    fan = a_renewing_fan(house)
    for before in (datetime(2027, 3, 1, tzinfo=UTC) - timedelta(days=1), LAST_DAY - A_MONTH):
        time.at = before
        sweep(house.app)
        assert told(house.app, fan) == 0
    time.move(timedelta(days=1))
    for _ in range(2):
        sweep(house.app)
    assert told(house.app, fan) == 1
    with house.app.app_context():
        assert db.session.query(PaymentMethod).filter_by(user_id=fan.id).one().end_told is not None


def test_a_card_that_became_good_for_longer_is_told_of_again(house: House, time: FixedClock) -> None:
    fan = a_renewing_fan(house)
    time.at = LAST_DAY - timedelta(days=10)
    sweep(house.app)
    good_until(house.app, fan, 2028, 3)
    sweep(house.app)
    assert told(house.app, fan) == 1
    time.at = datetime(2028, 3, 20, tzinfo=UTC)
    sweep(house.app)
    assert told(house.app, fan) == 2


def test_a_card_that_pays_for_nothing_is_not_told_of(house: House, time: FixedClock) -> None:
    a_card(house.app, house.fan, exp_year=2027, exp_month=3)
    time.at = LAST_DAY - timedelta(days=10)
    sweep(house.app)
    assert told(house.app, house.fan) == 0


def test_whoever_wants_no_mail_about_cards_gets_none(house: House, time: FixedClock) -> None:
    fan = a_renewing_fan(house)
    page = signed_in(house.app, fan)
    wishes = page.get("/settings/notifications").form("/settings/notifications")
    page.send(wishes, shown="cards.mail")
    time.at = LAST_DAY - timedelta(days=10)
    sweep(house.app)
    assert told(house.app, fan) == 0


def test_many_are_told_in_one_sweep(house: House, time: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.payments.telling.BATCH", 2)
    fans = [a_renewing_fan(house) for _ in range(4)]
    time.at = LAST_DAY - timedelta(days=10)
    sweep(house.app)
    assert [told(house.app, fan) for fan in fans] == [1] * 4
