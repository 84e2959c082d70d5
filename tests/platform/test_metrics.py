"""What Prometheus gets to read, and who else does not."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app.config import Mode, Settings
from app.extensions import db
from app.kit import clock
from app.platform import outbox, work
from app.platform.guards import Access
from app.platform.models import Mail
from app.platform.transaction import transaction
from app.platform.watching.figures import forget
from tests.page_client import PageClient
from tests.platform.houses import a_house, a_mortal_house, room


@pytest.fixture(scope="module")
def built(settings: Settings) -> Flask:
    house = a_house(settings, metrics_token="a-token-for-the-collector")
    room(house, "/counted", lambda: "ok", Access.ANYONE)
    return house


@pytest.fixture
def house(built: Flask, app: Flask) -> Flask:
    """Over empty tables, which come from `app`."""
    return built


def read(house: Flask, **headers: str) -> dict[tuple[str, ...], float]:
    answer = house.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@work.handler("tests.nothing")
def nothing(payload: dict[str, object]) -> None:
    """Waits to be counted."""


def test_requests_are_counted_by_endpoint_method_and_kind_of_answer(house: Flask) -> None:
    before = read(house)
    client = house.test_client()
    for _ in range(3):
        client.get("/counted")
    client.post("/counted")
    client.open("/counted", method="BREW")
    after = read(house)

    def more(*series: str) -> float:
        return after.get(series, 0) - before.get(series, 0)

    assert more("fanlight_requests_total", "counted", "GET", "2xx") == 3
    assert more("fanlight_requests_total", "unmatched", "POST", "4xx") == 1
    assert more("fanlight_requests_total", "unmatched", "other", "4xx") == 1
    assert more("fanlight_request_seconds_count", "counted") == 3


def test_the_backlog_of_the_house_is_told(house: Flask) -> None:
    with house.app_context(), transaction():
        at = clock.now()
        work.enqueue("tests.nothing", {}, due_at=at - timedelta(seconds=90))
        outbox.emit("nobody.listens", {})
        db.session.add(Mail(recipient="x", template="t", state="failed"))
    house.extensions["fanlight.cache"].client.rpush("rq:queue:media", "a-job")
    forget(house)
    figures = read(house)
    assert figures[("fanlight_work_due",)] == 1
    assert 89 < figures[("fanlight_work_oldest_due_seconds",)] < 120
    assert 0 <= figures[("fanlight_outbox_oldest_seconds",)] < 30
    assert figures[("fanlight_work_failed_last_day",)] == 0
    assert figures[("fanlight_mails_failed_last_day",)] == 1
    assert figures[("fanlight_queue_length", "media")] == 1
    assert figures[("fanlight_database_connections_in_use",)] >= 0


@pytest.mark.parametrize(
    ("address", "host", "token", "status"),
    [
        ("127.0.0.1", "localhost:3000", "", 200),
        ("127.0.0.1", "127.0.0.1:3000", "", 200),
        ("::1", "[::1]:3000", "", 200),
        # What a proxy on the same machine hands on comes from here, under the site's name.
        ("127.0.0.1", "fans.example.org", "", 404),
        ("203.0.113.5", "fans.example.org", "", 404),
        ("203.0.113.5", "localhost", "", 404),
        ("203.0.113.5", "fans.example.org", "wrong", 404),
        ("203.0.113.5", "fans.example.org", "a-token-for-the-collector", 200),
        ("203.0.113.5", "fans.example.org", "ümlaut", 404),
    ],
)
def test_only_this_machine_or_who_shows_the_token_reads_them(
    house: Flask, address: str, host: str, token: str, status: int
) -> None:
    answer = house.test_client().get(
        "/metrics",
        base_url=f"http://{host}",
        headers={"Authorization": f"Bearer {token}"} if token else {},
        environ_overrides={"REMOTE_ADDR": address},
    )
    assert answer.status_code == status


def test_without_a_token_set_an_empty_one_opens_nothing(settings: Settings, app: Flask) -> None:
    house = a_house(settings, mode=Mode.LIVE, public_url="https://fans.example.org")
    answer = house.test_client().get(
        "/metrics",
        base_url="https://fans.example.org",
        headers={"Authorization": "Bearer "},
        environ_overrides={"REMOTE_ADDR": "203.0.113.5"},
    )
    assert answer.status_code == 404


def test_with_database_and_redis_away_requests_are_still_told(tmp_path: Path) -> None:
    with a_mortal_house(tmp_path) as (house, servers):
        PageClient(house).get("/healthz")
        servers.stop()
        forget(house)
        figures = read(house)
    assert figures[("fanlight_requests_total", "health.alive", "GET", "2xx")] >= 1
    assert ("fanlight_work_due",) not in figures


def test_several_processes_tell_their_sum(settings: Settings, app: Flask, tmp_path: Path) -> None:
    script = """
import os, sys
from app import create_app
from app.config import load_settings
house = create_app(load_settings())
client = house.test_client()
if os.fork() == 0:
    for _ in range(2): client.get("/healthz")
    os._exit(0)
os.wait()
for _ in range(3): client.get("/healthz")
print(client.get("/metrics").text)
"""
    environment = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DATABASE_URL": settings.database_url,
        "DATABASE_DIRECT_URL": settings.database_direct_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "ENCRYPTION_KEYS": settings.encryption_keys[0],
    }
    told = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert 'fanlight_requests_total{endpoint="health.alive",method="GET",status="2xx"} 5.0' in told.stdout
