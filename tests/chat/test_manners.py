"""Who has just come writes to a few and sends nobody away; words that a creator does not want stay folded."""

from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.models import User
from app.creators.models import Creator
from app.extensions import db
from app.kit import clock
from app.platform.limits.quotas import FIRST_WORDS_A_DAY, FIRST_WORDS_NEW
from app.platform.transaction import transaction
from tests.chat.talking import all_said, begin, say, words_of
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page, PageClient

SITES = ["https://example.com/free", "example.com", "www.example.com/x", "HTTP://EXAMPLE.COM"]


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


def came_long_ago(app: Flask, person: Person) -> None:
    with app.app_context(), transaction():
        db.session.get_one(User, person.id).created_at = clock.now() - timedelta(days=2)


def first_words(writer: PageClient, to: str, words: str) -> Page:
    return writer.send(writer.get(f"/messages/to/{to}").form(f"/messages/to/{to}"), body=words)


@pytest.mark.parametrize("site", SITES)
def test_who_has_just_come_sends_no_addresses(app: Flask, mara: Person, ben: Person, site: str) -> None:
    refused = first_words(signed_in(app, ben), "mara", f"Look at {site}")
    assert refused.status == 422 and "a day after you joined" in refused.errors["body"]
    assert refused.one("textarea").get_text() == f"Look at {site}", "what was typed is kept"
    assert all_said(app) == []
    came_long_ago(app, ben)
    assert first_words(signed_in(app, ben), "mara", f"Look at {site}").status == 200


def test_between_two_who_talk_addresses_are_fine(app: Flask, mara: Person, ben: Person) -> None:
    talk = begin(signed_in(app, ben), "mara")
    assert say(signed_in(app, ben), talk, SITES[0]).status == 422
    say(signed_in(app, mara), talk, "Where can I see it?")
    assert say(signed_in(app, ben), talk, SITES[0]).status == 200


def test_an_address_does_not_come_in_by_a_change(app: Flask, mara: Person, ben: Person) -> None:
    fan = signed_in(app, ben)
    talk = begin(fan, "mara", "Look here")
    refused = fan.send(fan.get(f"{talk}/1").form(f"{talk}/1/edit"), body=SITES[0])
    assert refused.status == 422
    assert words_of(fan.get(talk)) == ["Look here"]


@pytest.mark.parametrize(("new", "most"), [(True, FIRST_WORDS_NEW), (False, FIRST_WORDS_A_DAY)])
def test_nobody_writes_to_everybody(app: Flask, ben: Person, new: bool, most: int) -> None:
    if not new:
        came_long_ago(app, ben)
    fan = signed_in(app, ben)
    hosts = [a_creator(app) for _ in range(most + 1)]
    for host in hosts[:most]:
        begin(fan, host.handle)
    refused = first_words(fan, hosts[-1].handle, "Hello")
    assert refused.status == 422 and "many new people" in refused.errors["body"]
    # Those whom they talk with already hear more.
    assert (
        say(fan, str(fan.get("/messages").one(".talk")["href"]).partition("#")[0], "And more").status == 200
    )


def test_words_that_a_creator_does_not_want_stay_folded(app: Flask, mara: Person, ben: Person) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).blocked_words = ["rotten"]
    talk = begin(signed_in(app, ben), "mara", "Your pictures are r0tten and ROTTEN")
    host = signed_in(app, mara)
    assert "ROTTEN" not in host.get("/messages").text
    shown = host.get(talk)
    assert shown.one("#m-1 details p.said").get_text(strip=True).endswith("ROTTEN")
    # Who wrote it sees it as it is.
    assert not signed_in(app, ben).get(talk).soup.select("#m-1 details")
