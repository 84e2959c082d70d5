"""The demo people: who they are, and how they come in."""

import pyotp
import pytest
from flask import Flask

from app.demo.people import DEMO_PASSWORD, DEMO_TOTP_SECRET
from tests.conftest import emptied
from tests.demo.conftest import seed
from tests.page_client import PageClient
from tests.test_demo import known


@pytest.fixture(scope="module")
def house(whole_app: Flask) -> Flask:
    app = emptied(whole_app)
    seed(app)
    return app


def test_there_is_one_for_each_role(house: Flask) -> None:
    made = known(house)
    assert {handle: (user.email, set(user.roles)) for handle, user in made.items()} == {
        "fan": ("fan@demo.test", {"fan"}),
        "creator": ("creator@demo.test", {"fan", "creator"}),
        "moderator": ("moderator@demo.test", {"fan", "moderator"}),
        "admin": ("admin@demo.test", {"fan", "admin"}),
    }
    assert all(user.email_verified_at and user.sealed_birth_date for user in made.values())


@pytest.mark.parametrize("identifier", ["fan", "creator@demo.test"])
def test_they_sign_in_with_the_printed_password(house: Flask, identifier: str) -> None:
    page = PageClient(house)
    form = page.get("/login").form("/login")
    page.send(form, identifier=identifier, password=DEMO_PASSWORD)
    assert page.get("/settings/data", follow=False).status == 200


@pytest.mark.parametrize("handle", ["moderator", "admin"])
def test_staff_also_need_a_code_of_the_printed_secret(house: Flask, handle: str) -> None:
    page = PageClient(house)
    asked = page.send(page.get("/login").form("/login"), identifier=handle, password=DEMO_PASSWORD)
    assert page.get("/settings/data", follow=False).status == 303, "the password alone is not enough"
    code = pyotp.TOTP(DEMO_TOTP_SECRET).now()
    page.send(asked.form("/login/code"), code=code)
    assert page.get("/settings/data", follow=False).status == 200
