"""Nobody's data is forgotten: each table is decided about, and each column of it."""

from flask import Flask
from sqlalchemy import Table

from app.extensions import db
from app.platform import personal_data
from app.platform.personal_rows import Rows

OPENS_DOORS = ("digest", "hash", "sealed", "secret", "token")
POINTS_AT_PEOPLE = {"user_id", "actor_id", "creator_id", "email", "recipient"}


def points_at_people(table: Table) -> set[str]:
    keys = {key.parent.name for key in table.foreign_keys if key.column.table.name == "users"}
    return keys | POINTS_AT_PEOPLE & set(table.columns.keys())


def held_rows(app: Flask) -> dict[str, Rows]:
    """The tables that are exported column by column."""
    known = personal_data.registry(app).tables
    owners = {name: getattr(held.export, "__self__", None) for name, held in known.items()}
    return {name: rows for name, rows in owners.items() if isinstance(rows, Rows)}


def test_every_table_is_registered_or_exempt_with_a_reason(whole_app: Flask) -> None:
    known = personal_data.registry(whole_app)
    decided = set(known.tables) | set(known.exempt)
    assert set(db.metadata.tables) - decided == set(), "decide: personal_data.table(...) or .exempt(...)"
    assert decided - set(db.metadata.tables) == set(), "these tables are gone"
    assert all(reason.strip() for reason in known.exempt.values())


def test_no_exempt_table_points_at_a_person(whole_app: Flask) -> None:
    exempt = personal_data.registry(whole_app).exempt
    pointing = {name: points_at_people(db.metadata.tables[name]) for name in exempt}
    assert {name: columns for name, columns in pointing.items() if columns} == {}


def test_every_column_is_shown_or_withheld(whole_app: Flask) -> None:
    undecided = {
        name: set(rows.table.columns.keys()) ^ rows.decided for name, rows in held_rows(whole_app).items()
    }
    assert {name: columns for name, columns in undecided.items() if columns} == {}


def test_nothing_that_opens_a_door_is_shown(whole_app: Flask) -> None:
    shown = {f"{name}.{column}" for name, rows in held_rows(whole_app).items() for column in rows.shown}
    assert {column for column in shown if any(word in column for word in OPENS_DOORS)} == set()


def test_a_table_cannot_be_decided_about_twice() -> None:
    app = Flask("house")
    personal_data.exempt(app, "lamps", "they are nobody's")
    try:
        personal_data.table(app, "lamps", "Lamps", lambda _: [], lambda _: None)
    except ValueError as error:
        assert "lamps" in str(error)
    else:
        raise AssertionError("the second decision was taken")
