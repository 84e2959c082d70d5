"""Nobody gets more than their share, whoever and however many ask at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from app.config import Settings
from app.kit.clock import FixedClock
from app.platform import limits
from app.platform.errors import TooMany
from app.platform.guards import Access
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.platform.houses import a_house, a_mortal_house, room
from tests.support import eventually
from workers.stack.embedded import EmbeddedServers

Mortal = tuple[Flask, EmbeddedServers]
ME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(scope="module")
def built(settings: Settings) -> Flask:
    """Three reads and five writes a minute."""
    house = a_house(settings, limit_read=3, limit_write=5, limit_upload=2, limit_api=2)
    room(house, "/look", lambda: "seen", Access.ANYONE)
    room(house, "/do", lambda: "done", Access.MACHINE, methods="POST", once=False)
    room(house, "/api/v1/count", lambda: {"ok": True}, Access.MACHINE, limit="api")
    return house


@pytest.fixture
def house(built: Flask, app: Flask) -> Flask:
    """Over empty tables, which come from `app`."""
    return built


def looks(house: Flask, times: int, address: str = ME) -> list[int]:
    visitor = PageClient(house, address)
    return [visitor.get("/look").status for _ in range(times)]


def does(house: Flask, address: str = ME) -> int:
    return house.test_client().post("/do", environ_overrides={"REMOTE_ADDR": address}).status_code


def try_sign_in(app: Flask, account: str, address: str) -> int | None:
    """The wait in seconds; None when the try is granted."""
    with app.app_context():
        try:
            limits.check_sign_in(account, address)
        except TooMany as refused:
            return refused.retry_after
    return None


# Requests


def test_reads_beyond_the_quota_are_refused_with_a_page_that_says_when(
    house: Flask, fixed_clock: FixedClock
) -> None:
    assert looks(house, 4) == [200, 200, 200, 429]
    answer = PageClient(house, ME).get("/look")
    assert 1 <= int(answer.response.headers["Retry-After"]) <= 120
    assert "Try again in" in answer.text


def test_another_address_has_a_share_of_its_own(house: Flask, fixed_clock: FixedClock) -> None:
    looks(house, 4)
    assert looks(house, 1, ELSEWHERE) == [200]


def test_one_ipv6_network_is_one_visitor(house: Flask, fixed_clock: FixedClock) -> None:
    looks(house, 3, "2001:db8:1:2::1")
    assert looks(house, 1, "2001:db8:1:2:ffff::9") == [429]
    assert looks(house, 1, "2001:db8:1:3::1") == [200]


def test_looking_that_is_dear_is_counted_as_doing(house: Flask, fixed_clock: FixedClock) -> None:
    """Papers, tables and questions to providers; other pages are still there for them."""
    mia = signed_in(house, a_person(house))
    answers = [mia.http.get("/transactions.csv").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    assert mia.http.get("/transactions").status_code == 200


def test_people_behind_one_address_do_not_share(house: Flask, fixed_clock: FixedClock) -> None:
    looks(house, 4, "127.0.0.1")
    assert signed_in(house, a_person(house)).get("/look").status == 200


def test_what_was_read_fades_gradually(house: Flask, fixed_clock: FixedClock) -> None:
    fixed_clock.move(timedelta(seconds=60 - fixed_clock.now().timestamp() % 60))
    assert looks(house, 4)[-1] == 429
    fixed_clock.move(timedelta(seconds=61))
    assert looks(house, 2)[-1] == 429, "a new minute does not give everything back at once"
    fixed_clock.move(timedelta(seconds=59))
    assert looks(house, 1) == [200]


def test_waiting_as_long_as_told_is_enough(house: Flask, fixed_clock: FixedClock) -> None:
    looks(house, 4)
    wait = int(PageClient(house, ME).get("/look").response.headers["Retry-After"])
    fixed_clock.move(timedelta(seconds=wait))
    assert looks(house, 1) == [200]


def test_processes_share_what_they_counted(house: Flask, settings: Settings, fixed_clock: FixedClock) -> None:
    other = a_house(settings, limit_read=3)
    room(other, "/look", lambda: "seen", Access.ANYONE)
    assert looks(house, 3) == [200, 200, 200]
    eventually(lambda: 429 in looks(other, 1))


def test_writes_are_exact_with_fifty_at_once(house: Flask) -> None:
    with ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(lambda _: does(house), range(50)))
    assert answers.count(200) == 5
    assert answers.count(429) == 45


def test_the_window_of_writes_slides(house: Flask, fixed_clock: FixedClock) -> None:
    assert [does(house) for _ in range(3)] == [200] * 3
    fixed_clock.move(timedelta(seconds=40))
    assert [does(house) for _ in range(3)] == [200, 200, 429]
    fixed_clock.move(timedelta(seconds=21))  # the first three are older than a minute, the others are not
    assert [does(house) for _ in range(4)] == [200, 200, 200, 429]


def test_answers_tell_the_policy_and_what_is_left(house: Flask, fixed_clock: FixedClock) -> None:
    first = PageClient(house, ME).get("/look").response.headers
    assert first["RateLimit-Policy"] == '"read";q=3;w=60'
    assert first["RateLimit"].startswith('"read";r=2;t=')
    looks(house, 2)
    last = PageClient(house, ME).get("/look").response.headers
    assert last["RateLimit"] == f'"read";r=0;t={last["Retry-After"]}'


def test_a_machine_gets_the_refusal_as_problem_json(house: Flask) -> None:
    client = house.test_client()
    answers = [client.get("/api/v1/count") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.mimetype == "application/problem+json"
    assert refused.json is not None and refused.json["code"] == "too_many"
    assert int(refused.headers["Retry-After"]) <= 60


def test_pages_for_everybody_say_nothing_of_one_visitor(house: Flask) -> None:
    answer = house.test_client().post("/do")
    assert "RateLimit" not in answer.headers


# Sign-in


def test_five_tries_at_one_account_from_one_address(app: Flask, fixed_clock: FixedClock) -> None:
    assert [try_sign_in(app, "mia@example.test", ME) for _ in range(5)] == [None] * 5
    assert try_sign_in(app, "Mia@Example.test ", ME) == 900
    fixed_clock.move(timedelta(seconds=901))
    assert try_sign_in(app, "mia@example.test", ME) is None


def test_nobody_can_lock_the_owner_out(app: Flask) -> None:
    for number in range(60):
        try_sign_in(app, "mia@example.test", f"203.0.113.{number % 12}")
    assert try_sign_in(app, "mia@example.test", ME) is None


def test_one_address_gets_fifty_tries_at_all_accounts(app: Flask) -> None:
    granted = [try_sign_in(app, f"person{n}@example.test", ELSEWHERE) for n in range(55)]
    assert granted.count(None) == 50
    assert try_sign_in(app, "person99@example.test", ME) is None


def test_fifty_at_once_are_not_fifty_tries(app: Flask) -> None:
    with ThreadPoolExecutor(50) as crowd:
        waits = list(crowd.map(lambda _: try_sign_in(app, "mia@example.test", ME), range(50)))
    assert waits.count(None) == 5


def test_success_gives_the_tries_back_to_account_and_address(app: Flask) -> None:
    for _ in range(4):
        try_sign_in(app, "mia@example.test", ME)
    with app.app_context():
        limits.clear_sign_in("mia@example.test", ME)
    assert [try_sign_in(app, "mia@example.test", ME) for _ in range(5)] == [None] * 5
    others = [try_sign_in(app, f"other{n}@example.test", ME) for n in range(46)]
    assert others.count(None) == 45


def test_many_addresses_failing_at_one_account_raise_the_alarm(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context():
        for number in range(25):
            limits.failed_sign_in("mia@example.test", f"198.51.100.{number}")
    alarms = [record for record in caplog.records if record.message == "sign_in_attacked"]
    assert len(alarms) == 1
    assert "mia" not in str(alarms[0].__dict__)


# Without Redis


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with a_mortal_house(tmp_path_factory.mktemp("mortal"), limit_read=3, limit_write=2) as (house, servers):
        room(house, "/look", lambda: "seen", Access.ANYONE)
        room(house, "/do", lambda: "done", Access.MACHINE, methods="POST", once=False)
        room(house, "/letter", lambda: "sent", Access.MACHINE, methods="POST", once=False, limit="mail")
        servers.redis.kill()
        yield house, servers


def test_without_redis_sign_in_is_still_limited(mortal: Mortal) -> None:
    house, _ = mortal
    with ThreadPoolExecutor(12) as crowd:
        waits = list(crowd.map(lambda _: try_sign_in(house, "mia@example.test", ME), range(30)))
    assert waits.count(None) == 5
    assert all(0 < wait <= 16 * 60 for wait in waits if wait is not None)
    assert try_sign_in(house, "mia@example.test", ELSEWHERE) is None


def test_without_redis_success_gives_the_tries_back(mortal: Mortal) -> None:
    house, _ = mortal
    address = "192.0.2.44"
    for _ in range(5):
        try_sign_in(house, "leo@example.test", address)
    with house.app_context():
        limits.clear_sign_in("leo@example.test", address)
    assert try_sign_in(house, "leo@example.test", address) is None
    others = [try_sign_in(house, f"other{n}@example.test", address) for n in range(52)]
    assert others.count(None) == 49


def test_without_redis_the_window_passes(mortal: Mortal, fixed_clock: FixedClock) -> None:
    house, _ = mortal
    waits = [try_sign_in(house, "zoe@example.test", "192.0.2.45") for _ in range(6)]
    assert waits[5] is not None
    fixed_clock.move(timedelta(seconds=waits[5] + 1))
    assert try_sign_in(house, "zoe@example.test", "192.0.2.45") is None


def test_without_redis_mails_are_limited_and_other_writes_open(mortal: Mortal) -> None:
    house, _ = mortal
    letters = [house.test_client().post("/letter").status_code for _ in range(31)]
    assert letters == [200] * 30 + [429]
    assert [does(house) for _ in range(4)] == [200] * 4


def test_without_redis_pages_are_served_and_counted_here(mortal: Mortal) -> None:
    house, _ = mortal
    assert looks(house, 3, "192.0.2.46") == [200] * 3


def test_redis_comes_back_and_counts_again(mortal: Mortal) -> None:
    house, servers = mortal
    assert [does(house, "192.0.2.47") for _ in range(3)] == [200] * 3
    servers.redis.restart()
    try:
        eventually(lambda: does(house, "192.0.2.47") == 429)
    finally:
        servers.redis.kill()
