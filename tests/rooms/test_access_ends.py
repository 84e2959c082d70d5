"""Whose access ends hears nothing more within five seconds, Redis there or not, and by no older ticket."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts.ages import BIRTH_DATE
from app.accounts.models import User
from app.accounts.operations import roles
from app.config import Settings
from app.creators.operations import pages
from app.entitlements.operations import grants
from app.entitlements.rules import Audience, Closed
from app.extensions import db
from app.kit import clock
from app.platform import personal_data, realtime
from app.platform.settings import vault
from app.platform.transaction import transaction
from app.rooms.operations import keeping
from app.rooms.rules import Mute
from tests.factories.creators import a_creator, a_tier, blocks
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.platform.realtime_server import LiveServer, Page, live_server
from tests.rooms.rooms import a_room, cancels, id_of, says, subscribes
from tests.support import eventually

WITHIN = 5.0
NOBODYS = "redis://127.0.0.1:1"


@pytest.fixture(scope="module")
def deaf(whole_app: Flask, settings: Settings) -> Iterator[LiveServer]:
    """Redis is away: what it knows, it reads."""
    with live_server(settings.model_copy(update={"redis_url": NOBODYS})) as server:
        yield server


@pytest.fixture(scope="module")
def live(whole_app: Flask, settings: Settings) -> Iterator[LiveServer]:
    # Long enough for a slow page of these tests to read why it was closed.
    with live_server(settings, close_within=10.0) as server:
        yield server


@pytest.fixture(autouse=True)
def close_pages(live: LiveServer, deaf: LiveServer) -> Iterator[None]:
    yield
    live.close_pages()
    deaf.close_pages()


def topic(room: str) -> str:
    return f"room:{id_of(room)}"


def ticket(client: PageClient, room: str) -> str:
    answer = client.get(f"/live/ticket?topic={topic(room)}", Accept="application/json").response.json
    assert answer is not None
    return str(answer["ticket"])


def heard(page: Page, within: float = 10.0) -> dict[str, Any]:
    """The next thing it is told, but for how many are there."""
    while (told := page.told(within)).get("event") == "present":
        continue
    return told


def enter(server: LiveServer, client: PageClient, room: str) -> Page:
    page = Page(server).hello(ticket(client, room))
    assert heard(page) == {"type": "ready", "topics": [topic(room)]}
    return page


def cancelled(app: Flask, mara: Person, ben: Person, room: str) -> None:
    cancels(app, ben, mara)


def blocked(app: Flask, mara: Person, ben: Person, room: str) -> None:
    blocks(app, mara, ben)


def put_out(app: Flask, mara: Person, ben: Person, room: str) -> None:
    with app.app_context(), transaction():
        keeping.mute(mara.id, id_of(room), 1, Mute.FOR_GOOD)


def closed(app: Flask, mara: Person, ben: Person, room: str) -> None:
    a_room(app, mara, is_open=False)


def asks_for_more(app: Flask, mara: Person, ben: Person, room: str) -> None:
    a_room(app, mara, rank=3)


def fell_to_a_lower_tier(app: Flask, mara: Person, ben: Person, room: str) -> None:
    subscribes(app, ben, mara, rank=0)


def page_closed(app: Flask, mara: Person, ben: Person, room: str) -> None:
    with app.app_context(), transaction():
        pages.close(mara.id)


def page_taken_down(app: Flask, mara: Person, ben: Person, room: str) -> None:
    with app.app_context(), transaction():
        grants.deny(mara.id, Closed.TAKEDOWN, cause="report")


def host_suspended(app: Flask, mara: Person, ben: Person, room: str) -> None:
    with app.app_context(), transaction():
        roles.suspend(mara.id, actor=ben.id)


def host_gone(app: Flask, mara: Person, ben: Person, room: str) -> None:
    with app.app_context(), transaction():
        personal_data.erase(mara.id)


ENDS = [
    cancelled, blocked, put_out, closed, asks_for_more, fell_to_a_lower_tier, page_closed, page_taken_down,
    host_suspended, host_gone,
]  # fmt: skip


def test_what_ends_access_ends_hearing_and_older_tickets_bring_nothing_back(
    app: Flask, deaf: LiveServer
) -> None:
    """Without Redis. What was asked for before it ended is shown again after, as often as it likes."""
    inside = [come_in(app, deaf) for _ in ENDS]
    begun = time.monotonic()
    for end, (host, person, room, *_) in zip(ENDS, inside, strict=True):
        end(app, host, person, room)
    for end, (*_, room, page, _) in zip(ENDS, inside, strict=True):
        left = begun + WITHIN - time.monotonic()
        assert heard(page, left) == {"type": "withdrawn", "topics": [topic(room)]}, end.__name__
    for end, (_, person, room, page, kept) in zip(ENDS, inside, strict=True):
        for _ in range(2):
            again = Page(deaf).hello(kept)
            assert heard(again)["topics"] == [], end.__name__
            assert heard(again)["type"] == "withdrawn"
        page.say({"type": "subscribe", "ticket": kept})
        assert heard(page)["topics"] == [], end.__name__
        assert ticket_topics(signed_in(app, person), room) == [], end.__name__


def come_in(app: Flask, server: LiveServer) -> tuple[Person, Person, str, Page, str]:
    """Somebody in somebody's room, and a ticket of theirs that is not used yet."""
    host, person = a_creator(app), a_person(app)
    a_tier(app, host, "Gold")
    subscribes(app, person, host)
    room = a_room(app, host, rank=1)
    says(app, person, room, "Good evening")
    fan = signed_in(app, person)
    return host, person, room, enter(server, fan, room), ticket(fan, room)


