"""Hashing is slow on purpose: whoever comes while too many wait is told so, and the house stays open."""

import multiprocessing
import os
import threading

import pytest
from flask import Flask

from app.accounts import passwords
from tests.accounts.test_sign_in import sign_in
from tests.factories.people import PASSWORD, a_person
from tests.page_client import Page, PageClient

CROWD = 24
NOBODY = 65534


def test_beyond_a_short_queue_people_are_asked_to_come_back(app: Flask) -> None:
    a_person(app, "mira")
    visitors = [PageClient(app, f"10.3.0.{number}") for number in range(CROWD)]
    forms = [visitor.get("/login").form("/login") for visitor in visitors]
    start, answers = threading.Barrier(CROWD), list[Page]()

    def try_it(number: int) -> None:
        start.wait()
        answers.append(visitors[number].send(forms[number], identifier="mira", password="a guess"))

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turned_away = [answer for answer in answers if answer.status == 503]
    assert {answer.status for answer in answers} == {422, 503}
    assert all(int(answer.response.headers["Retry-After"]) > 0 for answer in turned_away)
    assert "Many people are signing in" in turned_away[0].text
    assert sign_in(PageClient(app, "10.3.1.1"), "mira").status == 200


def test_a_house_of_the_lowest_priority_lets_people_in() -> None:
    """Whoever is not root may lower a priority, and not raise it."""

    def sign_in_there() -> None:
        os.nice(19)
        if not os.getuid():
            os.setuid(NOBODY)
        assert passwords.verify_password(passwords.hash_password(PASSWORD), PASSWORD)

    there = multiprocessing.get_context("fork").Process(target=sign_in_there)
    there.start()
    there.join(30)
    assert there.exitcode == 0


def test_where_the_machine_has_no_time_for_it_they_are_too(
    app: Flask, page: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_person(app, "mira")
    form = page.get("/login").form("/login").fill(identifier="mira", password=PASSWORD)
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.1)
    over = threading.Event()
    busy = passwords._pool().submit(over.wait)
    try:
        turned_away = page.send(form)
    finally:
        over.set()
        busy.result()
    assert turned_away.status == 503
    assert int(turned_away.response.headers["Retry-After"]) > 0
    assert "Many people are signing in" in turned_away.text
    monkeypatch.undo()
    assert sign_in(page, "mira").status == 200
