"""In the demo house people have talked before anybody comes."""

from flask import Flask

from app.demo import talks
from app.demo.news import NEWS
from app.demo.people import CREATOR, FAN
from tests.chat.talking import all_said
from tests.demo.conftest import seed
from tests.factories.people import Person, signed_in


def test_everything_that_is_written_down_was_said_once(app: Flask) -> None:
    seed(app)
    seed(app)
    written = [words for talk in talks.read() for _, words in talk.lines]
    said = [words for *_, words in all_said(app) if words != NEWS]
    assert sorted(said) == sorted(written)


def test_the_fan_and_the_creator_find_somebody_to_answer(app: Flask) -> None:
    seed(app)
    for person in (FAN, CREATOR):
        inbox = signed_in(app, Person(person.id, person.handle, person.email)).get("/messages")
        assert len(inbox.soup.select(".talk")) >= 2
        assert inbox.soup.select(".talk-new")
