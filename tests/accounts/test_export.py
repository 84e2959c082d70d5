"""Taking everything along."""

import csv
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.accounts import jobs
from app.accounts.models import DataExport, RecoveryCode
from app.accounts.operations import exports
from app.extensions import db
from app.kit.clock import FixedClock
from app.platform import personal_data, work
from app.platform.models import AuditRecord, Mail
from app.platform.storage import storage
from app.platform.transaction import transaction
from tests.factories.lives import BIRTHDAY, SECRETS, TOTP_SECRET, a_full_life
from tests.factories.people import a_person, signed_in
from tests.page_client import Page, PageClient
from tests.queries import counting


def ask(client: PageClient) -> Page:
    return client.send(client.get("/settings/data").form("/settings/data/exports"))


def download_link(page: Page) -> str:
    return str(page.one("a[href^='/settings/data/exports/']")["href"])


def drain(app: Flask) -> None:
    with app.app_context():
        work.drain()


def made(app: Flask, client: PageClient) -> zipfile.ZipFile:
    ask(client)
    drain(app)
    answer = client.get(download_link(client.get("/settings/data"))).response
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.get_data()))


def files(app: Flask) -> list[str]:
    with app.app_context():
        return list(storage().list("exports/"))


@pytest.fixture(autouse=True)
def no_files_of_others(app: Flask) -> None:
    with app.app_context():
        for key in files(app):
            storage().delete(key)


@contextmanager
def no_place_for_copies(app: Flask) -> Iterator[None]:
    """Where their folder should be lies a file."""
    root = Path(app.extensions["fanlight.settings"].data_dir) / "storage"
    root.mkdir(exist_ok=True)
    folder = root / "exports"
    if folder.exists():
        folder.rmdir()
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()


def test_the_copy_holds_rows_of_every_registered_table(app: Flask) -> None:
    life = a_full_life(app)
    archive = made(app, signed_in(app, life.person))
    registered = set(personal_data.registry(app).tables)
    assert life.tables == registered, "give a_full_life a row in each registered table"
    for name in registered:
        rows = json.loads(archive.read(f"{name}.json"))
        lines = list(csv.reader(io.StringIO(archive.read(f"{name}.csv").decode())))
        assert rows, f"nothing of {name}"
        assert lines[0] == list(rows[0]), f"{name}: CSV and JSON differ"
        assert len(lines) == len(rows) + 1
    assert all(name in archive.read("README.txt").decode() for name in registered)


def test_sealed_values_are_opened_and_secrets_left_out(app: Flask) -> None:
    archive = made(app, signed_in(app, a_full_life(app).person))
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    (user,) = json.loads(archive.read("users.json"))
    assert user["birth_date"] == BIRTHDAY
    assert TOTP_SECRET not in everything
    assert "$argon2id$" not in everything
    for secret in SECRETS.values():
        assert secret.hex() not in everything
        assert str(secret) not in everything


def test_only_ones_own_rows_are_in_it(app: Flask) -> None:
    stranger = a_full_life(app)
    archive = made(app, signed_in(app))
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode().lower()
    assert stranger.person.handle.lower() not in everything
    assert str(stranger.person.id) not in everything


def test_a_cell_that_a_spreadsheet_would_run_is_defused(app: Flask) -> None:
    person = a_person(app)
    with app.app_context(), transaction():
        db.session.execute(text("update users set bio = '=HYPERLINK(1)'"))
    archive = made(app, signed_in(app, person))
    assert "'=HYPERLINK(1)" in archive.read("users.csv").decode()
    assert json.loads(archive.read("users.json"))[0]["bio"] == "=HYPERLINK(1)"


def test_a_long_history_comes_whole(app: Flask) -> None:
    person = a_person(app)
    with app.app_context(), transaction():
        db.session.add_all(RecoveryCode(user_id=person.id, code_digest=b"x") for _ in range(1_203))
    archive = made(app, signed_in(app, person))
    assert len(json.loads(archive.read("recovery_codes.json"))) == 1_203


def test_while_it_is_made_the_page_asks_again_and_then_offers_it(app: Flask) -> None:
    client = signed_in(app)
    waiting = ask(client)
    polled = waiting.one("#exports")
    assert (polled["hx-get"], polled["hx-trigger"]) == ("/settings/data/exports", "every 2s")
    assert "is being made" in waiting.text
    assert not waiting.has_form("/settings/data/exports")
    poll = {"path": str(polled["hx-get"]), "headers": {"HX-Request": "true"}}
    assert client.http.get(**poll).status_code == 204
    drain(app)
    partial = Page(client.http.get(**poll))
    assert partial.html.lstrip().startswith("<div")
    assert "hx-trigger" not in partial.html
    assert "Ready" in partial.text


def test_a_mail_says_that_it_is_ready(app: Flask) -> None:
    person = a_person(app)
    ask(signed_in(app, person))
    drain(app)
    with app.app_context():
        told = db.session.scalars(select(Mail).where(Mail.template == "export_ready")).one()
    assert told.recipient == person.email


