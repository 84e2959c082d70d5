"""Hashing is slow on purpose: whoever comes while too many wait is told so, and the house stays open."""

import threading

from flask import Flask

from tests.accounts.test_sign_in import sign_in
from tests.factories.people import a_person
from tests.page_client import Page, PageClient

CROWD = 24


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
