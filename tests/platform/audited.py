"""Records on record, and somebody who may do everything in the database."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text

from app.extensions import db
from app.kit.ids import new_id
from app.platform import audit, audit_chain
from app.platform.audit import Action
from app.platform.audit_verify import Broken, verify
from app.platform.models import AuditSeal
from app.platform.transaction import transaction

MIA, LEO = new_id(), new_id()


def happen(number: int = 1, *, actor: UUID = MIA) -> None:
    for count in range(number):
        with transaction():
            audit.record(
                Action.SIGNED_IN,
                actor=actor,
                subject=("session", f"s{count}"),
                personal={"address": f"198.51.100.{count}", "name": "Zoë 🎧"},
                method="password",
                count=count,
            )


@pytest.fixture
def ten(context: Flask) -> Flask:
    """Ten sealed records."""
    happen(10)
    assert audit_chain.seal() == 10
    assert verify() is None
    return context


@pytest.fixture
def intruder(context: Flask) -> Iterator[Connection]:
    """Somebody who owns the database, and switches its defences off."""
    with db.engine.begin() as connection:
        for table in ("audit_log", "audit_seals", "audit_heads"):
            connection.execute(text(f"alter table {table} disable trigger user"))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
    with db.engine.begin() as connection:
        for table in ("audit_log", "audit_seals", "audit_heads"):
            connection.execute(text(f"alter table {table} enable trigger user"))


def record_at(number: int) -> UUID:
    return db.session.execute(select(AuditSeal.audit_id).where(AuditSeal.number == number)).scalar_one()


def broken() -> Broken:
    found = verify()
    assert found is not None
    return found
