"""Earlier ENCRYPTION_KEYS can go: what they sealed is brought under the new one first."""

import pytest
from flask import Flask
from sqlalchemy import text

from app.accounts.models import User
from app.accounts.operations.joining import BIRTH_DATE
from app.config import Settings
from app.extensions import db
from app.kit.crypto import CannotOpen
from app.platform.settings import vault
from app.platform.transaction import transaction
from tests.factories.lives import BIRTHDAY, a_full_life
from tests.factories.people import a_person
from tests.platform.houses import a_house

NEW = "a-new-key-that-only-tests-know-9876543210"


@pytest.fixture
def earlier(settings: Settings) -> str:
    return settings.encryption_keys[0]


def rewrap(house: Flask) -> str:
    done = house.test_cli_runner().invoke(args=["keys", "rewrap"])
    assert done.exit_code == 0, done.output
    return done.output


def sealed_birth_dates() -> list[str]:
    found = db.session.execute(
        text("select sealed_birth_date from users where sealed_birth_date is not null")
    )
    return list(found.scalars())


def test_under_the_new_key_everything_opens_without_the_earlier_one(
    app: Flask, settings: Settings, earlier: str
) -> None:
    life = a_full_life(app)
    said = rewrap(a_house(settings, encryption_keys=[NEW, earlier]))
    assert "users.sealed_birth_date: 1 rewrapped" in said
    assert "totp_factors.sealed_secret: 1 rewrapped" in said
    with a_house(settings, encryption_keys=[NEW]).app_context():
        sealed = db.session.get_one(User, life.person.id).sealed_birth_date
        assert sealed is not None
        assert vault().open(sealed, BIRTH_DATE) == BIRTHDAY
    with app.app_context(), pytest.raises(CannotOpen):
        vault().open(sealed, BIRTH_DATE)


def test_a_second_run_finds_nothing_left(app: Flask, settings: Settings, earlier: str) -> None:
    a_full_life(app)
    house = a_house(settings, encryption_keys=[NEW, earlier])
    rewrap(house)
    with house.app_context():
        before = sealed_birth_dates()
        assert "users.sealed_birth_date: 0 rewrapped" in rewrap(house)
        assert sealed_birth_dates() == before


def test_more_than_one_portion_is_rewrapped(app: Flask, settings: Settings, earlier: str) -> None:
    a_person(app)
    with app.app_context(), transaction():
        sealed = vault().seal(BIRTHDAY, BIRTH_DATE)
        db.session.execute(
            text(
                "insert into users (id, handle, display_name, bio, roles, state, avatar_hue, created_at,"
                " sealed_birth_date) select gen_random_uuid(), 'many_' || n, 'x', '', array['fan'], 'active',"
                " 0, now(), :sealed from generate_series(1, 1203) n"
            ),
            {"sealed": sealed},
        )
    said = rewrap(a_house(settings, encryption_keys=[NEW, earlier]))
    assert "users.sealed_birth_date: 1203 rewrapped" in said