def test_one_a_day(app: Flask, fixed_clock: FixedClock) -> None:
    person = a_person(app)
    client = signed_in(app, person)
    form = client.get("/settings/data").form("/settings/data/exports")
    ask(client)
    refused = client.send(form, idempotency_key="from another tab")
    assert refused.status == 422
    assert "within the last day" in refused.text
    drain(app)
    page = client.get("/settings/data")
    assert not page.has_form("/settings/data/exports")
    assert "ask for a new copy from" in page.text
    assert client.send(form, idempotency_key="and again").status == 422
    fixed_clock.move(timedelta(days=1, minutes=1))
    assert "is being made" in ask(signed_in(app, person)).text


def test_a_double_click_asks_once(app: Flask) -> None:
    client = signed_in(app)
    form = client.get("/settings/data").form("/settings/data/exports")
    assert [client.send(form).status, client.send(form).status] == [200, 200]
    with app.app_context():
        assert len(db.session.scalars(select(DataExport)).all()) == 1


def test_asking_and_fetching_need_a_fresh_sign_in(app: Flask, fixed_clock: FixedClock) -> None:
    client = signed_in(app)
    form = client.get("/settings/data").form("/settings/data/exports")
    ask(client)
    drain(app)
    link = download_link(client.get("/settings/data"))
    fixed_clock.move(timedelta(minutes=11))
    assert client.send(form, follow=False, idempotency_key="later").location.startswith("/login/confirm")
    assert client.get(link, follow=False).location.startswith("/login/confirm")


def test_a_stranger_gets_the_answer_of_a_copy_that_never_was(app: Flask) -> None:
    owner = signed_in(app)
    ask(owner)
    drain(app)
    link = download_link(owner.get("/settings/data"))
    stranger = signed_in(app).get(link)
    never_was = signed_in(app).get("/settings/data/exports/0197c0de-0000-7000-8000-000000000000")
    assert (stranger.status, never_was.status) == (404, 404)
    assert PageClient(app).get(link, follow=False).location.startswith("/login")


def test_the_download_is_named_not_kept_by_caches_and_on_record(app: Flask) -> None:
    client = signed_in(app)
    ask(client)
    drain(app)
    answer = client.get(download_link(client.get("/settings/data"))).response
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=your-data-")
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context():
        actions = db.session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)).all()
    assert actions[-2:] == ["account.export_asked", "account.export_fetched"]


def test_after_a_week_the_file_is_gone(app: Flask, fixed_clock: FixedClock) -> None:
    person = a_person(app)
    client = signed_in(app, person)
    ask(client)
    drain(app)
    link = download_link(client.get("/settings/data"))
    assert len(files(app)) == 1
    fixed_clock.move(timedelta(days=7, minutes=1))
    later = signed_in(app, person)
    assert later.get(link).status == 404
    with app.app_context():
        jobs.tidy()
    drain(app)
    assert files(app) == []
    assert "Gone" in later.get("/settings/data").text


def test_a_copy_that_could_not_be_stored_is_tried_again(app: Flask, fixed_clock: FixedClock) -> None:
    client = signed_in(app)
    ask(client)
    with no_place_for_copies(app):
        drain(app)
    assert "is being made" in client.get("/settings/data").text
    fixed_clock.move(timedelta(minutes=1))
    drain(app)
    assert "Ready" in client.get("/settings/data").text


def test_one_that_never_succeeds_says_so_and_may_be_asked_for_again(
    app: Flask, fixed_clock: FixedClock
) -> None:
    client = signed_in(app)
    ask(client)
    with no_place_for_copies(app):
        for _ in range(5):
            drain(app)
            fixed_clock.move(timedelta(hours=1))
    failed = client.get("/settings/data")
    assert "Could not be made" in failed.text
    assert failed.has_form("/settings/data/exports")


def test_doing_it_twice_makes_one_copy_and_tells_once(app: Flask) -> None:
    ask(signed_in(app))
    with app.app_context():
        export = db.session.scalars(select(DataExport)).one()
        work.drain()
        jobs.export({"export_id": str(export.id)})
        assert len(db.session.scalars(select(Mail)).all()) == 1
    assert len(files(app)) == 1


def test_a_copy_for_somebody_who_left_meanwhile_is_not_kept(app: Flask) -> None:
    person = a_person(app)
    ask(signed_in(app, person))

    def leave() -> None:
        with app.app_context(), transaction():
            exports.erase(person.id)

    def leaving(user_id: UUID) -> list[dict[str, str]]:
        elsewhere = threading.Thread(target=leave)
        elsewhere.start()
        elsewhere.join()
        return []

    personal_data.table(app, "lanterns", "Lanterns", leaving, lambda _: None)
    try:
        drain(app)
    finally:
        del personal_data.registry(app).tables["lanterns"]
    drain(app)
    assert files(app) == []
    with app.app_context():
        assert db.session.scalars(select(Mail)).all() == []


def test_the_page_takes_few_statements(app: Flask) -> None:
    client = signed_in(app)
    client.get("/settings/data")
    with counting(app) as sent:
        assert client.get("/settings/data").status == 200
    assert len(sent) == 6, sent  # two of its own, four about money that holds somebody back or is given up
