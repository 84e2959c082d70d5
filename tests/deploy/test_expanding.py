"""What migrations do to big tables beside visitors, and what a deployment says of itself."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from app.extensions import db
from app.platform import expanding
from app.platform.audit import Action
from app.platform.models import AuditRecord
from tests.platform.houses import a_house
from workers.deploy import lint
from workers.stack.environment import ROOT

NAME = "20261122-101500-abcdef0"


@pytest.fixture
def migrating(context: Flask) -> Iterator[Connection]:
    """In a migration, on a table with some rows."""
    with db.engine.connect() as connection:
        connection.execute(text("create table test_hats (id int primary key, size int)"))
        connection.execute(text("insert into test_hats select n from generate_series(1, 5000) n"))
        connection.commit()
        running = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
        try:
            with Operations.context(running), running.begin_transaction(_per_migration=True):
                yield connection
        finally:
            connection.rollback()
            connection.execute(text("drop table test_hats"))
            connection.commit()


def test_an_index_that_was_cut_off_is_made_anew(migrating: Connection) -> None:
    for _ in range(2):
        expanding.add_index("ix_test_hats_size", "test_hats", ["size"], where="size > 0")
    valid = "select indisvalid from pg_index where indexrelid = 'ix_test_hats_size'::regclass"
    assert migrating.scalar(text(valid))
    assert migrating.scalar(text("show lock_timeout")) == "10s", "as it was before"


def test_rows_are_filled_some_at_a_time_until_none_is_left(migrating: Connection) -> None:
    expanding.fill("test_hats", {"size": "id * 2"}, where="size is null")
    assert migrating.scalar(text("select count(*) from test_hats where size = id * 2")) == 5000
    writers = "select count(distinct xmin::text) from test_hats"
    assert migrating.scalar(text(writers)) == -(-5000 // expanding.AT_ONCE)


def test_a_check_holds_for_new_rows_first_and_then_for_all(migrating: Connection) -> None:
    migrating.execute(text("alter table test_hats add constraint big check (id > 0) not valid"))
    expanding.validate("test_hats", "big")
    assert migrating.scalar(text("select convalidated from pg_constraint where conname = 'big'"))


def beside_visitors() -> list[Path]:
    """Migrations that leave their transaction, so that what they did until then stays."""
    return [path for path in sorted(lint.to_check()) if "expanding." in path.read_text()]


@pytest.mark.parametrize("path", beside_visitors(), ids=lambda path: path.stem)
def test_a_migration_that_was_cut_off_runs_again(migrating: Connection, path: Path) -> None:
    """All of it is there already, which is the last moment at which it can be."""
    runpy.run_path(str(path))["upgrade"]()
    assert migrating.scalar(text("select bool_and(convalidated) from pg_constraint where contype = 'c'"))


def test_a_release_says_its_name_to_who_knows_it(app: Flask) -> None:
    visitor: FlaskClient = a_house(app.extensions["fanlight.settings"], release=NAME).test_client()
    assert visitor.get("/healthz", headers={"X-Release": NAME}).headers["X-Release"] == NAME
    for asked in ({"X-Release": "another"}, {"X-Release": ""}, {}):
        assert "X-Release" not in visitor.get("/healthz", headers=asked).headers


def test_a_deployment_stands_on_record(context: Flask) -> None:
    words = ["deployment", "record", NAME, "--outcome", "taken-back", "--before", "one", "--why", "it fails"]
    assert context.test_cli_runner().invoke(args=words).exit_code == 0
    record = db.session.query(AuditRecord).filter_by(action=Action.DEPLOYMENT_TAKEN_BACK.value).one()
    assert (record.subject_kind, record.subject_id) == ("release", NAME)
    assert record.data == {"before": "one", "why": "it fails"}


@pytest.fixture
def migrated_further(context: Flask) -> Iterator[Flask]:
    """A newer release was here, and went again."""
    before = _placed("9999_later")
    yield context
    _placed(before)


def _placed(revision: str) -> str:
    """Where the database stood before."""
    with db.engine.begin() as connection:
        stood = connection.execute(text("select version_num from alembic_version")).scalar_one()
        connection.execute(text("update alembic_version set version_num = :it"), {"it": revision})
    return str(stood)


def test_containers_of_an_older_release_start_on_a_newer_database(migrated_further: Flask) -> None:
    """Its migrations stay when a release goes; the one from before works with them."""
    command = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["prepare"]["command"]
    assert command[:5] == ["python", "-m", "flask", "--app", "app"]
    result = migrated_further.test_cli_runner().invoke(args=command[5:])
    assert result.exit_code == 0, result.output
    assert "newer than this release" in result.output


def test_containers_bring_their_database_up_to_date(context: Flask) -> None:
    result = context.test_cli_runner().invoke(args=["deployment", "migrate"])
    assert result.exit_code == 0, result.output
    assert "up to date" in result.output
