"""Who gets a ticket, and what it says."""

from datetime import timedelta

from flask import Flask

from app.kit import clock
from app.platform import realtime
from app.platform.realtime import tickets
from app.platform.realtime.topics import MAX_BUNDLED, MAX_TOPICS
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient

JSON = "application/json"


def test_a_signed_in_page_gets_a_fresh_ticket(app: Flask) -> None:
    person = a_person(app)
    answer = signed_in(app, person).get("/live/ticket", Accept=JSON).response
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None
    assert answer.json["url"] == "ws://localhost:3002/ws"
    ticket = tickets.read(answer.json["ticket"], app.config["SECRET_KEY"])
    assert ticket is not None
    assert ticket.user_id == str(person.id)


def test_nobody_else_gets_one(page: PageClient) -> None:
    answer = page.get("/live/ticket", Accept=JSON)
    assert answer.status == 401
    assert answer.response.mimetype == "application/problem+json"


def test_a_ticket_names_the_topics_that_its_reader_may_hear(app: Flask) -> None:
    realtime.topic("attic", lambda viewer, subject: viewer.handle == "owner" and subject == "1")
    query = "/live/ticket?topic=attic:1&topic=attic:2&topic=cellar:1&topic=attic:1&topic="
    owner = signed_in(app, a_person(app, "owner")).get(query, Accept=JSON).response.json
    guest = signed_in(app).get(query, Accept=JSON).response.json
    assert owner is not None
    assert guest is not None
    assert (owner["topics"], guest["topics"]) == (["attic:1"], [])
    ticket = tickets.read(owner["ticket"], app.config["SECRET_KEY"])
    assert ticket is not None
    assert ticket.topics == ("attic:1",)


def test_one_word_of_a_page_may_stand_for_many_topics(app: Flask) -> None:
    realtime.bundle("house", lambda viewer: [f"{viewer.handle}:{number:032}" for number in range(60)])
    realtime.topic("any", lambda viewer, subject: True)
    others = [f"any:{number}{'x' * 90}" for number in range(MAX_TOPICS)]
    query = "/live/ticket?topic=house&" + "&".join(f"topic={name}" for name in others)
    answer = signed_in(app, a_person(app, "owner")).get(query, Accept=JSON).response.json
    assert answer is not None
    ticket = tickets.read(answer["ticket"], app.config["SECRET_KEY"])
    assert ticket is not None
    assert ticket.topics[0] == f"owner:{0:032}"
    assert len(ticket.topics) == MAX_BUNDLED + MAX_TOPICS - 1


def test_a_ticket_stays_small_whatever_is_asked_for(app: Flask) -> None:
    realtime.topic("any", lambda viewer, subject: True)
    names = [f"any:{number}{'x' * 90}" for number in range(50)] + ["any:" + "x" * 5_000]
    query = "/live/ticket?" + "&".join(f"topic={name}" for name in names)
    answer = signed_in(app).get(query, Accept=JSON).response.json
    assert answer is not None
    assert len(answer["topics"]) == MAX_TOPICS
    assert tickets.read(answer["ticket"], app.config["SECRET_KEY"]) is not None


def test_a_ticket_holds_for_a_minute(app: Flask) -> None:
    before = clock.now()
    answer = signed_in(app).get("/live/ticket", Accept=JSON).response.json
    assert answer is not None
    with clock.using(clock.FixedClock(before + timedelta(seconds=59))):
        assert tickets.read(answer["ticket"], app.config["SECRET_KEY"]) is not None
    with clock.using(clock.FixedClock(clock.now() + timedelta(seconds=61))):
        assert tickets.read(answer["ticket"], app.config["SECRET_KEY"]) is None
