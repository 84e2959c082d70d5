"""Notices on devices: sealed, signed, sent, sent again, and given up; and to whom the house never speaks."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.config import ConfigError, Settings, load_settings
from app.extensions import db
from app.kit import clock
from app.notifications import jobs_push
from app.notifications.gateways import push
from app.notifications.models_push import PushNotice, PushSubscription
from app.notifications.push_address import PushAddress, leads_outside
from app.platform import cleanup, work
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.factories.people import Person, signed_in
from tests.notifications.devices import HOME, devices, switch_on, tell, vapid_key, waiting, work_off
from tests.notifications.push_service import Browser, PushService
from tests.page_client import PageClient


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
