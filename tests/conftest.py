"""What every test stands on: real servers, a schema, an app, a browser without a window."""

import base64
import gc
import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as trying

from app import create_app
from app.accounts import session_cache
from app.config import Mode, Settings, load_settings
from app.kit import clock
from app.platform import flags, limits
from app.platform.watching import figures
from tests.page_client import PageClient
from tests.pooler import addresses, servers_for_tests
from tests.schema import empty_tables, make_schema
from workers.stack import ports
from workers.stack.embedded import EmbeddedServers

SECRET = "a-secret-that-only-tests-know-0123456789"
# Signs notices to devices.
VAPID_KEY = base64.urlsafe_b64encode(SECRET[:32].encode()).rstrip(b"=").decode()

# Thousands of tests are collected and kept to the end. To look through them for garbage, again and again,
# takes as long as collecting them; so nobody looks meanwhile, nor at them later, and seldom at the rest.
SELDOM = 20_000
gc.disable()

# What holds of everything is tried with the same examples each time, so that a suite that passed passes
# again; ANEW=1 tries others. How long an example takes says more of the machine than of us.
trying.register_profile("the same", derandomize=True, deadline=None)
if not os.environ.get("ANEW"):
    trying.load_profile("the same")

# Each process of the suite has ports of its own: one that is free now may be another's in a moment, where a
# test stops a server and starts it again.
SHARE = (ports.LAST - ports.FIRST + 1) // 8
worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
os.environ[ports.RANGE] = f"{ports.FIRST + worker * SHARE}-{ports.FIRST + (worker + 1) * SHARE - 1}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """By their folders all files that wait for processes would do so together, while the cores rest."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: crc32(item.nodeid.partition("::")[0].encode()))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(SELDOM)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hostile text ends up in captured logs, and must not break what reports them."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    with servers_for_tests(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture(scope="session")
def settings(servers: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(
        mode=Mode.DEMO,
        **addresses(servers),
        data_dir=tmp_path_factory.mktemp("data"),
        secret_key=SECRET,
        encryption_keys=[SECRET[::-1]],
        vapid_private_key=VAPID_KEY,
        push_local=True,
        limit_write=10_000,
        limit_read=100_000,
    )


@pytest.fixture(scope="session")
def whole_app(settings: Settings) -> Flask:
    app = create_app(settings)
    app.testing = False  # errors become the pages that people see
    with app.app_context():
        make_schema(Path("migrations"))
    return app


@pytest.fixture
def app(whole_app: Flask) -> Iterator[Flask]:
    """The app over empty tables, an empty Redis and the system's clock."""
    yield emptied(whole_app)
    clock.use(clock.SystemClock())


def emptied(app: Flask) -> Flask:
    with app.app_context():
        empty_tables()
        app.extensions["fanlight.cache"].client.flushdb()
    session_cache.clear()
    limits.clear()
    flags.clear()
    figures.forget(app)
    return app


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An application context, for tests that call operations as a job does."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def page(app: Flask) -> PageClient:
    """A signed-out person who reads pages and fills in their forms."""
    return PageClient(app)


@pytest.fixture
def fixed_clock() -> Iterator[clock.FixedClock]:
    fixed = clock.FixedClock(datetime.now(UTC))
    with clock.using(fixed):
        yield fixed
