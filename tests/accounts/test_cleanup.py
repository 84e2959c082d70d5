from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from app.accounts import jobs
from app.accounts.models import Challenge, Session
from app.accounts.operations import challenges
from app.extensions import db
from app.kit.clock import FixedClock
from app.platform import audit_chain, audit_verify, cleanup
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.factories.people import a_person, a_session
from tests.page_client import PageClient


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


def test_where_strangers_came_from_is_forgotten_and_the_chain_holds(
    app: Flask, fixed_clock: FixedClock
) -> None:
    mira = a_person(app, "mira")
    visitor = PageClient(app)
    for name in ("nobody", "mira"):
        form = visitor.get("/login").form("/login")
        assert visitor.send(form, identifier=name, password="a guess that fails").status == 422
    with app.app_context(), transaction():
        audit_chain.seal()

    def kept() -> dict[str, bool]:
        with app.app_context():
            failed = select(AuditRecord).where(AuditRecord.action == Action.SIGN_IN_FAILED)
            return {one.subject_id: one.personal is not None for one in db.session.scalars(failed)}

    for days, still in ((89, True), (2, False)):
        fixed_clock.move(timedelta(days=days))
        with app.app_context():
            jobs.forget_strangers()
        assert kept() == {"unknown": still, str(mira.id): True}
    with app.app_context():
        assert audit_verify.verify() is None
