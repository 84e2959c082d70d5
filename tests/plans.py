"""How many rows a page makes PostgreSQL read, by the plans of what it sent."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from sqlalchemy import event, text

from app.extensions import db


def rows_read(app: Flask, table: str, visit: Callable[[], object]) -> int:
    """Of one table, by everything that the visit sent, each statement run once more to be told."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        if f"FROM {table}" in statement or f"JOIN {table}" in statement:
            sent.append((statement, given))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        visit()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert sent, f"nothing was asked of {table}"
    with engine.connect() as connection:
        plans = [
            connection.exec_driver_sql(f"explain (analyze, format json) {statement}", given).scalar_one()
            for statement, given in sent
        ]
    return sum(_read(node) for plan in plans for node in _nodes(plan[0]["Plan"]) if _reads(node, table))


def settle(app: Flask, *tables: str) -> None:
    """So that PostgreSQL knows what it has, as it does some minutes after."""
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            connection.execute(text(f"vacuum analyze {table}"))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _reads(node: dict[str, Any], table: str) -> bool:
    return node.get("Relation Name") == table


def _read(node: dict[str, Any]) -> int:
    given = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    given += node.get("Rows Removed by Index Recheck", 0)
    return round(float(given * node["Actual Loops"]))
