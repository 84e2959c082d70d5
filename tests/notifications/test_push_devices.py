"""The page of one's devices: which there are, whose they are, and what no browser says."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notifications.operations import pushing
from app.platform.models import AuditRecord
from tests.factories.people import Person, a_person, signed_in
from tests.notifications.devices import HOME, devices, switch_on, tell, vapid_key, work_off
from tests.notifications.push_service import Browser, PushService, spelled
from tests.page_client import PageClient
from tests.platform.houses import a_house
from tests.queries import counting


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
