"""A worker is killed in the middle of somebody's copy."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import DataExport
from app.config import Settings
from app.extensions import db
from app.platform.models import Mail
from app.platform.storage import storage
from tests.factories.people import signed_in
from tests.faults import processes
from tests.faults.kinds import give_sign, make_tables, signs
from tests.support import eventually

WORKER, SCHEDULER = "tests.faults.export_program", "tests.faults.scheduler_program"


@pytest.mark.fault_long
def test_it_leaves_nothing_half_made_and_the_next_worker_finishes(
    context: Flask, settings: Settings, tmp_path: Path
) -> None:
    make_tables()
    for key in list(storage().list("exports/")):
        storage().delete(key)
    client = signed_in(context)
    client.send(client.get("/settings/data").form("/settings/data/exports"))
    env = processes.environment(settings) | {"LEASE_SECONDS": "2", "HEARTBEAT_SECONDS": "0.3"}
    env["TMPDIR"] = str(tmp_path)

    with processes.start(WORKER, env) as worker:
        eventually(lambda: "half way" in signs(), within=60)
        worker.kill()
        worker.wait()
    assert list(storage().list("exports/")) == []
    assert list(tmp_path.rglob("*")) == []
    assert "is being made" in client.get("/settings/data").text

    give_sign("open")
    with processes.start(WORKER, env), processes.start(SCHEDULER, env):
        eventually(lambda: "Ready" in client.get("/settings/data").text, within=60)
    assert len(list(storage().list("exports/"))) == 1
    link = client.get("/settings/data").one("a[href^='/settings/data/exports/']")["href"]
    archive = zipfile.ZipFile(io.BytesIO(client.get(str(link)).response.get_data()))
    assert json.loads(archive.read("lanterns.json")) == [{"lantern": 1}, {"lantern": 2}]
    db.session.expire_all()
    assert db.session.scalars(select(DataExport)).one().state == "ready"
    assert len(db.session.scalars(select(Mail)).all()) == 1
