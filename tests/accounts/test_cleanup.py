from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import Challenge, Session
from app.accounts.operations import challenges
from app.extensions import db
from app.kit.clock import FixedClock
from app.platform import cleanup
from app.platform.transaction import transaction
from tests.factories.people import a_person, a_session


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return int(db.session.execute(select(func.count()).select_from(model)).scalar_one())


def test_what_was_asked_and_never_answered_goes_after_a_day(app: Flask, fixed_clock: FixedClock) -> None:
    with app.app_context(), transaction():
        challenges.issue("wallet_sign_in", data={}, lifetime=timedelta(minutes=5))
    fixed_clock.move(timedelta(hours=23))
    with app.app_context():
        cleanup.clean()
    assert count(app, Challenge) == 1
    fixed_clock.move(timedelta(hours=2))
    with app.app_context():
        cleanup.clean()
    assert count(app, Challenge) == 0


def test_a_session_is_forgotten_a_month_after_it_ran_out(app: Flask, fixed_clock: FixedClock) -> None:
    a_session(app, a_person(app), remember=False)
    fixed_clock.move(timedelta(days=30))
    with app.app_context():
        cleanup.clean()
    assert count(app, Session) == 1
    fixed_clock.move(timedelta(days=2))
    with app.app_context():
        cleanup.clean()
    assert count(app, Session) == 0
