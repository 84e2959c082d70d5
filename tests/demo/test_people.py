"""The demo people: who they are, what they had said before anybody came, and how they come in."""

import pyotp
import pytest
from flask import Flask

from app.demo import talks
from app.demo.news import NEWS
from app.demo.people import CREATOR, DEMO_PASSWORD, DEMO_TOTP_SECRET, FAN
from tests.broadcasts.telling import HOME
from tests.chat.talking import all_said
from tests.demo.conftest import seed
from tests.factories.people import Person, signed_in
from tests.page_client import PageClient
from tests.rooms.rooms import all_said as said_in_rooms
from tests.rooms.rooms import words_of
from tests.test_demo import known


def test_there_is_one_for_each_role(begun: Flask) -> None:
    made = known(begun)
    assert {handle: (user.email, set(user.roles)) for handle, user in made.items()} == {
        "fan": ("fan@demo.test", {"fan"}),
        "creator": ("creator@demo.test", {"fan", "creator"}),
        "moderator": ("moderator@demo.test", {"fan", "moderator"}),
        "admin": ("admin@demo.test", {"fan", "admin"}),
    }
    assert all(user.email_verified_at and user.sealed_birth_date for user in made.values())


def test_everything_that_is_written_down_was_said_once(begun: Flask) -> None:
    seed(begun)
    written = [words for talk in talks.read() for _, words in talk.lines]
    said = [words for *_, words in all_said(begun) if words != NEWS]
    assert sorted(said) == sorted(written)


def test_the_fan_and_the_creator_find_somebody_to_answer(begun: Flask) -> None:
    for person in (FAN, CREATOR):
        inbox = signed_in(begun, Person(person.id, person.handle, person.email)).get("/messages")
        assert len(inbox.soup.select(".talk")) >= 2
        assert inbox.soup.select(".talk-new")


def test_the_fan_finds_a_room_where_people_talk(begun: Flask) -> None:
    seed(begun)
    client = signed_in(begun, Person(FAN.id, FAN.handle, FAN.email))
    assert client.get(f"/@{CREATOR.handle}").soup.select(f"a[href='/@{CREATOR.handle}/live']")
    room = client.get(f"/@{CREATOR.handle}/live")
    assert words_of(room) == [words for _, words in said_in_rooms(begun)] and len(words_of(room)) == 11
    assert "The kettle is on" in room.one(".pinned").get_text()


def test_a_broadcast_is_out_and_was_read(begun: Flask) -> None:
    host = signed_in(begun, Person(CREATOR.id, CREATOR.handle, CREATOR.email))
    line = host.get(HOME).one(".rows li").get_text(" ", strip=True)
    assert "The windows are hung" in line and "sent to" in line and "read by 0" not in line
    assert "Sizes" in host.get(f"{HOME}/saved").text
    fan = signed_in(begun, Person(FAN.id, FAN.handle, FAN.email))
    assert "The windows are hung" in fan.get(f"/messages/to/{CREATOR.handle}").text


@pytest.mark.parametrize("identifier", ["fan", "creator@demo.test"])
def test_they_sign_in_with_the_printed_password(begun: Flask, identifier: str) -> None:
    page = PageClient(begun)
    form = page.get("/login").form("/login")
    page.send(form, identifier=identifier, password=DEMO_PASSWORD)
    assert page.get("/settings/data", follow=False).status == 200


@pytest.mark.parametrize("handle", ["moderator", "admin"])
def test_staff_also_need_a_code_of_the_printed_secret(begun: Flask, handle: str) -> None:
    page = PageClient(begun)
    asked = page.send(page.get("/login").form("/login"), identifier=handle, password=DEMO_PASSWORD)
    assert page.get("/settings/data", follow=False).status == 303, "the password alone is not enough"
    code = pyotp.TOTP(DEMO_TOTP_SECRET).now()
    page.send(asked.form("/login/code"), code=code)
    assert page.get("/settings/data", follow=False).status == 200
