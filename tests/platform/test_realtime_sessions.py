"""Sessions end on live pages too: at once with Redis, soon without, and never by trusting what is unseen."""

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app import create_app
from app.accounts.operations import roles, sessions
from app.config import Settings
from app.kit import clock
from app.platform.access import end_access
from app.platform.realtime import tickets
from app.platform.realtime.tickets import Ticket
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person, signed_in
from tests.faults import processes
from tests.page_client import PageClient
from tests.platform.realtime_server import LiveServer, Page, Reader, live_server, open_page
from tests.pooler import addresses, servers_for_tests
from tests.schema import make_schema
from tests.support import eventually, free_port
from workers.stack.embedded import EmbeddedServers

# What a revocation may take: with Redis, and without.
AT_ONCE, SOON = 1.0, 5.0


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """These are killed here; the other tests' are not."""
    with servers_for_tests(tmp_path_factory.mktemp("own")) as running:
        yield running


@pytest.fixture(scope="module")
def own_app(own_servers: EmbeddedServers, settings: Settings, pytestconfig: pytest.Config) -> Flask:
    app = create_app(settings.model_copy(update=addresses(own_servers) | {"port": free_port()}))
    with app.app_context():
        make_schema(pytestconfig.rootpath / "migrations")
    return app


@pytest.fixture(scope="module")
def live(own_app: Flask) -> Iterator[LiveServer]:
    with live_server(own_app.extensions["fanlight.settings"]) as server:
        yield server


@pytest.fixture
def mortal(own_app: Flask) -> Iterator[LiveServer]:
    with live_server(own_app.extensions["fanlight.settings"]) as server:
        yield server


@pytest.fixture
def person(own_app: Flask) -> Person:
    return a_person(own_app)


def test_a_session_ended_elsewhere_is_told_to_its_page_at_once(
    own_app: Flask, live: LiveServer, person: Person
) -> None:
    page, session_id = _signed_in_page(own_app, live, person)
    other, _ = _signed_in_page(own_app, live, person)
    _end(own_app, person, session_id)
    assert page.told(within=AT_ONCE) == {"type": "ended", "why": "session"}
    assert page.closed() == 4403
    _still_open(live, other)


def test_without_redis_it_is_told_within_five_seconds(
    own_app: Flask, own_servers: EmbeddedServers, live: LiveServer, person: Person
) -> None:
    page, session_id = _signed_in_page(own_app, live, person)
    other, _ = _signed_in_page(own_app, live, person)
    own_servers.redis.kill()
    try:
        _end(own_app, person, session_id)
        assert page.told(within=SOON)["type"] == "ended"
        assert page.closed() == 4403
    finally:
        own_servers.redis.restart()
    assert other.told() == {"type": "missed"}


def test_a_web_process_forgets_a_session_that_another_process_ended(own_app: Flask, person: Person) -> None:
    client = signed_in(own_app, person)
    ticket = tickets.read(_ticket(client), own_app.config["SECRET_KEY"])
    assert ticket is not None
    env = processes.environment(own_app.extensions["fanlight.settings"])
    with processes.start("tests.platform.ending_program", env, ticket.session_id, ticket.user_id) as other:
        assert other.wait(60) == 0
    eventually(lambda: client.get("/live/ticket", Accept="application/json").status == 401, within=AT_ONCE)


def test_a_ticket_from_before_opens_nothing_after(own_app: Flask, live: LiveServer, person: Person) -> None:
    client = signed_in(own_app, person)
    ticket = _ticket(client)
    page = Page(live).hello(ticket)
    page.told()
    _end(own_app, person, _session_of(ticket, live))
    assert page.closed() == 4403
    late = Page(live).hello(ticket)
    assert late.told()["type"] == "ended"
    assert late.closed() == 4403


def test_an_ended_session_is_remembered_through_a_restart(
    own_app: Flask, live: LiveServer, person: Person
) -> None:
    ticket = _ticket(signed_in(own_app, person))
    _end(own_app, person, _session_of(ticket, live))
    with live_server(live.settings) as restarted:
        assert Page(restarted).hello(ticket).closed() == 4403