def ticket_topics(client: PageClient, room: str) -> list[str]:
    answer = client.get(f"/live/ticket?topic={topic(room)}", Accept="application/json").response.json
    assert answer is not None
    return list(answer["topics"])


def test_what_runs_out_by_itself_is_heard_no_longer(
    app: Flask, mara: Person, deaf: LiveServer, room: str
) -> None:
    person = a_person(app)
    subscribes(app, person, mara, ends_at=clock.now() + timedelta(seconds=1.5))
    fan = signed_in(app, person)
    page, kept = enter(deaf, fan, room), ticket(fan, room)
    assert heard(page, WITHIN) == {"type": "withdrawn", "topics": [topic(room)]}
    assert heard(Page(deaf).hello(kept))["topics"] == []


def test_whoever_holds_something_else_is_let_in_again(
    app: Flask, mara: Person, ben: Person, deaf: LiveServer
) -> None:
    room = a_room(app, mara)
    fan = signed_in(app, ben)
    page = enter(deaf, fan, room)
    a_room(app, mara, audience=Audience.FOLLOWERS)
    assert heard(page, WITHIN)["type"] == "withdrawn"

    def asks_again() -> bool:
        page.say({"type": "subscribe", "ticket": ticket(fan, room)})
        return bool(heard(page)["topics"])

    eventually(asks_again, within=WITHIN)


def test_a_page_that_becomes_one_for_adults_asks_who_listens_and_keeps_out_the_young(
    app: Flask, mara: Person, ben: Person, deaf: LiveServer, room: str
) -> None:
    young, fan = a_person(app), signed_in(app, ben)
    subscribes(app, young, mara)
    with app.app_context(), transaction():
        born = date(clock.now().year - 15, 1, 1).isoformat()
        db.session.get_one(User, young.id).sealed_birth_date = vault().seal(born, BIRTH_DATE)
    minor = signed_in(app, young)
    inside = [(one, enter(deaf, one, room)) for one in (fan, minor)]
    rules, host = "/dashboard/page/rules", signed_in(app, mara)
    host.send(host.get("/dashboard/page").form(rules), adult="y")
    for _, page in inside:
        assert heard(page, WITHIN) == {"type": "withdrawn", "topics": [topic(room)]}
    assert ticket_topics(minor, room) == []
    assert "18 or older" in fan.get(room).text


def test_a_ticket_from_before_is_known_for_one_after_a_restart(
    app: Flask, mara: Person, ben: Person, settings: Settings, room: str
) -> None:
    kept = ticket(signed_in(app, ben), room)
    cancels(app, ben, mara)
    with live_server(settings.model_copy(update={"redis_url": NOBODYS})) as restarted:
        assert heard(Page(restarted).hello(kept))["topics"] == []


def test_with_redis_it_ends_at_once_and_nothing_said_after_is_heard(
    app: Flask, mara: Person, ben: Person, live: LiveServer, room: str
) -> None:
    fan, host = enter(live, signed_in(app, ben), room), enter(live, signed_in(app, mara), room)
    says(app, ben, room, "Good evening")
    assert {heard(page)["payload"]["seq"] for page in (fan, host)} == {1}
    cancels(app, ben, mara)
    assert heard(fan, 1.0)["type"] == "withdrawn"
    says(app, mara, room, "They are gone")
    assert heard(host)["payload"]["seq"] == 2
    fan.say({"type": "dance"})
    assert fan.closed() == 4400, "and nothing was told before"


def test_another_ones_ticket_is_no_way_in(app: Flask, ben: Person, live: LiveServer, room: str) -> None:
    guest = signed_in(app)
    page = Page(live).hello(ticket(guest, room))
    assert heard(page) == {"type": "ready", "topics": []}
    page.say({"type": "subscribe", "ticket": ticket(signed_in(app, ben), room)})
    assert page.closed() == 4401


def test_a_suspended_person_is_shown_the_door(app: Flask, ben: Person, live: LiveServer, room: str) -> None:
    page = enter(live, signed_in(app, ben), room)
    admin = signed_in(app, a_person(app, "boss", roles=("fan", "admin")), second_factor=True)
    case = f"/admin/people/{ben.id}"
    admin.send(admin.get(case).form(f"{case}/suspend"), reason="abuse")
    assert page.closed(WITHIN) == 4403


def test_who_does_not_read_holds_up_nobody_and_is_let_go(
    app: Flask, context: Flask, mara: Person, ben: Person, live: LiveServer, room: str
) -> None:
    stalled, reader = enter(live, signed_in(app, ben), room), enter(live, signed_in(app, mara), room)
    for number in range(40):
        realtime.push_topic(topic(room), "said", {"n": number, "much": "x" * 100_000})
        assert heard(reader, 2.0)["payload"]["n"] == number
    assert stalled.closed() == 4408


def test_how_many_are_here_is_told_and_nobody_is_named(
    app: Flask, mara: Person, ben: Person, live: LiveServer, room: str
) -> None:
    first = enter(live, signed_in(app, mara), room)
    for _ in range(2):
        enter(live, signed_in(app, ben), room)
    told: dict[str, Any] = {}
    while told.get("payload", {}).get("count") != 2:
        told = first.told()
    assert told == {"type": "event", "event": "present", "payload": {"topic": topic(room), "count": 2}}
    assert signed_in(app, ben).get(room).one("[data-count]").get_text() == "2"
