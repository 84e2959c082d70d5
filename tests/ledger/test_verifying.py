"""`flask ledger verify`: names what is wrong, whichever way somebody made it wrong; the clock asks, too."""

import logging
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import db
from app.ledger import queries, verifying
from app.ledger.operations import holds, posting
from app.platform import schedule
from app.platform.transaction import transaction
from tests.ledger.books import earned, post, sale, somebody, tamper

WRONG = {
    "update ledger_legs set amount = amount + 1 where entry_id = :id and n = 1": "do not sum to zero",
    "delete from ledger_legs where entry_id = :id and n = 1": "of 3 legs there are 2",
    "delete from ledger_legs where entry_id = :id": "of 3 legs there are 0",
    "update ledger_balances set posted = posted + 1": "the balance says",
    "delete from ledger_balances": "the balance says",
    "update ledger_legs set balance = balance + 1 where entry_id = :id": "does not follow",
    "update ledger_balances set held = held + 1": "by holds",
    "update ledger_holds set state = 'voided'": "by holds 0",
}


@pytest.fixture
def sold(context: Flask) -> UUID:
    """The last of a few sales; somebody's money is held, and something was taken back."""
    mara = somebody()
    [first, *_, last] = post(*[sale(f"s{number}", mara) for number in range(5)])
    with transaction():
        holds.hold(earned(mara), 100, cause="h1")
        posting.reverse(first.id, cause="r1", part=posting.Part(1, 2))
    return last.id


def verify(app: Flask) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["ledger", "verify"])
    return result.exit_code, result.output


def test_whole_books_are_said_to_be_whole(app: Flask, sold: UUID) -> None:
    assert verify(app) == (0, "The ledger is whole: 6 entries.\n")


@pytest.mark.parametrize("statement", WRONG)
def test_what_is_wrong_is_named(app: Flask, sold: UUID, statement: str) -> None:
    tamper(app, statement, id=sold)
    status, said = verify(app)
    assert status == 1
    assert WRONG[statement] in said
    assert "The ledger is not whole." in said


def test_more_taken_back_than_there_was_is_named(app: Flask, sold: UUID) -> None:
    entry = queries.entry_of("s3")
    assert entry is not None
    [again] = post(sale("s9", somebody()))
    tamper(
        app, "update ledger_entries set reverses = :original where id = :id", id=again.id, original=entry.id
    )
    status, said = verify(app)
    assert status == 1
    assert f"entry {entry.id}: more was taken back" in said


def test_a_cause_that_stands_twice_is_named(app: Flask, sold: UUID) -> None:
    with db.engine.connect() as connection:
        # A unique index can be broken as well: gone for the length of this look, and not committed.
        connection.execute(text("set local session_replication_role = 'replica'"))
        connection.execute(text("alter table ledger_entries drop constraint uq_ledger_entries_cause"))
        connection.execute(text("update ledger_entries set cause = 's1' where cause = 's2'"))
        rows = connection.execute(verifying.CAUSES, {"first": 5}).all()
        connection.rollback()
    assert [row[1] for row in rows] == ["shares its cause s1"]


def test_the_clock_reads_all_of_it_and_what_came_lately(app: Flask, sold: UUID) -> None:
    jobs = {job.name: job for job in schedule.jobs()}
    for name, whole in (("ledger.verify", True), ("ledger.verify_late", False)):
        assert schedule.run(jobs[name])
        check = queries.last_check(whole=whole)
        assert check is not None
        assert (check.entries, check.found) == (6, [])
    assert metric(app, "fanlight_ledger_verified") == 1


@pytest.mark.parametrize("name", ["ledger.verify", "ledger.verify_late"])
def test_what_is_wrong_is_an_error_in_the_log_and_a_figure(
    app: Flask, sold: UUID, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    tamper(app, "update ledger_balances set posted = posted + 1")
    job = next(job for job in schedule.jobs() if job.name == name)
    assert schedule.run(job)
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "the ledger is not whole"
    ]
    assert metric(app, "fanlight_ledger_verified") == 0


def metric(app: Flask, name: str) -> float:
    told = app.test_client().get("/metrics").text
    return float(next(line.split()[1] for line in told.splitlines() if line.startswith(f"{name} ")))