def test_an_ended_account_closes_all_its_pages(own_app: Flask, live: LiveServer, person: Person) -> None:
    pages = [_signed_in_page(own_app, live, person)[0] for _ in range(2)]
    with own_app.app_context(), transaction():
        end_access("account", person.id, person.id)
    assert [page.closed() for page in pages] == [4403, 4403]


def test_whoever_is_suspended_and_restored_is_heard_again_at_once(
    own_app: Flask, live: LiveServer, person: Person
) -> None:
    admin = a_person(own_app, roles=("fan", "admin"))
    before = _ticket(signed_in(own_app, person))
    page, _ = _signed_in_page(own_app, live, person)
    with own_app.app_context(), transaction():
        roles.suspend(person.id, actor=admin.id)
    assert page.closed() == 4403
    with own_app.app_context(), transaction():
        roles.restore(person.id, actor=admin.id)
    assert Page(live).hello(before).closed() == 4403
    again, _ = _signed_in_page(own_app, live, person)
    _still_open(live, again)


def test_a_changed_session_keeps_its_page(own_app: Flask, live: LiveServer, person: Person) -> None:
    page, session_id = _signed_in_page(own_app, live, person)
    with own_app.app_context(), transaction():
        sessions.confirm(session_id)
    _still_open(live, page)


def test_a_session_whose_time_runs_out_is_ended(own_app: Flask, live: LiveServer) -> None:
    reader = Reader.new()
    ends = (clock.now() + timedelta(seconds=1)).timestamp()
    ticket = Ticket(str(reader.user_id), str(reader.session_id), ends)
    page = Page(live).hello(tickets.sign(ticket, live.settings.secret_key))
    assert page.told()["type"] == "ready"
    assert page.told(within=SOON)["type"] == "ended"


def test_a_page_hears_that_it_may_have_missed_something(
    own_servers: EmbeddedServers, live: LiveServer
) -> None:
    page = open_page(live, Reader.new())
    own_servers.redis.kill()
    own_servers.redis.restart()
    assert page.told() == {"type": "missed"}


def test_unable_to_see_it_closes_its_sockets_and_opens_again_later(
    own_servers: EmbeddedServers, live: LiveServer
) -> None:
    page = open_page(live, Reader.new())
    own_servers.postgres.kill()
    begun = time.monotonic()
    try:
        assert page.closed() == 1013
        assert time.monotonic() - begun < SOON
        with pytest.raises(Exception, match="503"):
            Page(live)
    finally:
        own_servers.postgres.restart()
    eventually(lambda: open_page(live, Reader.new()))


def test_it_ends_cleanly(mortal: LiveServer) -> None:
    pages = [open_page(mortal, Reader.new()) for _ in range(20)]
    begun = time.monotonic()
    mortal.process.terminate()
    assert [page.closed() for page in pages] == [1001] * 20
    for page in pages:
        page.leave()
    assert mortal.process.wait(10) == 0
    assert time.monotonic() - begun < SOON


@pytest.mark.fault_long
def test_it_does_not_wait_for_those_who_never_answer(mortal: LiveServer) -> None:
    page = open_page(mortal, Reader.new())
    mortal.process.terminate()
    assert mortal.process.wait(SOON) == 0
    assert page.closed() == 1001


def _signed_in_page(app: Flask, live: LiveServer, person: Person) -> tuple[Page, UUID]:
    ticket = _ticket(signed_in(app, person))
    page = Page(live).hello(ticket)
    assert page.told()["type"] == "ready"
    return page, _session_of(ticket, live)


def _ticket(client: PageClient) -> str:
    answer = client.get("/live/ticket", Accept="application/json").response
    assert answer.json is not None
    return str(answer.json["ticket"])


def _session_of(ticket: str, live: LiveServer) -> UUID:
    found = tickets.read(ticket, live.settings.secret_key)
    assert found is not None
    return UUID(found.session_id)


def _end(app: Flask, person: Person, session_id: UUID) -> None:
    with app.app_context(), transaction():
        sessions.end(session_id, owner=person.id, because="revoked")


def _still_open(live: LiveServer, page: Page) -> None:
    """It answers: an unknown message is refused, which it would not be on a page that has ended."""
    page.say({"type": "dance"})
    assert page.closed() == 4400
