"""A room is shut unless the engine of entitlements opens it: to read, to hear, to write, to report."""

from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import User
from app.accounts.operations.joining import BIRTH_DATE
from app.creators.models import Creator
from app.creators.operations import pages
from app.entitlements.operations import grants
from app.entitlements.rules import Audience, Kind
from app.extensions import db
from app.kit import clock
from app.platform.realtime import tickets
from app.platform.settings import vault
from app.platform.transaction import transaction
from tests.factories.creators import a_creator, a_tier, blocks, follows
from tests.factories.people import Person, a_person, signed_in, suspends
from tests.page_client import Page, PageClient
from tests.rooms.rooms import HTMX, a_room, all_said, cancels, say, says, subscribes, words_of

ELSEWHERE = "/settings/messages"
SECRET_WORDS = "The lantern is under the stairs"
NOBODYS = "01a20493-782e-7d6a-8a07-4d5ada60633e"


def topics(app: Flask, client: PageClient, room: str) -> tuple[str, ...]:
    """What a ticket names that was asked for this room."""
    asked = f"/live/ticket?topic=room:{room.removeprefix('/rooms/')}"
    answer = client.get(asked, Accept="application/json").response.json
    assert answer is not None
    found = tickets.read(answer["ticket"], app.config["SECRET_KEY"])
    assert found is not None and list(found.topics) == answer["topics"]
    return found.topics


def is_inside(app: Flask, person: Person, room: str) -> bool:
    """By every way in, which have to agree."""
    client = signed_in(app, person)
    page = client.get(room)
    reads = SECRET_WORDS in page.text
    writes = page.has_form(room)
    catches_up = SECRET_WORDS in client.get(f"{room}/changes?since=0", **HTMX).text
    looks_closer = client.get(f"{room}/1").status == 200
    hears = bool(topics(app, client, room))
    assert len({reads, writes, catches_up, looks_closer, hears}) == 1
    return reads


LIVES = st.fixed_dictionaries(
    {
        "follows": st.booleans(),
        "rank": st.integers(0, 2),
        "over": st.booleans(),
        "blocked": st.booleans(),
        "audience": st.sampled_from([Audience.FOLLOWERS, Audience.SUBSCRIBERS]),
        "asked": st.integers(0, 2),
        "is_open": st.booleans(),
    }
)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIVES)
def test_who_holds_what_it_asks_for_is_inside_and_nobody_else(app: Flask, life: dict[str, object]) -> None:
    host, person = a_creator(app), a_person(app)
    audience, asked, rank = life["audience"], int(str(life["asked"])), int(str(life["rank"]))
    asked = asked if audience is Audience.SUBSCRIBERS else 0
    room = a_room(app, host, audience=audience, rank=asked, is_open=life["is_open"])
    says(app, host, room, SECRET_WORDS)
    if life["follows"]:
        follows(app, person, host)
    if rank:
        subscribes(app, person, host, rank)
    if rank and life["over"]:
        cancels(app, person, host)
    if life["blocked"]:
        blocks(app, host, person)
    subscribed = rank > 0 and not life["over"] and rank >= asked
    follower = bool(life["follows"]) and audience is Audience.FOLLOWERS
    expected = bool(life["is_open"]) and not life["blocked"] and (subscribed or follower)
    assert is_inside(app, person, room) is expected
    assert is_inside(app, host, room)


def test_others_are_told_what_would_let_them_in(app: Flask, mara: Person) -> None:
    a_tier(app, mara, "Gold")
    room = a_room(app, mara, rank=1)
    says(app, mara, room, SECRET_WORDS)
    guest = signed_in(app).get(room)
    assert guest.status == 200 and "From Gold on" in guest.text and SECRET_WORDS not in guest.html
    assert "Subscribe to Gold" in guest.text
    assert "Sign in" in PageClient(app).get(room).text
    a_room(app, mara, audience=Audience.FOLLOWERS)
    fan = signed_in(app)
    gate = fan.get(room)
    assert "For followers" in gate.text
    fan.send(gate.form("/@mara/follow"))
    assert words_of(fan.get(room)) == [SECRET_WORDS]
    a_room(app, mara, audience=Audience.FOLLOWERS, is_open=False)
    assert "closed just now" in fan.get(room).text


def test_nobody_writes_from_outside(app: Flask, room: str) -> None:
    assert say_by_force(signed_in(app), room).status == 403
    assert all_said(app) == []


