"""Coming in and going are on record: who, from where, by which way, with how many proofs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.kit.clock import FixedClock
from app.platform.audit import Action
from app.platform.models import AuditRecord
from tests.accounts import passkey_walks, wallet_walks
from tests.accounts.code_walks import type_code
from tests.accounts.python_wallet import PythonWallet
from tests.accounts.second_factors import code_now, first_step, with_totp
from tests.accounts.stored import stored
from tests.accounts.test_sign_in import sign_in
from tests.factories.people import PASSWORD, a_person, signed_in
from tests.page_client import PageClient

ELSEWHERE = "203.0.113.60"


def by_password(app: Flask, page: PageClient) -> None:
    a_person(app, "mira")
    sign_in(page, "mira")


def by_password_and_code(app: Flask, page: PageClient) -> None:
    first_step(page, with_totp(app))
    type_code(page, code_now())


def by_passkey(app: Flask, page: PageClient) -> None:
    _, key = passkey_walks.with_passkey(app)
    passkey_walks.sign_in(page, key)


def by_wallet(app: Flask, page: PageClient) -> None:
    wallet_walks.join(page, PythonWallet.new())


def last(app: Flask, action: Action) -> AuditRecord:
    records = stored(app, select(AuditRecord).where(AuditRecord.action == action).order_by(AuditRecord.id))
    found = records[-1]
    assert isinstance(found, AuditRecord)
    return found


@pytest.mark.parametrize(
    ("come", "data"),
    [
        (by_password, {"method": "password", "second_factor": False}),
        (by_password_and_code, {"method": "password", "second_factor": True}),
        (by_passkey, {"method": "passkey", "second_factor": True}),
        (by_wallet, {"method": "wallet", "second_factor": False}),
    ],
)
def test_each_way_in(app: Flask, come: Callable[[Flask, PageClient], None], data: dict[str, Any]) -> None:
    come(app, PageClient(app, ELSEWHERE))
    record = last(app, Action.SIGNED_IN)
    assert record.data == data
    assert record.personal is not None
    assert record.personal["address"] == ELSEWHERE
    assert record.actor_id and record.correlation_id


def test_going_and_proving_again(app: Flask, fixed_clock: FixedClock) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    fixed_clock.move(timedelta(minutes=11))
    page.send(page.get("/login/confirm").form("/login/confirm"), password=PASSWORD)
    assert last(app, Action.CONFIRMED_IDENTITY).actor_id == person.id
    page.send(page.get("/settings/profile").form("/logout"))
    assert last(app, Action.SIGNED_OUT).actor_id == person.id
