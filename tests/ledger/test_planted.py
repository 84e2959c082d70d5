"""Books that are kept wrong on purpose: the machine of `test_machine` finds each fault that is planted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase
from hypothesis import settings as how
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from tests.ledger.test_machine import Books
from tests.schema import empty_tables

FUNCTIONS = ("ledger_post", "ledger_hold", "ledger_void")
# In one of them: what is right, and what stands there instead.
PLANTED = {
    "a balance is not updated": ("set posted = b.posted + change,", "set posted = b.posted,"),
    "all legs are off by one, and sum to zero": (
        "currencies[account], amounts[leg],",
        "currencies[account], amounts[leg] + sign(amounts[leg])::bigint,",
    ),
    "a hold is not freed when it is given back": ("set held = b.held - s.amount,", "set held = b.held,"),
}
# What takes a longer story to show.
MORE = {
    # Only three reversals of each other get so far: `posting.reverse` says no to simple ones before.
    "more is taken back than there was": ("where original = 0 or amount not", "where false and amount not"),
    "a balance does not count its legs": ("entries = b.entries + spans[account],", "entries = b.entries,"),
    "a leg is off by one": (
        "currencies[account], amounts[leg],",
        "currencies[account], amounts[leg] + (leg = 1)::integer,",
    ),
    "a hold is not freed when it is taken": ("balance.held := balance.held - released;", ""),
    "a hold may take more than there is": ("or free < hold_amount then", "then"),
    "what is held can be spent": ("* balance.posted < balance.held then", "* balance.posted < 0 then"),
    "what is not there can be spent": ("if covers[account] and", "if false and"),
    "only the entry itself is asked how much of it was taken back": (
        "where e.reverses is not null\n    ),",
        "where false\n    ),",
    ),
}
ALL = PLANTED | MORE
QUICK = how(
    max_examples=200,
    stateful_step_count=40,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class BrokenBooks(Books):
    """Begins anew each time, so that a fault shows in the same place again."""

    def __init__(self) -> None:
        empty_tables()
        super().__init__()
        self.prefix = "planted"


@contextmanager
def planted(right: str, wrong: str) -> Iterator[None]:
    """One function of the database says something else for a while."""
    with db.engine.connect() as connection:
        definition = text("select pg_get_functiondef(cast(:name as regproc))")
        functions = [str(connection.scalar(definition, {"name": name})) for name in FUNCTIONS]
    (whole,) = [one for one in functions if right in one]
    define(whole.replace(right, wrong))
    try:
        yield
    finally:
        define(whole)


def define(function: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(function.replace("%", "%%"))


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "fault", [pytest.param(one, marks=pytest.mark.fault_long if one in MORE else []) for one in ALL]
)
def test_machine_finds_planted_faults(context: Flask, fault: str) -> None:
    with planted(*ALL[fault]), pytest.raises((AssertionError, pytest.fail.Exception, DBAPIError)):
        run_state_machine_as_test(BrokenBooks, settings=QUICK)
