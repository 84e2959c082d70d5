"""What recovery did stands on record, is measured, and is missed when it is late."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.config import Settings
from app.extensions import db
from app.platform import recovery
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.settings import settings as current
from app.platform.watching import noting
from app.watching import queries
from tests.platform.houses import a_house
from workers.recovery.notes import Notes


@pytest.fixture
def notes(app: Flask, settings: Settings) -> Notes:
    return Notes(settings.database_url)


def test_each_run_is_put_on_record_once_and_a_failed_one_wakes_somebody(
    context: Flask, notes: Notes, caplog: pytest.LogCaptureFixture
) -> None:
    began = datetime.now(UTC)
    notes.done("base", began, id="20261122T030000Z-full", size=5)
    notes.done("drill", began, trouble="The ledger is not whole.", rpo_seconds=20.0, rto_seconds=90.0)
    for _ in range(2):
        recovery.put_on_record()
    found = {row.action: row.data for row in db.session.scalars(db.select(AuditRecord))}
    assert found == {
        Action.BACKUP_MADE: {"good": True, "id": "20261122T030000Z-full", "size": 5},
        Action.DRILL_HELD: {"good": False, "rpo_seconds": 20.0, "rto_seconds": 90.0},
    }
    (told,) = [line for line in caplog.records if line.levelno == logging.ERROR]
    assert told.__dict__["trouble"] == "The ledger is not whole."


def test_what_moves_on_is_one_row_each_and_told_to_who_measures(app: Flask, notes: Notes) -> None:
    now = datetime.now(UTC)
    for seconds in (90, 30):
        notes.moved("wal", now - timedelta(seconds=seconds))
    notes.moved("media", now - timedelta(seconds=10), files=3)
    notes.done("drill", now, rpo_seconds=20.5, rto_seconds=94.0)
    lines = app.test_client().get("/metrics").text.splitlines()
    told = dict(line.split(" ") for line in lines if line.startswith(("fanlight_backup_", "fanlight_drill_")))
    assert 30 <= float(told["fanlight_backup_log_age_seconds"]) < 60
    assert 10 <= float(told["fanlight_backup_media_age_seconds"]) < 30
    assert "fanlight_backup_base_age_seconds" not in told
    kept = {name: float(told[f"fanlight_drill_{name}"]) for name in ("failed", "rpo_seconds", "rto_seconds")}
    assert kept == {"failed": 0, "rpo_seconds": 20.5, "rto_seconds": 94.0}


def test_owners_and_alerts_find_how_each_went_at_last(context: Flask, notes: Notes) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    notes.done("base", long_ago, trouble="No room in the store.")
    notes.done("base", datetime.now(UTC))
    notes.moved("wal", long_ago)
    notes.done("drill", long_ago, trouble="The ledger is not whole.")
    recovery.tell_the_watch()
    found = {name: (fact.ok, fact.detail) for name, fact in queries.facts().items()}
    assert found == {
        noting.BACKUP: (True, ""),
        noting.WAL: (True, ""),
        noting.DRILL: (False, "The ledger is not whole."),
    }
    assert queries.facts()[noting.WAL].at == long_ago


def test_what_is_late_is_missed_where_backups_are_wanted(
    app: Flask, settings: Settings, notes: Notes
) -> None:
    now = datetime.now(UTC)
    with app.app_context():
        assert not current().backup_to and recovery.standing().troubles == ()
    wanted = a_house(settings, backup_to="/backups", backup_key=["k" * 40])
    with wanted.app_context():
        assert len(recovery.standing().troubles) == 4
        notes.moved("wal", now)
        notes.moved("media", now)
        notes.done("base", now)
        notes.done("drill", now)
        assert recovery.standing().troubles == ()
        notes.moved("wal", now - timedelta(minutes=6))
        notes.done("drill", now, trouble="There is no room.")
        assert recovery.standing().troubles == (
            "The database's log does not reach the backup store.",
            "The last drill failed. There is no room.",
        )


def test_what_a_clock_noted_that_was_ahead_hides_nothing_that_is_late(
    context: Flask, settings: Settings, notes: Notes
) -> None:
    now = datetime.now(UTC)
    for kind in ("base", "drill"):
        notes.done(kind, now)
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(text("update recovery_runs set ended_at = ended_at + interval '1 year'"))
    assert notes.last_try("drill") is None
    recovery.tell_the_watch()
    assert queries.facts() == {}
    with a_house(settings, backup_to="/backups", backup_key=["k" * 40]).app_context():
        assert "There is no base backup of the last two days." in recovery.standing().troubles
