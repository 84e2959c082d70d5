"""Messages lie month by month, and parts are there before the month begins."""

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import text

from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform import partitions
from tests.chat.talking import begin, say, words_of
from tests.factories.creators import a_creator
from tests.factories.people import a_person, signed_in

# Long after those that the migration made.
LATER = datetime(2031, 11, 30, 23, 59, tzinfo=UTC)
MONTHS = ("messages_y2031m11", "messages_y2031m12", "messages_y2032m01", "messages_y2032m02")


def parts(app: Flask) -> set[str]:
    with app.app_context():
        found = db.session.execute(
            text("select inhrelid::regclass::text from pg_inherits where inhparent = 'messages'::regclass")
        )
        return set(found.scalars())


def in_parts(app: Flask) -> list[str]:
    with app.app_context():
        return list(
            db.session.execute(text("select tableoid::regclass::text from messages order by seq")).scalars()
        )


def test_parts_are_made_for_the_months_to_come(app: Flask) -> None:
    now = datetime.now(UTC)
    assert f"messages_y{now:%Y}m{now:%m}" in parts(app)
    assert len(parts(app)) >= 5
    assert "messages_default" in parts(app)


def test_a_message_lies_in_its_month(app: Flask) -> None:
    a_creator(app, "mara")
    begin(signed_in(app, a_person(app)), "mara")
    now = datetime.now(UTC)
    assert in_parts(app) == [f"messages_y{now:%Y}m{now:%m}"]


def test_what_has_no_month_of_its_own_is_kept_all_the_same(app: Flask) -> None:
    """The scheduler stood still for years, and a conversation went on."""
    a_creator(app, "mara")
    reader = a_person(app)
    talk = begin(signed_in(app, reader), "mara", "Before")
    with clock.using(FixedClock(LATER)):
        later = signed_in(app, reader)
        say(later, talk, "Long after")
        assert in_parts(app)[-1] == "messages_default"
        with app.app_context():
            partitions.make()
        # That month stays where it is; the next ones have parts.
        assert set(MONTHS) - parts(app) == {MONTHS[0]}
        assert words_of(later.get(talk)) == ["Before", "Long after"]
