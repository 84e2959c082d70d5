"""A house whose database was brought back to an earlier second."""

from io import BytesIO

from flask import Flask
from sqlalchemy import Table

from app.extensions import db
from app.platform.settings import settings
from tests.factories.people import a_person, signed_in
from tests.schema import empty_tables, unasked

CASES = "/admin/payments/cases"

Rows = dict[str, bytes]


def restored(app: Flask) -> None:
    """As restore.sh says it."""
    done = app.test_cli_runner().invoke(args=["payments", "restored", "2026-11-21 14:03:00"])
    assert done.exit_code == 0 and "wait" in done.output


def compared(app: Flask) -> None:
    """By an admin, who closes the case."""
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    case = admin.get(CASES).one('a:-soup-contains("Renewals, payouts and refunds wait")')["href"]
    here = admin.get(str(case))
    assert "Restored to" in here.text
    admin.send(here.form(f"{case}/close"), note="Compared with the processor.")


def all_rows(app: Flask) -> Rows:
    """As of now, for `bring_back`."""
    kept = {}
    with app.app_context(), unasked(settings().direct_url).connect() as connection:
        cursor = connection.connection.cursor()
        for table in db.metadata.sorted_tables:
            rows = f"select {_columns(table)} from {table.name}"  # noqa: S608 - our own tables
            cursor.copy_expert(f"copy ({rows}) to stdout", told := BytesIO())
            kept[table.name] = told.getvalue()
    return kept


def bring_back(app: Flask, rows: Rows) -> None:
    """All that came since is forgotten, as after a restore to that second."""
    with app.app_context():
        db.session.remove()
        empty_tables()
        app.extensions["fanlight.cache"].client.flushdb()
        with unasked(settings().direct_url).begin() as connection:
            cursor = connection.connection.cursor()
            for table in db.metadata.sorted_tables:
                lines = BytesIO(rows[table.name])
                cursor.copy_expert(f"copy {table.name} ({_columns(table)}) from stdin", lines)
    restored(app)


def _columns(table: Table) -> str:
    """Those that are not reckoned from others."""
    return ", ".join(f'"{one.name}"' for one in table.columns if one.computed is None)
