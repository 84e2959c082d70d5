"""What is written goes out with the statement after it, and none of it is lost on the way."""

from contextlib import suppress
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.kit.ids import new_id
from app.platform.models import AccessEnded, OutboxEvent
from app.platform.together import together
from app.platform.transaction import transaction

COUNT = text("select count(*) from outbox")


def write(id_: UUID | None = None, *, topic: str = "test") -> None:
    db.session.add(OutboxEvent(id=id_ or new_id(), topic=topic))
    db.session.flush()


def stored() -> int:
    return int(db.session.execute(COUNT).scalar_one())


def test_what_comes_next_finds_what_was_written(context: Flask) -> None:
    with transaction():
        with together():
            write(topic="100 %, and a quote'")
            db.session.add_all([OutboxEvent(topic="two"), OutboxEvent(topic="three")])
            db.session.flush()
            assert stored() == 3
            write()
        assert stored() == 4
    assert (
        db.session.scalars(select(OutboxEvent.topic).order_by(OutboxEvent.id)).first()
        == "100 %, and a quote'"
    )


def test_nothing_needs_to_come_next(context: Flask) -> None:
    with transaction(), together():
        write()
    assert stored() == 1


def test_what_goes_wrong_between_loses_nothing(context: Flask) -> None:
    with transaction(), suppress(ZeroDivisionError), together():
        write()
        raise ZeroDivisionError
    assert stored() == 1


@pytest.mark.parametrize("something_comes_next", [True, False])
def test_what_the_database_refuses_is_told_as_ever(context: Flask, something_comes_next: bool) -> None:
    same = new_id()
    with pytest.raises(IntegrityError), transaction(), together():
        write(same)
        db.session.expunge_all()
        write(same)
        if something_comes_next:
            stored()
    assert stored() == 0
    with transaction():
        write()
    assert stored() == 1


def test_who_asks_for_an_answer_gets_it(context: Flask) -> None:
    with transaction(), together():
        write()
        ended = AccessEnded(kind="grant", user_id=new_id(), subject_id=new_id())
        db.session.add(ended)
        db.session.flush()
        assert ended.at is not None
        assert stored() == 1


def test_many_rows_that_change_at_once_are_there_by_then(context: Flask) -> None:
    events, ids = db.metadata.tables["outbox"], [new_id(), new_id()]
    change = update(events).where(events.c.id == bindparam("which")).values(topic="changed")
    with transaction(), together():
        for one in ids:
            write(one)
        db.session.connection().execute(change, [{"which": one} for one in ids])
    assert set(db.session.scalars(select(OutboxEvent.topic))) == {"changed"}
