"""Leaving: easy to ask for, easy to take back, thorough when it happens."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.accounts import jobs
from app.accounts.errors import HandleTaken
from app.accounts.models import User
from app.accounts.operations import handles
from app.config import Settings
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform import audit_chain, audit_verify, personal_data, work
from app.platform.models import AccessEnded, AuditRecord, Mail
from app.platform.transaction import transaction
from tests.accounts import taking_over
from tests.factories.lives import FORMER, HANDLE, IDENTIFYING, a_full_life
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page, PageClient
from tests.platform.houses import a_house

GRACE = timedelta(days=14, minutes=1)


def ask(client: PageClient, handle: str) -> Page:
    form = client.get("/settings/data/delete").form("/settings/data/delete")
    return client.send(form, handle=handle, understood="y", gives_up="y")


def erase_due(app: Flask) -> None:
    with app.app_context():
        jobs.erase_due()
        work.drain()
        jobs.forget_farewells()


def user_row(app: Flask, person: Person) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


def mails(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        rows = db.session.execute(select(Mail.template, Mail.recipient).order_by(Mail.id))
        return [(row.template, row.recipient) for row in rows]


def traces(app: Flask, words: tuple[str, ...]) -> set[tuple[str, str]]:
    """Where any of these words stands, in whatever column of whatever table."""
    found = set()
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.tables:
            for word in words:
                seen = text(f"select 1 from {table} t where t::text ilike :word limit 1")  # noqa: S608
                if connection.execute(seen, {"word": f"%{word}%"}).first():
                    found.add((table, word))
    return found


@pytest.fixture
def somebody(app: Flask) -> Person:
    return a_person(app, "Lea_Ving")


@pytest.fixture
def hold(app: Flask) -> Iterator[list[str]]:
    """Reasons of a feature that come and go."""
    reasons: list[str] = []
    holds = personal_data.registry(app).holds
    personal_data.hold(app, "payouts", lambda user_id: reasons[0] if reasons else None)
    yield reasons
    del holds["payouts"]


def test_asking_gives_two_weeks_ends_other_browsers_and_tells_by_mail(app: Flask, somebody: Person) -> None:
    here, elsewhere = signed_in(app, somebody), signed_in(app, somebody)
    answer = ask(here, "Lea_Ving")
    assert "going to be deleted" in answer.text
    assert elsewhere.get("/settings/data", follow=False).location.startswith("/login")
    due = user_row(app, somebody).deletion_due_at
    assert due is not None
    assert mails(app) == [("deletion_scheduled", somebody.email)]


def test_until_then_every_settings_page_says_so_and_offers_to_stay(app: Flask, somebody: Person) -> None:
    client = signed_in(app, somebody)
    ask(client, "Lea_Ving")
    for path in ("/settings/data", "/settings/notifications", "/settings/profile"):
        assert client.get(path).has_form("/settings/data/delete/cancel"), path


@pytest.mark.parametrize("typed", ["lea_ving", "  @Lea_Ving "])
def test_the_handle_may_be_typed_as_people_write_it(app: Flask, somebody: Person, typed: str) -> None:
    ask(signed_in(app, somebody), typed)
    assert user_row(app, somebody).deletion_due_at is not None


@pytest.mark.parametrize("typed", ["", "somebody", "x" * 5_000, "\uff4cea_ving"])
def test_another_handle_is_refused_beside_its_field(app: Flask, somebody: Person, typed: str) -> None:
    answer = ask(signed_in(app, somebody), typed)
    assert answer.status == 422
    assert set(answer.errors) == {"handle"}
    assert user_row(app, somebody).deletion_due_at is None


def test_without_the_tick_nothing_happens(app: Flask, somebody: Person) -> None:
    client = signed_in(app, somebody)
    form = client.get("/settings/data/delete").form("/settings/data/delete")
    answer = client.send(form, handle="Lea_Ving")
    assert answer.status == 422
    assert set(answer.errors) == {"understood"}
    assert user_row(app, somebody).deletion_due_at is None


def test_it_needs_a_fresh_sign_in(app: Flask, somebody: Person, fixed_clock: FixedClock) -> None:
    client = signed_in(app, somebody)
    form = client.get("/settings/data/delete").form("/settings/data/delete")
    fixed_clock.move(timedelta(minutes=11))
    assert client.get("/settings/data/delete", follow=False).location.startswith("/login/confirm")
    late = client.send(form, follow=False, handle="Lea_Ving", understood="y")
    assert late.location.startswith("/login/confirm")
    assert user_row(app, somebody).deletion_due_at is None


def test_asking_again_moves_nothing(app: Flask, somebody: Person, fixed_clock: FixedClock) -> None:
    client = signed_in(app, somebody)
    ask(client, "Lea_Ving")
    due = user_row(app, somebody).deletion_due_at
    fixed_clock.move(timedelta(minutes=5))
    ask(client, "Lea_Ving")
    assert user_row(app, somebody).deletion_due_at == due
    assert len(mails(app)) == 1


def test_taken_back_the_account_stays(app: Flask, somebody: Person, fixed_clock: FixedClock) -> None:
    client = signed_in(app, somebody)
    asked = ask(client, "Lea_Ving")
    kept = client.send(asked.form("/settings/data/delete/cancel"))
    assert "Your account stays" in kept.text
    assert not kept.has_form("/settings/data/delete/cancel")
    fixed_clock.move(GRACE)
    erase_due(app)
    assert user_row(app, somebody).state == "active"


def test_one_that_a_thief_asked_for_ends_as_the_account_is_taken_back(
    app: Flask, somebody: Person, fixed_clock: FixedClock
) -> None:
    thief = signed_in(app, somebody)
    taking_over.ask(thief)
    taking_over.confirm(app, thief)
    ask(thief, "Lea_Ving")
    fixed_clock.move(timedelta(days=6))
    told = taking_over.listed(taking_over.take_back(app, somebody))
    assert told == ["The deletion of your account"]
    fixed_clock.move(GRACE)
    erase_due(app)
    assert user_row(app, somebody).state == "active"


def test_so_does_one_that_was_asked_for_before_the_address_changed(
    app: Flask, somebody: Person, fixed_clock: FixedClock
) -> None:
    ask(signed_in(app, somebody), "Lea_Ving")
    fixed_clock.move(timedelta(minutes=1))
    thief = signed_in(app, somebody)
    taking_over.ask(thief)
    taking_over.confirm(app, thief)
    assert taking_over.listed(taking_over.take_back(app, somebody)) == ["The deletion of your account"]
    assert user_row(app, somebody).deletion_due_at is None


def test_before_its_time_nobody_is_erased(app: Flask, somebody: Person, fixed_clock: FixedClock) -> None:
    ask(signed_in(app, somebody), "Lea_Ving")
    fixed_clock.move(timedelta(days=13, hours=23))
    erase_due(app)
    assert user_row(app, somebody).state == "active"


def test_erasing_leaves_nothing_that_identifies_them(app: Flask, fixed_clock: FixedClock) -> None:
    life = a_full_life(app)
    assert life.tables == set(personal_data.registry(app).tables)
    assert {word for _, word in traces(app, IDENTIFYING)} == set(IDENTIFYING) - {"1987-03-04"}
    ask(signed_in(app, life.person), HANDLE)
    fixed_clock.move(GRACE)
    erase_due(app)
    assert traces(app, IDENTIFYING) == set()


def test_what_stays_is_a_row_without_a_person(app: Flask, fixed_clock: FixedClock) -> None:
    life = a_full_life(app)
    bystander = a_person(app)
    ask(signed_in(app, life.person), HANDLE)
    fixed_clock.move(GRACE)
    erase_due(app)
    row = user_row(app, life.person)
    assert (row.state, row.display_name, row.roles) == ("deleted", "Deleted account", [])
    assert row.handle.startswith("deleted_")
    assert [row.email, row.password_hash, row.sealed_birth_date, row.bio] == [None, None, None, ""]
    assert user_row(app, bystander).state == "active"


def test_their_sessions_end_at_once(app: Flask, somebody: Person, fixed_clock: FixedClock) -> None:
    client = signed_in(app, somebody)
    ask(client, "Lea_Ving")
    with app.app_context(), transaction():
        db.session.execute(text("update users set deletion_due_at = now() - interval '1 minute'"))
    assert client.get("/settings/data", follow=False).status == 200
    erase_due(app)
    assert client.get("/settings/data", follow=False).location.startswith("/login")
    with app.app_context():
        ended = db.session.scalars(select(AccessEnded).where(AccessEnded.kind == "account")).one()
    assert ended.subject_id == somebody.id


def test_the_last_mail_goes_to_the_old_address_and_is_then_forgotten(
    app: Flask, somebody: Person, fixed_clock: FixedClock
) -> None:
    ask(signed_in(app, somebody), "Lea_Ving")
    fixed_clock.move(GRACE)
    with app.app_context():
        jobs.erase_due()
    assert mails(app) == [("deletion_done", somebody.email)]
    with app.app_context():
        jobs.forget_farewells()
    assert mails(app) == [("deletion_done", somebody.email)], "it still waits to be sent"
    with app.app_context():
        work.drain()
        jobs.forget_farewells()
    assert mails(app) == []


def test_the_audit_log_still_verifies_and_says_that_somebody_left(
    app: Flask, fixed_clock: FixedClock
) -> None:
    life = a_full_life(app)
    ask(signed_in(app, life.person), HANDLE)
    with app.app_context():
        audit_chain.seal()
    fixed_clock.move(GRACE)
    erase_due(app)
    with app.app_context():
        audit_chain.seal()
        assert audit_verify.verify() is None
        actions = db.session.scalars(select(AuditRecord.action)).all()
    assert {"account.deletion_asked", "account.deleted"} <= set(actions)


def test_erasing_twice_is_erasing_once(app: Flask, somebody: Person, fixed_clock: FixedClock) -> None:
    ask(signed_in(app, somebody), "Lea_Ving")
    fixed_clock.move(GRACE)
    erase_due(app)
    before = user_row(app, somebody).handle
    erase_due(app)
    with app.app_context():
        deleted = select(AuditRecord).where(AuditRecord.action == "account.deleted")
        assert len(db.session.scalars(deleted).all()) == 1
    assert user_row(app, somebody).handle == before


def test_their_handles_are_nobodys_for_a_while(app: Flask, fixed_clock: FixedClock) -> None:
    life = a_full_life(app)
    ask(signed_in(app, life.person), HANDLE)
    fixed_clock.move(GRACE)
    erase_due(app)
    with app.app_context():
        for handle in (HANDLE.upper(), FORMER):
            with pytest.raises(HandleTaken):
                handles.check(handle)
        fixed_clock.move(timedelta(days=91))
        jobs.tidy()
        for handle in (HANDLE, FORMER):
            handles.check(handle)


def test_they_stay_nobodys_under_a_new_secret_key(app: Flask, settings: Settings) -> None:
    with app.app_context(), transaction():
        handles.withhold("mia", clock.now() + timedelta(days=90))
    renewed = {
        "secret_key": "another-secret-of-tests-0123456789",
        "earlier_secret_keys": [settings.secret_key],
    }
    with a_house(settings, **renewed).app_context(), pytest.raises(HandleTaken):
        handles.check("Mia")


def test_a_feature_may_ask_for_time_before_and_after(
    app: Flask, somebody: Person, fixed_clock: FixedClock, hold: list[str]
) -> None:
    client = signed_in(app, somebody)
    form = client.get("/settings/data/delete").form("/settings/data/delete")
    hold.append("A payout of yours is under way.")
    assert "A payout of yours" in client.get("/settings/data/delete").text
    refused = client.send(form, handle="Lea_Ving", understood="y")
    assert refused.status == 422
    assert "A payout of yours" in refused.text
    hold.clear()
    ask(client, "Lea_Ving")
    hold.append("A payout of yours is under way.")
    fixed_clock.move(GRACE)
    erase_due(app)
    assert user_row(app, somebody).state == "active"
    assert "A payout of yours" in signed_in(app, somebody).get("/settings/data").text
    hold.clear()
    erase_due(app)
    assert user_row(app, somebody).state == "deleted"


def test_one_persons_trouble_keeps_nobody_else(app: Flask, somebody: Person, fixed_clock: FixedClock) -> None:
    other = a_person(app)
    ask(signed_in(app, somebody), "Lea_Ving")
    ask(signed_in(app, other), other.handle)

    def trouble(user_id: UUID) -> str | None:
        if user_id == somebody.id:
            raise RuntimeError("a feature is broken")
        return None

    fixed_clock.move(GRACE)
    personal_data.hold(app, "broken", trouble)
    try:
        erase_due(app)
    finally:
        del personal_data.registry(app).holds["broken"]
    assert user_row(app, somebody).state == "active"
    assert user_row(app, other).state == "deleted"


def test_the_last_admin_cannot_leave(app: Flask) -> None:
    admin = a_person(app, roles=("fan", "admin"))
    page = signed_in(app, admin).get("/settings/data/delete")
    assert "last admin" in page.text
    assert not page.has_form("/settings/data/delete")
    a_person(app, roles=("fan", "admin"))
    ask(signed_in(app, admin), admin.handle)
    assert user_row(app, admin).deletion_due_at is not None
