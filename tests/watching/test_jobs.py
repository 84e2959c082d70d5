"""What is looked at by the clock, and what is noted of it."""

import datetime
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import text

from app.config import Settings
from app.extensions import db
from app.platform import audit, audit_chain
from app.platform.audit import Action
from app.platform.transaction import transaction
from app.platform.watching import figures, noting
from app.platform.watching.beating import Beating
from app.watching import jobs, queries
from tests.platform.houses import a_house
from tests.support import free_port

DAYS = 10


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """Shows a certificate that nobody signed, and that ends in ten days."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "us")]),
    )
    now = datetime.datetime.now(datetime.UTC)
    shown = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=DAYS))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + shown.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    serving.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    serving.join()


def seen(app: Flask) -> figures.Look:
    figures.forget(app)
    with app.app_context():
        return figures.look()


def test_the_certificate_is_the_one_that_visitors_are_shown(
    settings: Settings, app: Flask, proxy: int
) -> None:
    house = a_house(settings, public_url=f"https://localhost:{proxy}")
    with house.app_context():
        jobs.certificate({})
    left = seen(house).value("certificate_ends_in_seconds")
    assert left is not None and (DAYS - 1) * 86_400 < left <= DAYS * 86_400
    assert seen(house).value("noted_ok", what="certificate") == 1


def test_where_nobody_shows_one_that_is_noted(settings: Settings, app: Flask) -> None:
    house = a_house(settings, public_url=f"https://localhost:{free_port()}")
    with house.app_context():
        jobs.certificate({})
        assert queries.facts()["certificate"].detail == "localhost showed none: ConnectionRefusedError"
    assert seen(house).value("noted_ok", what="certificate") == 0


def test_an_audit_log_that_was_changed_is_noted(app: Flask) -> None:
    def verified() -> tuple[float | None, str]:
        with app.app_context():
            jobs.audit({})
            return seen(app).value("noted_ok", what="audit"), queries.facts()["audit"].detail

    with app.app_context():
        with transaction():
            audit.record(Action.JOINED, actor=None, subject=("user", "somebody"))
        audit_chain.seal()
    assert verified() == (1, "")
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("update audit_log set action = 'account.left'"))
    ok, detail = verified()
    assert ok == 0 and detail.startswith("place 1")


def test_the_console_notes_what_others_did(app: Flask) -> None:
    def run(*words: str) -> Any:
        return app.test_cli_runner().invoke(args=["watching", "note", *words])

    assert run("backup", "--failed", "--detail", "no room").output == "Noted: backup failed.\n"
    assert run("backup", "--ok").output == "Noted: backup went well.\n"
    assert run("backup").exit_code == 2
    assert run("weather", "--ok").exit_code == 2
    with app.app_context():
        fact = queries.facts()[noting.BACKUP]
    assert (fact.ok, fact.detail) == (True, "")


def test_a_process_that_nobody_hears_goes_on(settings: Settings, app: Flask) -> None:
    nowhere = f"postgresql://x@127.0.0.1:{free_port()}/none"
    away = settings.model_copy(update={"database_url": nowhere, "database_direct_url": nowhere})
    Beating("worker", away).beat()
    assert seen(app).value("processes", role="worker") == 0


def test_a_process_that_fell_silent_is_gone(settings: Settings, app: Flask) -> None:
    Beating("worker", settings).beat()
    Beating("realtime", settings, lambda: 7).beat()
    assert seen(app).value("processes", role="worker") == 1
    assert seen(app).value("sockets_open") == 7
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("update process_beats set seen_at = seen_at - interval '1 minute'"))
    assert seen(app).value("processes", role="worker") == 0
    assert seen(app).value("process_starts_last_hour", role="worker") == 1
