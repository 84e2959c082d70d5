"""Notices on devices: sealed, signed, and only where somebody is signed in and wants them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.config import ConfigError, Settings, load_settings
from app.extensions import db
from app.kit import clock
from app.notifications import jobs_push, vapid
from app.notifications.gateways import push
from app.notifications.models_push import PushNotice, PushSubscription
from app.notifications.operations import pushing
from app.notifications.push_address import PushAddress, leads_outside
from app.platform import cleanup, work
from app.platform.idempotency import new_key
from app.platform.models import AuditRecord, WorkItem
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person, signed_in
from tests.notifications.push_service import Browser, PushService, push_service, spelled
from tests.page_client import Page, PageClient
from tests.platform.houses import a_house
from tests.queries import counting

HOME = "/settings/devices"


@pytest.fixture(scope="module")
def running() -> Iterator[PushService]:
    with push_service() as service:
        yield service


@pytest.fixture
def service(running: PushService) -> PushService:
    running.taken.clear()
    running.answers.clear()
    running.asked = 0
    return running


@pytest.fixture
def mia(app: Flask) -> Person:
    return a_person(app, "mia")


@pytest.fixture
def at_home(app: Flask, mia: Person) -> PageClient:
    return signed_in(app, mia)


def switch_on(client: PageClient, told: Any) -> Page:
    """As static/js/push.js does it."""
    section = client.get(HOME).one("[data-push]")
    response = client.http.post(
        str(section["data-push"]),
        json=told,
        headers={
            "X-CSRFToken": str(section["data-csrf"]),
            "Idempotency-Key": new_key(),
            "Accept": "application/json",
            "User-Agent": client.agent,
        },
    )
    return Page(response)


def tell(app: Flask, person: Person, title: str = "Mira wrote to you", **more: str) -> int:
    with app.app_context(), transaction():
        said = {"body": "", "href": "/messages", **more}
        return pushing.enqueue(person.id, title=title, **said)


def work_off(app: Flask) -> None:
    with app.app_context():
        work.drain()


def devices(app: Flask) -> list[tuple[UUID, str, int]]:
    with app.app_context():
        rows = db.session.scalars(select(PushSubscription).order_by(PushSubscription.id))
        return [(row.user_id, row.device, row.failures) for row in rows]


def waiting(app: Flask) -> list[WorkItem]:
    with app.app_context():
        found = select(WorkItem).where(WorkItem.kind == pushing.SEND, WorkItem.state == "due")
        return list(db.session.scalars(found))


def test_a_notice_reaches_the_device_sealed_and_signed(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    assert switch_on(at_home, service.browser().told()).status == 200
    assert tell(app, mia, "Mira Ellison wrote to you", href="/messages/1", tag="talk:1") == 1
    work_off(app)
    [taken] = service.taken
    assert taken.words == {
        "title": "Mira Ellison wrote to you",
        "body": "",
        "href": "/messages/1",
        "tag": "talk:1",
    }
    assert len(taken.head["topic"]) == 32
    page = at_home.get(HOME)
    assert "Firefox on Linux" in page.text
    assert "This one" in page.text
    assert "Last notice" in page.text
    assert str(page.one("[data-push]")["data-key"]) == vapid_key(app)


def vapid_key(app: Flask) -> str:
    with app.app_context():
        return vapid.public_key()


def test_nothing_of_it_lies_open_in_the_database(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    browser = service.browser()
    switch_on(at_home, browser.told())
    tell(app, mia, "Words that are nobody's business")
    with app.app_context():
        tables = (PushSubscription.__table__, PushNotice.__table__, WorkItem.__table__)
        rows = [db.session.execute(select(table)).all() for table in tables]
    assert all(rows)
    assert "business" not in str(rows)
    assert browser.endpoint not in str(rows)


def test_each_device_gets_it_and_who_signed_out_there_does_not(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    away = signed_in(app, mia)
    switch_on(at_home, service.browser().told())
    switch_on(away, service.browser().told())
    assert tell(app, mia) == 2
    away.send(away.get(HOME).form("/logout"))
    work_off(app)
    assert len(service.taken) == 1, "what was on its way to the other one does not arrive either"
    assert tell(app, mia) == 1
    with app.app_context():
        jobs_push.forget_signed_out()
    assert len(devices(app)) == 1


def test_a_newer_notice_of_the_same_tag_takes_the_place_of_the_older(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    switch_on(at_home, service.browser().told())
    for number in (1, 2, 3):
        tell(app, mia, f"{number} new", tag="talk:1")
    tell(app, mia, "Another", tag="talk:2")
    work_off(app)
    assert [taken.words["title"] for taken in service.taken] == ["3 new", "Another"]
    tell(app, mia, "4 new", tag="talk:1")
    work_off(app)
    topics = [taken.head["topic"] for taken in service.taken]
    assert topics[0] == topics[2] != topics[1]


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_no_more_is_forgotten(
    app: Flask, service: PushService, mia: Person, at_home: PageClient, status: int
) -> None:
    switch_on(at_home, service.browser().told())
    service.answers = [(status, "")]
    tell(app, mia)
    work_off(app)
    assert devices(app) == []
    assert waiting(app) == []


@pytest.mark.parametrize("answer", [(429, "900", 900), (503, "", 3), (500, "nonsense", 3)])
def test_a_busy_push_service_is_asked_again_when_it_wants(
    app: Flask, service: PushService, mia: Person, fixed_clock: clock.FixedClock, answer: tuple[int, str, int]
) -> None:
    switch_on(signed_in(app, mia), service.browser().told())
    status, after, least = answer
    service.answers = [(status, after)]
    tell(app, mia)
    work_off(app)
    [again] = waiting(app)
    assert again.due_at - fixed_clock.now() >= timedelta(seconds=least)
    assert [failures for _, _, failures in devices(app)] == [1]
    fixed_clock.at = again.due_at
    work_off(app)
    assert len(service.taken) == 1
    assert [failures for _, _, failures in devices(app)] == [0]


def test_what_it_refuses_is_not_tried_again_and_redirects_are_not_followed(
    app: Flask, service: PushService, mia: Person, at_home: PageClient, fixed_clock: clock.FixedClock
) -> None:
    switch_on(at_home, service.browser().told())
    service.answers = [(400, ""), (307, "")]
    for _ in range(2):
        tell(app, mia)
        work_off(app)
        fixed_clock.move(timedelta(minutes=1))
    assert (service.asked, waiting(app)) == (2, [])
    assert [failures for _, _, failures in devices(app)] == [2]
    assert "did not get there" in at_home.get(HOME).text


def test_a_device_that_nothing_reaches_is_left_alone_for_longer_and_longer(
    app: Flask, service: PushService, mia: Person, at_home: PageClient, fixed_clock: clock.FixedClock
) -> None:
    """However much there is to be told there."""
    switch_on(at_home, service.browser().told())
    service.answers = [(503, "")] * 100
    for minute in range(3 * 60):
        if minute % 20 == 0:
            tell(app, mia)
        work_off(app)
        fixed_clock.move(timedelta(minutes=1))
    assert service.asked <= 12
    service.answers.clear()
    fixed_clock.move(timedelta(hours=1))
    work_off(app)
    assert [failures for _, _, failures in devices(app)] == [0]


def test_a_device_that_nothing_reaches_is_given_up(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    switch_on(at_home, service.browser().told())
    with app.app_context(), transaction():
        db.session.execute(db.update(PushSubscription).values(failures=jobs_push.FAILURES_MOST - 1))
    service.answers = [(403, "")]
    tell(app, mia)
    work_off(app)
    assert devices(app) == []


def test_the_longest_words_fit(app: Flask, service: PushService, mia: Person, at_home: PageClient) -> None:
    switch_on(at_home, service.browser().told())
    tell(app, mia, "🎧" * 5_000, body="漢" * 5_000, href="/" + "a" * 499, tag="t" * 500)
    work_off(app)
    [taken] = service.taken
    assert taken.bytes < 4_096
    assert taken.words["title"].endswith("…")


def test_a_notice_leads_nowhere_but_here(
    app: Flask, service: PushService, at_home: PageClient, mia: Person
) -> None:
    switch_on(at_home, service.browser().told())
    for href in ("https://evil.example/", "//evil.example/", "javascript:x", ""):
        with pytest.raises(ValueError, match="address of ours"):
            tell(app, mia, href=href)


def test_one_sends_a_test_and_forgets_the_device(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    switch_on(at_home, service.browser().told())
    page = at_home.get(HOME)
    assert "on its way" in at_home.send(page.form(f"{HOME}/.+/try")).text
    work_off(app)
    assert service.taken[0].words["title"] == "It works"
    forgotten = at_home.send(page.form(f"{HOME}/.+/forget"))
    assert "No device shows notices yet" in forgotten.text
    assert at_home.send(page.form(f"{HOME}/.+/try").fill(idempotency_key="anew")).status == 404
    with app.app_context():
        actions = set(db.session.scalars(select(AuditRecord.action).where(AuditRecord.actor_id == mia.id)))
    told = {"notification.device_added", "notification.device_tried", "notification.device_forgotten"}
    assert told <= actions


def test_somebody_elses_device_cannot_be_touched(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    switch_on(at_home, service.browser().told())
    stranger = signed_in(app)
    page = at_home.get(HOME)
    token = stranger.get(HOME).form("/logout").fields["csrf_token"]
    for act in ("try", "forget"):
        form = page.form(f"{HOME}/.+/{act}").fill(csrf_token=token, idempotency_key=act)
        assert stranger.send(form).status == 404
    assert len(devices(app)) == 1


def test_a_browser_belongs_to_who_is_signed_in_there_last(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    shared, leo = service.browser(), a_person(app, "leo")
    switch_on(at_home, shared.told())
    switch_on(signed_in(app, leo), shared.told())
    assert [user_id for user_id, _, _ in devices(app)] == [leo.id]
    assert tell(app, mia) == 0


def test_a_browser_with_a_new_address_has_one_device_still(
    app: Flask, service: PushService, at_home: PageClient
) -> None:
    """As its service worker does when the push service changed it."""
    switch_on(at_home, service.browser().told())
    fresh = at_home.http.get(f"{HOME}/key", headers={"Accept": "application/json"})
    said: dict[str, str] = fresh.get_json()
    told = {"X-CSRFToken": said["csrf_token"], "Idempotency-Key": "renewed"}
    renewed = at_home.http.post(HOME, json=service.browser().told(), headers=told)
    assert (renewed.status_code, len(devices(app))) == (200, 1)
    assert said["key"] == vapid_key(app)
    assert fresh.headers["Cache-Control"] == "no-store"


def test_so_many_devices_and_no_more(
    app: Flask, service: PushService, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "DEVICES_MOST", 2)
    answers = [switch_on(signed_in(app, mia), service.browser().told()).status for _ in range(3)]
    assert (answers, len(devices(app))) == ([200, 200, 422], 2)


def broken(browser: Browser) -> list[Any]:
    told = browser.told()
    point = spelled(b"\x04" + b"\x01" * 64)
    return [
        {},
        [],
        {**told, "endpoint": 7},
        {**told, "endpoint": "http://push.example.org/x"},
        {**told, "endpoint": "https://localhost/x"},
        {**told, "endpoint": "https://user:word@push.example.org/x"},
        {**told, "endpoint": "https://push.example.org/" + "x" * 3_000},
        {**told, "keys": None},
        {**told, "keys": {**told["keys"], "p256dh": point}},
        {**told, "keys": {**told["keys"], "auth": "c2hvcnQ"}},
        {**told, "keys": {**told["keys"], "auth": "ä"}},
    ]


def test_what_no_browser_says_is_not_kept(app: Flask, service: PushService, at_home: PageClient) -> None:
    found = broken(service.browser())
    answers = [switch_on(at_home, one).status for one in found]
    assert answers == [400] * len(found)
    assert devices(app) == []


def test_the_house_speaks_to_nobody_within_its_own_walls(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    """A name that leads inside is found out once it is connected, before a word of ours is sent."""
    browser = service.browser()
    switch_on(at_home, browser.told())
    with without_local(app):
        tell(app, mia)
        work_off(app)
        with app.app_context():
            assert not leads_outside(browser.endpoint)
    assert (service.asked, waiting(app)) == (0, [])
    assert [failures for _, _, failures in devices(app)] == [1]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_inner_address_is_left_before_a_word_is_said(
    app: Flask, service: PushService, scheme: str
) -> None:
    endpoint = service.browser().endpoint.replace("http", scheme, 1)
    with without_local(app), app.app_context(), pytest.raises(push.Refused, match="not public"):
        push.send(address_of(endpoint), b"{}")
    assert service.asked == 0


def test_a_push_service_that_never_answers_holds_nobody_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "ALL_OF_IT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, app.app_context(), pytest.raises(push.NotNow):
        push.send(address_of(f"http://127.0.0.1:{silent.getsockname()[1]}/x"), b"{}")


def address_of(endpoint: str) -> PushAddress:
    told = Browser(endpoint).told()
    return PushAddress(endpoint, told["keys"]["p256dh"], told["keys"]["auth"])


@contextmanager
def without_local(app: Flask) -> Iterator[None]:
    """As in live mode."""
    settings = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = settings.model_copy(update={"push_local": False})
    try:
        yield
    finally:
        app.extensions["fanlight.settings"] = settings


def test_the_service_worker_stands_at_the_root_and_nobody_keeps_it(app: Flask) -> None:
    answer = app.test_client().get("/sw.js")
    assert answer.status_code == 200
    assert answer.mimetype in {"text/javascript", "application/javascript"}
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in answer.headers


def test_the_page_asks_the_same_for_one_device_and_for_many(
    app: Flask, service: PushService, mia: Person, at_home: PageClient
) -> None:
    def statements() -> int:
        with counting(app) as sent:
            at_home.get(HOME)
        return len(sent)

    switch_on(at_home, service.browser().told())
    one = statements()
    for _ in range(4):
        switch_on(signed_in(app, mia), service.browser().told())
    assert statements() == one <= 2


def test_a_house_without_a_key_says_so_and_sends_nothing(app: Flask, mia: Person) -> None:
    house = a_house(app.extensions["fanlight.settings"], vapid_private_key="")
    page = signed_in(house, mia).get(HOME)
    assert "sends no notices to devices" in page.text
    assert page.tree.find(".//*[@data-push]") is None
    assert house.test_client().get("/sw.js").status_code == 404
    assert tell(house, mia) == 0


def test_live_mode_speaks_to_no_push_service_on_this_machine(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="PUSH_LOCAL"):
        load_settings(**settings.model_dump() | {"mode": "live", "push_local": True})


@pytest.mark.parametrize("wrong", ["nonsense", "A" * 43, "_" * 43])
def test_a_key_that_signs_nothing_is_named_at_start(wrong: str, settings: Settings) -> None:
    with pytest.raises(ConfigError, match="VAPID_PRIVATE_KEY"):
        load_settings(**settings.model_dump() | {"vapid_private_key": wrong})


def test_notices_that_are_out_of_date_are_cleared_away(
    app: Flask, service: PushService, mia: Person, at_home: PageClient, fixed_clock: clock.FixedClock
) -> None:
    switch_on(at_home, service.browser().told())
    tell(app, mia)
    fixed_clock.move(timedelta(days=1, minutes=1))
    with app.app_context():
        cleanup.clean()
        assert db.session.scalar(select(func.count()).select_from(PushNotice)) == 0
        work.drain()
    assert service.asked == 0
