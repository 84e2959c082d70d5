"""The schema against Citus' rules: what has to change before tables can be spread is known, to the line."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from app.extensions import db
from tests.architecture.citus import breaches
from workers.deploy.distribution import GROUPS, LOCAL, REFERENCE, STEPS, Places, places, statements
from workers.stack.environment import ROOT

NOWHERE = Places(frozenset(), {}, {}, frozenset())


@pytest.fixture
def connection(context: Flask) -> Iterator[Connection]:
    """What it makes is not there afterwards."""
    with db.engine.connect() as connection:
        # The suite's own, which names every table.
        connection.execute(text("drop function if exists empty_tables_of_tests"))
        yield connection
        connection.rollback()


def test_every_table_has_one_place(whole_app: Flask) -> None:
    """A new one: say in workers/deploy/distribution.py where it lies."""
    placed = [*REFERENCE, *LOCAL, *(table for group in GROUPS for table in group)]
    assert sorted(placed) == sorted(db.metadata.tables)


def test_what_citus_would_refuse_is_known_and_has_its_step(connection: Connection) -> None:
    """One that is mended leaves STEPS with its migration; a new one is better not made."""
    assert sorted(breaches(connection, places())) == sorted(STEPS)


def test_what_is_referred_to_is_moved_first(whole_app: Flask) -> None:
    order = {statement.split("'")[1]: number for number, statement in enumerate(statements())}
    for table, number in order.items():
        for key in db.metadata.tables[table].foreign_keys:
            assert order.get(key.column.table.name, -1) <= number, table


def test_the_page_names_what_is_spread() -> None:
    page = (ROOT / "docs/citus.md").read_text()
    for table, key in places().keys.items():
        assert f"`{table}`" in page and f"`{key}`" in page, table
    assert all(f"`{table}`" in page for table in REFERENCE)


# Each with the tables that are spread by `id` beside the first, what lies elsewhere, and what is said of it.
WRONG = {
    "create table c_a (id uuid, n int primary key)": "c_a: primary key (n) without id",
    "create table c_a (id uuid, n int)": "c_a: id may be empty",
    "create table c_a (id uuid not null); create unique index on c_a (upper(id::text))": (
        "c_a: unique () without id"
    ),
    "create table c_a (id uuid primary key, at tstzrange, exclude using gist (at with &&))": (
        "c_a: exclusion () without id"
    ),
    "create table c_a (x uuid primary key)": "c_a: no id",
    "create table c_a (x uuid, id uuid generated always as (x) stored not null)": "c_a: id is generated",
    "create table c_a (id uuid primary key, n int generated always as identity)": (
        "c_a: n counts in less than bigint"
    ),
    "create table c_a (id uuid primary key, n serial)": "c_a: n counts in less than bigint",
    "create table c_a (id uuid primary key); create trigger t before insert on c_a for each row "
    "execute function ledger_only_grows()": "c_a: trigger t",
    "create table c_a (id uuid primary key); create rule r as on delete to c_a do nothing": "c_a: rules",
    "create table c_p (id uuid not null); create table c_a (primary key (id)) inherits (c_p)": (
        "c_a: neither whole nor of plain parts"
    ),
    "create table c_a (id uuid primary key) partition by hash (id); create table c_p partition of c_a "
    "for values with (modulus 1, remainder 0) partition by hash (id)": (
        "c_a: neither whole nor of plain parts"
    ),
    "create table c_a (id uuid primary key); create function c_f() returns bigint language sql as "
    "'select count(*) from c_a'": "c_a: named by the function c_f",
    "create table c_local (id uuid primary key); create table c_a (id uuid primary key references c_local)": (
        "c_a: refers to c_local, which is local"
    ),
    "create table c_a (id uuid primary key); create table c_local (id uuid references c_a)": (
        "c_local: refers to c_a, which is distributed"
    ),
    "create table c_a (id uuid primary key); create table c_everywhere (id uuid references c_a)": (
        "c_everywhere: refers to c_a, which is distributed"
    ),
    "create table c_a (id uuid primary key); create table c_b (id uuid primary key, a uuid references c_a)": (
        "c_b: refers to c_a without id"
    ),
    "create table c_a (id uuid primary key); create table c_other (id uuid primary key references c_a)": (
        "c_other: refers to c_a, which lies elsewhere"
    ),
    "create table c_everywhere (id uuid primary key); "
    "create table c_a (id uuid primary key references c_everywhere on update cascade)": (
        "c_a: id would change with c_everywhere"
    ),
    "create table c_local (id uuid primary key); "
    "create table c_everywhere (id uuid references c_local on delete cascade)": (
        "c_everywhere: follows c_local, which is local"
    ),
    "create table c_a (id uuid primary key); create table c_b (id bigint primary key)": (
        "c_b: id is not of the type of c_a"
    ),
}
ALLOWED = """
    create table c_local (id uuid primary key);
    create table c_everywhere (id uuid primary key, l uuid references c_local);
    create table c_a (id uuid, n bigint generated always as identity, l text, at timestamptz,
        e uuid references c_everywhere on delete set null, primary key (at, id)) partition by range (at);
    create table c_parts partition of c_a default;
    create unique index on c_a (id, at, l) where l is not null;
    create table c_b (id uuid, at timestamptz, foreign key (at, id) references c_a on delete cascade,
        primary key (id));
    create table c_more (id uuid references c_everywhere on delete cascade)
"""


def made(connection: Connection, sql: str) -> list[str]:
    connection.execute(text(sql))
    there = connection.scalars(
        text("select relname from pg_class where relname like 'c\\_%' and relkind in ('r', 'p')")
    )
    names = set(there)
    keys = {name: "id" for name in ("c_a", "c_b", "c_other") if name in names}
    return breaches(
        connection,
        replace(
            NOWHERE,
            reference=frozenset(names & {"c_everywhere"}),
            keys=keys,
            with_={"c_a": "c_a", "c_b": "c_a", "c_other": "c_other"},
            local=frozenset(names & {"c_local", "c_more"}),
        ),
    )


def test_each_rule_sees_what_breaks_it(connection: Connection) -> None:
    missed = []
    for sql, said in WRONG.items():
        found = made(connection, sql)
        connection.rollback()
        if said not in found:
            missed.append((sql, found))
    assert missed == []


def test_what_citus_allows_is_no_breach(connection: Connection) -> None:
    assert made(connection, ALLOWED) == []