@pytest.mark.parametrize("of", ["", "nonsense", NOBODYS, f"{NOBODYS}:x"])
def test_rooms_that_are_none_are_not_heard(app: Flask, of: str) -> None:
    assert topics(app, signed_in(app), f"/rooms/{of}") == ()


def test_an_id_is_heard_as_it_is_written_only(app: Flask, ben: Person, room: str) -> None:
    fan = signed_in(app, ben)
    assert topics(app, fan, room.upper().replace("/ROOMS/", "/rooms/")) == ()
    assert topics(app, fan, room.replace("-", "")) == ()
    assert topics(app, fan, room)


def test_a_blocked_person_does_not_know_of_it(app: Flask, mara: Person, ben: Person, room: str) -> None:
    blocks(app, mara, ben)
    fan = signed_in(app, ben)
    for path in (room, f"{room}/changes", f"{room}/1", "/@mara/live"):
        assert fan.get(path).status == 404


@pytest.mark.parametrize("how", ["open", "closed", "suspended"])
def test_who_may_look_at_a_whole_page_is_not_inside_its_room(
    app: Flask, mara: Person, room: str, how: str
) -> None:
    """What was reported there is read by a copy that nobody talks to."""
    says(app, mara, room, SECRET_WORDS)
    moderator = a_person(app, "moira", roles=("fan", "moderator"))
    with app.app_context(), transaction():
        grants.grant(moderator.id, mara.id, Kind.STAFF, cause="report")
        if how == "closed":
            pages.close(mara.id)
    if how == "suspended":
        suspends(app, mara)
    assert not is_inside(app, moderator, room)


def test_what_runs_out_lets_in_until_then(app: Flask, mara: Person, room: str) -> None:
    person, ends = a_person(app), clock.now() + timedelta(hours=1)
    subscribes(app, person, mara, ends_at=ends)
    asked = f"/live/ticket?topic=room:{room.removeprefix('/rooms/')}"
    answer = signed_in(app, person).get(asked, Accept="application/json").response.json
    assert answer is not None
    ticket = tickets.read(answer["ticket"], app.config["SECRET_KEY"])
    assert ticket is not None and [term.until for term in ticket.terms] == [ends.timestamp()]
    with clock.using(clock.FixedClock(ends)):
        assert not is_inside(app, person, room)


def test_a_page_for_adults_asks_once_and_keeps_the_young_out(
    app: Flask, mara: Person, ben: Person, room: str
) -> None:
    says(app, mara, room, SECRET_WORDS)
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).adult = True
    fan = signed_in(app, ben)
    gate = fan.get(room)
    assert "18 or older" in gate.text and SECRET_WORDS not in gate.text
    fan.send(gate.form(f"{room}/adult"))
    assert words_of(fan.get(room)) == [SECRET_WORDS]
    with app.app_context(), transaction():
        born = date(clock.now().year - 15, 1, 1).isoformat()
        db.session.get_one(User, ben.id).sealed_birth_date = vault().seal(born, BIRTH_DATE)
    assert SECRET_WORDS not in fan.get(room).text
    assert topics(app, fan, room) == ()
    assert say_by_force(fan, room).status == 403


def say_by_force(client: PageClient, room: str) -> Page:
    """Without a form that anybody showed them."""
    token = client.get(ELSEWHERE).form(ELSEWHERE).fields["csrf_token"]
    fields = {"csrf_token": token, "idempotency_key": "a-key", "body": "Let me in"}
    return client.post(room, fields)


def test_its_door_stands_on_the_page_while_it_is_open(app: Flask, mara: Person, ben: Person) -> None:
    fan = signed_in(app, ben)
    assert not fan.get("/@mara").soup.select("a[href='/@mara/live']")
    assert fan.get("/@mara/live").status == 404
    room = a_room(app, mara)
    assert fan.get("/@mara").soup.select("a[href='/@mara/live']")
    assert fan.get("/@mara/live").has_form(room)
    a_room(app, mara, is_open=False)
    assert not fan.get("/@mara").soup.select("a[href='/@mara/live']")


def test_say_is_refused_without_a_sign_in(app: Flask, room: str) -> None:
    assert say_by_nobody(app, room) in {302, 303, 400, 401}
    assert all_said(app) == []


def say_by_nobody(app: Flask, room: str) -> int:
    return PageClient(app).post(room, {"body": "Hello"}, follow=False).status


def test_who_comes_in_reads_and_writes(app: Flask, ben: Person, room: str) -> None:
    assert words_of(say(signed_in(app, ben), room, "Here I am")) == ["Here I am"]
