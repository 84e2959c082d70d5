"""Hearing of what was told to many, by the channels chosen for that; it waits in the messages either way."""

from datetime import timedelta

import pytest
from flask import Flask

from app.chat.queries import unread
from app.kit.clock import FixedClock
from app.notifications.queries_page import new
from tests.broadcasts.telling import all_told, heard, sent
from tests.chat.talking import begin
from tests.factories.creators import a_creator, follows
from tests.factories.people import Person, a_person, signed_in
from tests.notifications.happenings import deliver, lines_of, mails_to, states_of, told, turn
from tests.page_client import PageClient

LINE = "Mara wrote to their fans"
LATER = timedelta(minutes=16)


@pytest.fixture
def mara(app: Flask, fixed_clock: FixedClock) -> Person:
    return a_creator(app, "mara")


def out(app: Flask, host: PageClient) -> None:
    sent(host)
    all_told(app)


def test_who_chose_nothing_finds_it_in_their_messages_alone(
    app: Flask, host: PageClient, ben: Person, fixed_clock: FixedClock
) -> None:
    out(app, host)
    fixed_clock.move(LATER)
    assert (lines_of(app, ben), mails_to(app, ben)) == ([], [])
    with app.app_context():
        assert unread(ben.id) == 1


def test_one_line_for_each_creator_until_it_is_read_and_it_counts_once(
    app: Flask, host: PageClient, ben: Person
) -> None:
    fan = signed_in(app, ben)
    turn(fan, on=["broadcasts.page"])
    for _ in range(2):
        out(app, host)
    assert told(fan) == [LINE]
    (line,) = lines_of(app, ben)
    with app.app_context():
        assert (unread(ben.id), new(ben.id)) == (1, 0)
    # It leads to the conversation; whoever reads that has read it.
    assert "News from the darkroom" in fan.get(f"/notifications/{line.id}").text
    out(app, host)
    assert len(heard(app, ben)) == 3
    assert [bool(one.read_at) for one in lines_of(app, ben)] == [True, True]


def test_a_mail_comes_to_who_wants_one_and_did_not_read_it(
    app: Flask, mara: Person, host: PageClient, ben: Person, fixed_clock: FixedClock
) -> None:
    others = {name: a_person(app, name) for name in ("looks", "muted", "apart")}
    for fan in others.values():
        follows(app, fan, mara)
    for fan in (ben, *others.values()):
        turn(signed_in(app, fan), on=["broadcasts.mail"])
    quiet = signed_in(app, others["muted"])
    talk = begin(quiet, "mara", "Hello")
    quiet.send(quiet.get(talk).form(f"{talk}/mute"))
    # What one hears of creators has nothing to do with what is written to one alone.
    turn(signed_in(app, others["apart"]), on=["messages.mail"], off=["broadcasts.mail"])
    out(app, host)
    deliver(app)
    heard(app, others["looks"])
    signed_in(app, ben).get("/notifications")
    fixed_clock.move(LATER)
    assert mails_to(app, ben) == [LINE]
    assert states_of(app, others["looks"]) == [("mail", "skipped", "They saw it here first.")]
    assert lines_of(app, others["muted"]) == lines_of(app, others["apart"]) == []
