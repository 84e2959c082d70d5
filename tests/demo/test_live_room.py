"""In the demo house a room is open, and there has been talk in it."""

from flask import Flask

from app.demo.people import CREATOR, FAN
from tests.demo.conftest import seed
from tests.factories.people import Person, signed_in
from tests.rooms.rooms import all_said, words_of


def test_the_fan_finds_a_room_where_people_talk(app: Flask) -> None:
    seed(app)
    seed(app)
    client = signed_in(app, Person(FAN.id, FAN.handle, FAN.email))
    assert client.get(f"/@{CREATOR.handle}").soup.select(f"a[href='/@{CREATOR.handle}/live']")
    room = client.get(f"/@{CREATOR.handle}/live")
    assert words_of(room) == [words for _, words in all_said(app)] and len(words_of(room)) == 11
    assert "The kettle is on" in room.one(".pinned").get_text()
