"""flask keys rewrap: what was sealed under earlier ENCRYPTION_KEYS comes under the first of them.

Each value keeps its own data key; only that one's wrapping changes. Safe to break off and to run again,
while the house is open. Once it says that nothing is left, the earlier keys may go.
"""

from collections.abc import Iterator
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import Column, Select, Table, literal, select, tuple_, update

from app.extensions import db
from app.platform.personal_rows import AT_ONCE, SEALED
from app.platform.settings import vault
from app.platform.transaction import transaction

# The row's key, and its sealed value.
Found = tuple[Any, ...]

keys_group = AppGroup("keys", help="The keys that personal data are sealed under.")


def init_keys(app: Flask) -> None:
    app.cli.add_command(keys_group)


@keys_group.command("rewrap")
def rewrap() -> None:
    """Bring every sealed value under the first of ENCRYPTION_KEYS."""
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if column.name.startswith(SEALED):
                changed = sum(_rewrap(table, column, rows) for rows in _portions(table, column))
                click.echo(f"{table.name}.{column.name}: {changed} rewrapped")


def _portions(table: Table, column: Column[Any]) -> Iterator[list[Found]]:
    keys = list(table.primary_key.columns)
    wanted = select(*keys, column).where(column.is_not(None)).order_by(*keys).limit(AT_ONCE)
    portion = _read(wanted)
    while portion:
        yield portion
        last = [literal(value, own.type) for own, value in zip(keys, portion[-1], strict=False)]
        portion = _read(wanted.where(tuple_(*keys) > tuple_(*last)))


def _read(wanted: Select[Any]) -> list[Found]:
    return [tuple(row) for row in db.session.execute(wanted)]


def _rewrap(table: Table, column: Column[Any], portion: list[Found]) -> int:
    """Only what is still as it was read: a value that was sealed anew meanwhile is under the first key."""
    changed = 0
    with transaction():
        for found in portion:
            sealed, fresh = found[-1], vault().rewrap(found[-1])
            if fresh != sealed:
                same = [own == value for own, value in zip(table.primary_key.columns, found, strict=False)]
                db.session.execute(update(table).where(*same, column == sealed).values({column.name: fresh}))
                changed += 1
    return changed
