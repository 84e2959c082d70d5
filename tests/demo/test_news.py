"""The demo's creator told everybody something, and the desk shows what became of it."""

from flask import Flask

from app.demo.people import CREATOR, FAN
from tests.broadcasts.telling import HOME
from tests.demo.conftest import seed
from tests.factories.people import Person, signed_in


def test_a_broadcast_is_out_and_was_read(app: Flask) -> None:
    seed(app)
    host = signed_in(app, Person(CREATOR.id, CREATOR.handle, CREATOR.email))
    line = host.get(HOME).one(".rows li").get_text(" ", strip=True)
    assert "The windows are hung" in line and "sent to" in line and "read by 0" not in line
    assert "Sizes" in host.get(f"{HOME}/saved").text
    fan = signed_in(app, Person(FAN.id, FAN.handle, FAN.email))
    assert "The windows are hung" in fan.get(f"/messages/to/{CREATOR.handle}").text
