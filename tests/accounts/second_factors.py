"""People with a second factor, and the walk up to the second step."""

import pyotp
from flask import Flask

from app.accounts.models import TotpFactor
from app.accounts.operations import recovery_codes
from app.extensions import db
from app.kit import clock
from app.platform.settings import vault
from app.platform.transaction import transaction
from tests.factories.people import PASSWORD, Person, a_person
from tests.page_client import Page, PageClient

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = 30


def code_now(steps: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(int(clock.now().timestamp()) + steps * STEP)


def wrong_code() -> str:
    near = {code_now(steps) for steps in range(-3, 4)}
    return next(code for n in range(100) if (code := f"{n:06}") not in near)


def with_totp(app: Flask, *, roles: tuple[str, ...] = ("fan",)) -> Person:
    person = a_person(app, roles=roles)
    with app.app_context(), transaction():
        sealed = vault().seal(SECRET, "totp")
        db.session.add(TotpFactor(user_id=person.id, sealed_secret=sealed, confirmed_at=clock.now()))
    return person


def codes_of(app: Flask, person: Person) -> list[str]:
    with app.app_context(), transaction():
        return recovery_codes.make(person.id)


def first_step(client: PageClient, person: Person, next: str = "") -> Page:
    """As far as the page that asks for the code."""
    address = f"/login?next={next}" if next else "/login"
    return client.send(client.get(address).form("/login"), identifier=person.handle, password=PASSWORD)
