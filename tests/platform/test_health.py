"""Alive is not ready, and both are told quickly."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.config import Settings
from app.extensions import db
from app.kit import clock
from app.platform import health, work
from app.platform.transaction import transaction
from tests.platform.houses import a_house, a_mortal_house
from tests.pooler import PATIENCE
from tests.support import eventually


@work.handler("tests.late")
def late(payload: dict[str, object]) -> None:
    """Waits too long."""


def ready(house: Flask, **options: Any) -> tuple[int, dict[str, Any]]:
    answer = house.test_client().get("/readyz", **options)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None
    return answer.status_code, answer.json


def test_alive_says_so_and_stores_nothing(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "alive"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_ready_names_every_check(app: Flask) -> None:
    status, said = ready(app)
    assert (status, said["status"]) == (200, "ready")
    assert set(said["checks"]) == {"database", "migrations", "queue", "redis"}
    assert all(check["ok"] for check in said["checks"].values())


def test_a_process_that_leaves_wants_no_visitors_and_lives(settings: Settings, app: Flask) -> None:
    house = a_house(settings)
    health.leave(house)
    assert ready(house) == (503, {"status": "leaving"})
    assert house.test_client().get("/healthz").status_code == 200


def test_strangers_get_the_verdict_without_the_details(app: Flask) -> None:
    _, said = ready(
        app, base_url="https://fans.example.org", environ_overrides={"REMOTE_ADDR": "203.0.113.5"}
    )
    assert said == {"status": "ready"}


def test_work_that_waits_for_a_minute_is_a_degraded_house(app: Flask) -> None:
    with app.app_context(), transaction():
        work.enqueue("tests.late", {}, due_at=clock.now() - timedelta(seconds=61))
    status, said = ready(app)
    assert (status, said["status"]) == (200, "degraded")
    assert said["checks"]["queue"]["ok"] is False


@pytest.fixture
def behind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A release that knows three migrations."""
    monkeypatch.setattr(health, "_known_versions", lambda: ({"one", "two", "three"}, {"three"}))
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("create table if not exists alembic_version (version_num varchar(32))"))
    return app


@pytest.mark.parametrize(
    ("applied", "status"),
    [("three", 200), ("two", 503), ("four, which only the next release knows", 200), ("", 503)],
)
def test_a_database_that_is_behind_gets_no_visitors_one_ahead_does(
    behind: Flask, applied: str, status: int
) -> None:
    with behind.app_context(), db.engine.connect() as connection, connection.begin() as changing:
        before = connection.execute(text("select version_num from alembic_version")).scalars().all()
        changing.rollback()
    try:
        _apply(behind, [applied[:32]] if applied else [])
        assert ready(behind)[0] == status
    finally:
        _apply(behind, list(before))


def _apply(app: Flask, versions: list[str]) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("delete from alembic_version"))
        for version in versions:
            connection.execute(text("insert into alembic_version values (:v)"), {"v": version})


def test_without_redis_degraded_and_without_the_database_unavailable(tmp_path: Path) -> None:
    with a_mortal_house(tmp_path) as (house, servers):
        servers.redis.kill()
        status, said = ready(house)
        assert (status, said["status"], said["checks"]["redis"]["ok"]) == (200, "degraded", False)

        servers.postgres.kill()
        # What it had begun for others may live on for a moment.
        eventually(lambda: ready(house)[0] == 503)
        began = time.monotonic()
        status, said = ready(house)
        assert time.monotonic() - began < 3 + PATIENCE
        assert (status, said["status"], said["checks"]["database"]["ok"]) == (503, "unavailable", False)
        assert house.test_client().get("/healthz").status_code == 200, "alive, all the same"

        servers.postgres.restart()
        servers.redis.restart()
        eventually(lambda: ready(house)[1]["status"] == "ready")
