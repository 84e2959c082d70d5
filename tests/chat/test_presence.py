"""Who is here now: shown to those they talk with, if both want that, and never for longer than it is so."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from app.accounts.models import HiddenPerson, User
from app.chat.models import ChatSettings
from app.chat.presence import online_among
from app.config import Settings
from app.creators.models import Block
from app.extensions import db
from app.platform import online
from app.platform.cache import Cache
from app.platform.online import key_of
from app.platform.realtime.presence import CHANNEL, LEAVES_WITHIN
from app.platform.transaction import transaction
from tests.chat.talking import begin
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.platform.realtime_server import LiveServer, Reader, live_server, open_page
from tests.queries import counting
from tests.support import eventually, free_port

PRESENT = "/messages/present"


@pytest.fixture(scope="module")
def live(settings: Settings) -> Iterator[LiveServer]:
    with live_server(settings.model_copy(update={"max_sockets": 60}), online_soon=0.02) as server:
        yield server


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", display_name="Mara Ellison")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def fan(app: Flask, ben: Person) -> PageClient:
    return signed_in(app, ben)


@pytest.fixture
def talk(fan: PageClient, mara: Person) -> str:
    return begin(fan, "mara")


def note(app: Flask, *people: Person) -> None:
    """As the realtime process does."""
    for person in people:
        app.extensions["fanlight.cache"].client.set(key_of(person.id), 1, ex=60)


def seconds_left(app: Flask, user_id: UUID) -> int:
    return int(app.extensions["fanlight.cache"].client.ttl(key_of(user_id)))


def shown_online(page: PageClient, path: str) -> bool:
    """On the picture, and in words."""
    found = page.get(path)
    [dot] = found.soup.select("main [data-present] .avatar")
    [words] = found.soup.select("main [data-present] [data-online]")
    assert ("avatar-on" in dot["class"]) is not words.has_attr("hidden")
    return "avatar-on" in dot["class"]


def told(page: PageClient, *people: Person) -> list[str]:
    answer = page.http.get(PRESENT, query_string={"who": [str(person.id) for person in people]})
    assert answer.headers["Cache-Control"] == "no-store"
    return list(answer.get_json()["online"])


def test_the_list_and_the_conversation_show_who_is_here(
    app: Flask, fan: PageClient, mara: Person, talk: str
) -> None:
    assert not shown_online(fan, "/messages")
    assert not shown_online(fan, talk)
    assert told(fan, mara) == []
    note(app, mara)
    assert shown_online(fan, "/messages")
    assert shown_online(fan, talk)
    assert told(fan, mara) == [str(mara.id)]


def test_whoever_keeps_it_to_themselves_does_not_see_it_of_others(
    app: Flask, fan: PageClient, mara: Person, ben: Person, talk: str
) -> None:
    host = signed_in(app, mara)
    note(app, mara, ben)
    assert told(host, ben)
    saved = host.send(host.get("/settings/messages").form("/settings/messages").without("shows_online"))
    assert "Saved." in saved.text
    assert (told(fan, mara), told(host, ben)) == ([], [])
    host.send(saved.form("/settings/messages").fill(shows_online="y"))
    assert (told(fan, mara), told(host, ben)) == ([str(mara.id)], [str(ben.id)])


def test_it_is_told_only_of_people_one_talks_with(app: Flask, fan: PageClient, mara: Person) -> None:
    note(app, mara)
    assert told(fan, mara) == []
    assert not shown_online(fan, "/messages/to/mara")
    assert fan.http.get(PRESENT, query_string={"who": ["nonsense", ""]}).get_json() == {"online": []}


FACTS = ("here", "talk", "i_keep", "they_keep", "i_hide", "they_hide", "i_block", "they_block", "suspended")
numbers = itertools.count()


@trying(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.sets(st.sampled_from(FACTS)))
def test_shown_is_who_is_here_and_wants_it_as_i_do(app: Flask, facts: set[str]) -> None:
    me, they = (a_creator(app, f"creator{next(numbers)}") for _ in range(2))
    if "talk" in facts:
        begin(signed_in(app, me), they.handle)
    with app.app_context(), transaction():
        for row in rows_of(facts, me.id, they.id):
            db.session.add(row)
        if "suspended" in facts:
            db.session.get_one(User, they.id).state = "suspended"
    if "here" in facts:
        note(app, they)
    with app.app_context():
        assert online_among(me.id, [they.id]) == ({they.id} if facts == {"here", "talk"} else set())


def rows_of(facts: set[str], me: UUID, they: UUID) -> Iterator[object]:
    for mine, one, other in (("i", me, they), ("they", they, me)):
        if f"{mine}_keep" in facts:
            yield ChatSettings(user_id=one, shows_online=False)
        if f"{mine}_hide" in facts:
            yield HiddenPerson(user_id=one, hidden_id=other)
        if f"{mine}_block" in facts:
            yield Block(creator_id=one, user_id=other)


def test_it_costs_one_statement_and_none_while_nobody_is_here(
    app: Flask, fan: PageClient, mara: Person, talk: str
) -> None:
    def statements(path: str) -> int:
        with counting(app) as sent:
            fan.get(path)
        return len(sent)

    paths = ("/messages", talk)
    fan.get(talk)
    alone = [statements(path) for path in paths]
    note(app, mara)
    assert [statements(path) for path in paths] == [count + 1 for count in alone]


def test_without_redis_nobody_is_shown_and_nothing_breaks(
    app: Flask, fan: PageClient, mara: Person, talk: str
) -> None:
    note(app, mara)
    with without_redis(app):
        assert not shown_online(fan, "/messages")
        assert not shown_online(fan, talk)
        assert told(fan, mara) == []


@contextmanager
def without_redis(app: Flask) -> Iterator[None]:
    before = app.extensions["fanlight.cache"]
    app.extensions["fanlight.cache"] = Cache(f"redis://127.0.0.1:{free_port()}/0")
    try:
        yield
    finally:
        app.extensions["fanlight.cache"] = before


def here(app: Flask, reader: Reader) -> bool:
    with app.app_context():
        return reader.user_id in online.here([reader.user_id])


def test_an_open_page_is_noted_and_the_last_that_closes_ends_it(app: Flask, live: LiveServer) -> None:
    """With a few seconds on top, so that whoever goes from page to page does not flicker."""
    reader = Reader.new()
    pages = [open_page(live, reader) for _ in range(2)]
    eventually(lambda: stays(app, reader))
    pages[0].leave()
    eventually(lambda: live.metric("fanlight_sockets") == 1)
    assert stays(app, reader)
    pages[1].leave()
    eventually(lambda: 0 < seconds_left(app, reader.user_id) <= LEAVES_WITHIN)
    open_page(live, reader)
    eventually(lambda: stays(app, reader))
    live.close_pages()


def test_whoever_has_a_page_at_another_process_stays(
    app: Flask, settings: Settings, live: LiveServer
) -> None:
    reader = Reader.new()
    with live_server(settings, online_soon=0.02) as other, heard(app) as told_so:
        here_too, goes = open_page(other, reader), open_page(live, reader)
        eventually(lambda: stays(app, reader))
        goes.leave()
        eventually(lambda: str(reader.user_id) in told_so())
        eventually(lambda: stays(app, reader))
        here_too.leave()
        eventually(lambda: 0 < seconds_left(app, reader.user_id) <= LEAVES_WITHIN)


def stays(app: Flask, reader: Reader) -> bool:
    return seconds_left(app, reader.user_id) > LEAVES_WITHIN


@contextmanager
def heard(app: Flask) -> Iterator[Callable[[], str]]:
    """What a process says that somebody left."""
    with app.extensions["fanlight.cache"].client.pubsub() as listening:
        listening.subscribe(CHANNEL)
        yield lambda: str((listening.get_message(ignore_subscribe_messages=True) or {}).get("data"))


def test_what_redis_forgot_is_noted_again(app: Flask, settings: Settings) -> None:
    reader = Reader.new()
    with live_server(settings, online_every=0.1) as server:
        open_page(server, reader)
        eventually(lambda: here(app, reader))
        app.extensions["fanlight.cache"].client.flushdb()
        eventually(lambda: here(app, reader))
