"""The demo people: there in demo mode, and never in live mode."""

import time

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app import create_app
from app.accounts import password_rules
from app.accounts.models import User
from app.config import Mode, Settings
from app.demo.people import DEMO_PASSWORD, PEOPLE, everybody
from app.extensions import db
from app.platform.audit import Action
from app.platform.transaction import transaction
from tests.factories.people import a_person


def run(app: Flask, command: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["demo", command])
    return result.exit_code, result.output


@pytest.fixture
def live(app: Flask, settings: Settings) -> Flask:
    """The same database, opened in live mode."""
    return create_app(
        settings.model_copy(
            update={
                "mode": Mode.LIVE,
                "public_url": "https://fanlight.example",
                "smtp_url": "smtp://127.0.0.1:1",
                "mail_from": "house@fanlight.example",
            }
        )
    )


def people(app: Flask) -> dict[str, User]:
    with app.app_context():
        return {user.handle: user for user in db.session.scalars(select(User))}


def known(app: Flask) -> dict[str, User]:
    """Those that README tells how to sign in as."""
    ids = {person.id for person in PEOPLE}
    return {handle: user for handle, user in people(app).items() if user.id in ids}


@pytest.mark.usefixtures("context")
def test_the_password_keeps_our_own_rules() -> None:
    for person in everybody():
        password_rules.check_new(DEMO_PASSWORD, known=(person.handle, person.email))


def test_seeding_again_is_quick_and_leaves_what_people_made_of_them(app: Flask) -> None:
    run(app, "seed")
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.handle == "fan").values(handle="lamplighter"))
    started = time.monotonic()
    code, words = run(app, "seed")
    assert time.monotonic() - started < 1
    assert (code, words) == (0, "The demo people are there.\n")
    assert set(known(app)) == {"lamplighter", "creator", "moderator", "admin"}


def test_one_that_left_comes_back(app: Flask) -> None:
    run(app, "seed")
    with app.app_context(), transaction():
        db.session.execute(
            update(User)
            .where(User.handle == "fan")
            .values(handle="deleted_1", email=None, password_hash=None, state="deleted")
        )
    assert run(app, "seed") == (0, "Demo people made: fan.\n")
    assert people(app)["fan"].state == "active"


def test_a_visitor_who_took_a_name_keeps_it(app: Flask) -> None:
    a_person(app, "fan")
    code, words = run(app, "seed")
    assert (code, words.splitlines()[0]) == (0, "Demo people made: creator, moderator, admin, 108 others.")
    assert people(app)["fan"].email == "fan@example.test"


def test_a_reset_leaves_only_them(app: Flask) -> None:
    run(app, "seed")
    a_person(app, "visitor")
    assert run(app, "reset")[0] == 0
    assert set(people(app)) == {person.handle for person in everybody()}
    with app.app_context():
        # They wrote to each other, one of them to many, and talked in a room; that is all that is on record.
        done = set(db.session.execute(text("select action from audit_log")).scalars())
    assert {one.partition(".")[0] for one in done - {Action.MESSAGE_SENT}} == {"broadcast", "creator", "room"}


@pytest.mark.parametrize("command", ["seed", "reset"])
def test_live_mode_makes_none_and_empties_nothing(live: Flask, app: Flask, command: str) -> None:
    keeper = a_person(app, "keeper")
    code, words = run(live, command)
    assert (code, "live mode" in words) == (1, True)
    assert set(people(app)) == {keeper.handle}


def test_live_mode_does_not_start_on_a_database_that_has_them(live: Flask, app: Flask) -> None:
    assert run(live, "check") == (0, "")
    run(app, "seed")
    assert run(app, "check") == (0, "")
    code, words = run(live, "check")
    assert code == 1
    assert words.startswith("Error: This database holds the demo accounts")


def test_a_new_name_does_not_hide_them(live: Flask, app: Flask) -> None:
    run(app, "seed")
    with app.app_context(), transaction():
        db.session.execute(text("delete from users where handle <> 'admin'"))
        db.session.execute(update(User).values(handle="keeper", email="keeper@example.org"))
    assert run(live, "check")[0] == 1
