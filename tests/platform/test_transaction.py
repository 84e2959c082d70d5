"""One transaction a request: all of it or nothing, and what follows only after the commit."""

import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import WriteOutsideTransaction, db
from app.platform import outbox
from app.platform.models import OutboxEvent
from app.platform.transaction import after_commit, in_transaction, transaction


def stored(context: Flask) -> int:
    with db.engine.connect() as another:
        return int(another.execute(text("select count(*) from outbox")).scalar_one())


def write() -> None:
    db.session.add(OutboxEvent(topic="test"))
    db.session.flush()


def test_what_was_written_is_seen_by_others_after_the_end_only(context: Flask) -> None:
    with transaction():
        write()
        assert stored(context) == 0
    assert stored(context) == 1


def test_an_error_takes_everything_back(context: Flask) -> None:
    happened: list[str] = []
    with pytest.raises(ZeroDivisionError), transaction():
        write()
        after_commit(lambda: happened.append("told"))
        raise ZeroDivisionError
    assert stored(context) == 0
    assert happened == []


def test_an_inner_transaction_is_part_of_the_outer(context: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        with transaction():
            write()
        assert stored(context) == 0
        raise ZeroDivisionError
    assert stored(context) == 0


def test_what_follows_runs_after_the_commit_in_order_and_once(context: Flask) -> None:
    happened: list[tuple[str, int]] = []
    with transaction():
        write()
        with transaction():
            after_commit(lambda: happened.append(("first", stored(context))))
        after_commit(lambda: happened.append(("second", stored(context))))
    with transaction():
        write()
    assert happened == [("first", 1), ("second", 1)]


def test_something_that_fails_afterwards_does_not_undo_the_commit(context: Flask) -> None:
    happened: list[str] = []
    with transaction():
        write()
        after_commit(lambda: 1 / 0)
        after_commit(lambda: happened.append("told"))
    assert stored(context) == 1
    assert happened == ["told"]


def test_what_follows_may_open_a_transaction_of_its_own(context: Flask) -> None:
    def more() -> None:
        with transaction():
            write()

    with transaction():
        after_commit(more)
    assert stored(context) == 1


@pytest.mark.parametrize("how", ["flush", "statement"])
def test_writing_outside_is_refused(context: Flask, how: str) -> None:
    with pytest.raises(WriteOutsideTransaction):
        if how == "flush":
            write()
        else:
            db.session.execute(db.delete(OutboxEvent))
    db.session.rollback()
    assert stored(context) == 0


def test_following_a_commit_needs_one(context: Flask) -> None:
    assert not in_transaction()
    with pytest.raises(RuntimeError):
        after_commit(lambda: None)
    with pytest.raises(RuntimeError):
        outbox.emit("test", {})


def test_what_was_read_before_is_read_again_inside(context: Flask) -> None:
    with transaction():
        write()
    event = db.session.execute(db.select(OutboxEvent)).scalar_one()
    with db.engine.begin() as another:
        another.execute(text("update outbox set topic = 'changed'"))
    with transaction():
        assert event.topic == "changed"
