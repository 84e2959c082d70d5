"""Whoever talks to the database past our code unbalances nothing and changes nothing."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask
from psycopg2.errors import CheckViolation, ForeignKeyViolation, InsufficientPrivilege, UniqueViolation
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.kit.ids import new_id
from app.ledger.operations import holds
from app.platform.transaction import transaction
from tests.ledger.books import earned, post, sale, somebody, whole

ENTRY = text("""
    insert into ledger_entries (id, cause, kind, size, occurred_at, created_at, note, refs)
    values (:id, :cause, 'raw', :size, now(), now(), '', '{}')
""")
LEG = text("""
    insert into ledger_legs (entry_id, n, size, account_id, currency, amount, place, balance)
    select :id, :n, :size, id, :currency, :amount, 1000 + :n, 0 from ledger_accounts
    where kind = :kind order by id limit 1
""")

TABLES = [f"ledger_{name}" for name in ("accounts", "entries", "legs", "balances", "holds")]

Attack = Callable[[Connection], object]


@pytest.fixture
def sold(context: Flask) -> Iterator[UUID]:
    """A sale that stands, and still does afterwards."""
    [posted] = post(sale("s1", somebody()))
    yield posted.id
    assert whole()


def attempt(attack: Attack) -> BaseException | None:
    """What the database says to it, at once or at the commit."""
    with pytest.raises(DBAPIError) as refused, db.engine.begin() as connection:
        attack(connection)
    return refused.value.orig


def enter(connection: Connection, size: int = 2) -> UUID:
    entry_id = new_id()
    connection.execute(ENTRY, {"id": entry_id, "cause": str(entry_id), "size": size})
    return entry_id


def add(connection: Connection, entry_id: UUID, n: int, amount: int, **other: object) -> None:
    usual = {"size": 2, "currency": "USD", "kind": "card_clearing"}
    connection.execute(LEG, usual | {"id": entry_id, "n": n, "amount": amount} | other)


def test_legs_that_do_not_sum_to_zero_are_not_committed(sold: UUID) -> None:
    def unbalanced(connection: Connection) -> None:
        entry_id = enter(connection)
        add(connection, entry_id, 1, 100)
        add(connection, entry_id, 2, -99, kind="platform_fee")

    assert isinstance(attempt(unbalanced), CheckViolation)


def test_two_currencies_do_not_make_up_for_each_other(sold: UUID) -> None:
    def mixed(connection: Connection) -> None:
        connection.execute(
            text("""insert into ledger_accounts (owner_id, kind, currency, shard, sign)
                    values (gen_random_uuid(), 'euros', 'EUR', 0, 1)""")
        )
        entry_id = enter(connection)
        add(connection, entry_id, 1, 100)
        add(connection, entry_id, 2, -100, kind="euros", currency="EUR")

    assert isinstance(attempt(mixed), CheckViolation)


def test_a_leg_has_the_currency_of_its_account(sold: UUID) -> None:
    assert isinstance(
        attempt(lambda connection: add(connection, enter(connection), 1, 5, currency="EUR")),
        ForeignKeyViolation,
    )


def test_an_entry_without_legs_is_not_committed(sold: UUID) -> None:
    assert isinstance(attempt(enter), CheckViolation)


def test_an_entry_with_fewer_legs_than_it_says_is_not_committed(sold: UUID) -> None:
    def short(connection: Connection) -> None:
        entry_id = enter(connection, size=3)
        add(connection, entry_id, 1, 100, size=3)
        add(connection, entry_id, 2, -100, size=3)

    assert isinstance(attempt(short), CheckViolation)


@pytest.mark.parametrize(
    ("leg", "refusal"),
    [
        ({"n": 4, "size": 3}, CheckViolation),
        ({"n": 3, "size": 3}, UniqueViolation),
        ({"n": 4, "size": 4}, ForeignKeyViolation),
        ({"n": 0, "size": 3}, CheckViolation),
    ],
)
def test_a_complete_entry_has_no_place_for_another_leg(
    sold: UUID, leg: dict[str, int], refusal: type[Exception]
) -> None:
    def later(connection: Connection) -> None:
        add(connection, sold, leg["n"], 100, size=leg["size"])

    assert isinstance(attempt(later), refusal)


def test_nor_in_the_same_transaction_once_it_was_checked(sold: UUID) -> None:
    def sneaky(connection: Connection) -> None:
        entry_id = enter(connection)
        add(connection, entry_id, 1, 100)
        add(connection, entry_id, 2, -100)
        connection.execute(text("set constraints all immediate"))
        add(connection, entry_id, 3, 100, size=3)

    assert isinstance(attempt(sneaky), ForeignKeyViolation)


CHANGES = [
    *(f"delete from {table}" for table in TABLES),  # noqa: S608 - the list above
    *(f"truncate {table} cascade" for table in TABLES),
    "update ledger_accounts set owner_id = gen_random_uuid()",
    "update ledger_entries set note = 'never happened'",
    "update ledger_legs set amount = -amount",
    "insert into ledger_legs select * from ledger_legs on conflict (entry_id, n) do update set n = 1",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_what_was_posted_is_not_changed(sold: UUID, statement: str) -> None:
    assert isinstance(attempt(lambda connection: connection.execute(text(statement))), InsufficientPrivilege)


@pytest.mark.parametrize(
    "change", ["state = 'pending'", "amount = 1", "cause = 'x'", "state = 'voided', amount = 1"]
)
def test_a_hold_is_settled_and_nothing_else(context: Flask, change: str) -> None:
    mara = somebody()
    post(sale("s1", mara))
    with transaction():
        holds.hold(earned(mara), 5, cause="h1")
    statement = text(f"update ledger_holds set {change}")  # noqa: S608 - the list above
    assert isinstance(attempt(lambda connection: connection.execute(statement)), InsufficientPrivilege)


def test_the_same_cause_does_not_stand_twice(sold: UUID) -> None:
    def again(connection: Connection) -> None:
        connection.execute(ENTRY, {"id": new_id(), "cause": "s1", "size": 2})

    assert isinstance(attempt(again), UniqueViolation)


def test_nothing_is_no_amount(sold: UUID) -> None:
    assert isinstance(attempt(lambda connection: add(connection, enter(connection), 1, 0)), CheckViolation)
