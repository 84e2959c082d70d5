"""Nobody changes what is on record without being noticed, whatever they may do in the database."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.platform import audit, audit_chain
from app.platform.audit import Action
from app.platform.audit_verify import verify
from app.platform.models import AuditRecord, AuditSeal, AuditUnsealed
from app.platform.transaction import transaction
from tests.platform.audited import LEO, MIA, happen

# The chain


def test_records_get_their_places_in_order_and_once(ten: Flask) -> None:
    happen(2)
    assert audit_chain.seal() == 2
    assert audit_chain.seal() == 0
    numbers = db.session.execute(select(AuditSeal.number).order_by(AuditSeal.number)).scalars().all()
    assert numbers == list(range(1, 13))
    assert verify() is None


def test_a_record_that_commits_late_is_sealed_all_the_same(context: Flask) -> None:
    """Ids follow the time of making, not of the commit: an early id may turn up after later ones."""
    made, go = threading.Event(), threading.Event()

    def slow() -> None:
        with context.app_context(), transaction():
            audit.record(Action.JOINED, actor=LEO, subject=("user", LEO))
            db.session.flush()
            made.set()
            assert go.wait(10)

    writer = threading.Thread(target=slow)
    writer.start()
    assert made.wait(10)
    happen(3)
    assert audit_chain.seal() == 3
    go.set()
    writer.join()
    assert audit_chain.seal() == 1
    assert verify() is None


def test_writers_do_not_wait_for_the_sealer(context: Flask) -> None:
    with db.engine.begin() as sealer:
        assert sealer.execute(audit_chain.ALONE).scalar() is True
        happen(5)
        assert audit_chain.seal() == 0, "two sealers never work at once"
    assert audit_chain.seal() == 5


def test_many_writers_and_two_sealers_make_one_whole_chain(context: Flask) -> None:
    writing = threading.Event()
    writing.set()

    def write(_: int) -> None:
        with context.app_context():
            happen(20)

    def keep_sealing() -> None:
        with context.app_context():
            while writing.is_set():
                audit_chain.seal()

    sealers = [threading.Thread(target=keep_sealing) for _ in range(2)]
    for sealer in sealers:
        sealer.start()
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(4)))
    writing.clear()
    for sealer in sealers:
        sealer.join()
    audit_chain.seal()
    assert db.session.scalar(select(db.func.count()).select_from(AuditSeal)) == 80
    assert db.session.scalar(select(db.func.count()).select_from(AuditUnsealed)) == 0
    assert verify() is None


def test_what_was_rolled_back_leaves_no_gap(context: Flask) -> None:
    happen(1)
    with pytest.raises(ZeroDivisionError), transaction():
        audit.record(Action.JOINED, actor=MIA, subject=("user", MIA))
        db.session.flush()
        raise ZeroDivisionError
    happen(1)
    assert audit_chain.seal() == 2
    assert verify() is None


# Erasure


def test_personal_parts_can_be_erased_and_the_chain_stays_whole(ten: Flask) -> None:
    happen(2, actor=LEO)
    audit_chain.seal()
    with transaction():
        audit.erase_personal(MIA)
    left = db.session.execute(select(AuditRecord.actor_id).where(AuditRecord.personal.is_not(None))).scalars()
    assert set(left) == {LEO}
    assert db.session.scalar(select(db.func.count()).where(AuditRecord.salt.is_not(None))) == 2
    assert verify() is None


def test_what_was_done_to_somebody_is_erased_with_them(context: Flask) -> None:
    with transaction():
        audit.record(Action.SIGN_IN_FAILED, actor=None, subject=("user", MIA), personal={"address": "1"})
        audit.record(Action.SIGN_IN_FAILED, actor=None, subject=("user", LEO), personal={"address": "2"})
    with transaction():
        audit.erase_personal(MIA)
    assert db.session.execute(select(AuditRecord.personal).order_by(AuditRecord.at)).scalars().all() == [
        None,
        {"address": "2"},
    ]


# The database defends itself


@pytest.mark.parametrize(
    "statement",
    [
        "delete from audit_log",
        "update audit_log set action = 'account.joined'",
        "update audit_log set actor_id = null",
        "update audit_log set personal = null",
        "update audit_log set personal = '{}', salt = null",
        "update audit_log set personal = null, salt = null, data = '{}'",
        "delete from audit_seals",
        "update audit_seals set number = number + 100",
    ],
)
def test_the_log_only_grows(ten: Flask, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only grows"), db.engine.begin() as connection:
        connection.execute(text(statement))
    assert verify() is None


@pytest.mark.fault_long
def test_a_long_log_is_read_as_a_stream(context: Flask) -> None:
    import tracemalloc

    with db.engine.begin() as connection:
        connection.execute(
            text("""
                insert into audit_log (id, at, action, subject_kind, subject_id, data, correlation_id)
                select gen_random_uuid(), now() + n * interval '1 ms', 'session.signed_in', 'session',
                       n::text, jsonb_build_object('method', 'password'), 'c'
                from generate_series(1, 10000) n
            """)
        )
    assert audit_chain.seal() == 10_000
    tracemalloc.start()
    assert verify() is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000, "ten thousand records at once take more than twice that"
