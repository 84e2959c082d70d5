"""Newcomers are welcomed by a message, once."""

import pytest
from flask import Flask

from app.creators.operations import following
from app.platform.transaction import transaction
from tests.broadcasts.telling import HOME, all_told, heard
from tests.chat.talking import begin
from tests.factories.creators import a_tier, blocks, follows
from tests.factories.people import Person, a_person, signed_in
from tests.factories.subscriptions import go_round, subscribed

ADDRESS = f"{HOME}/welcome"


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


def welcomes(app: Flask, creator: Person, words: str, *, followers: bool = False) -> None:
    page = signed_in(app, creator)
    form = page.get(ADDRESS).form(ADDRESS).fill(body=words)
    page.send(form.fill(to_followers="y") if followers else form.without("to_followers"))


def test_a_new_subscriber_hears_it_once(app: Flask, mara: Person, ben: Person) -> None:
    welcomes(app, mara, "Good that you are here")
    tier = a_tier(app, mara)
    subscribed(app, ben, mara, tier)
    go_round(app)
    all_told(app)
    assert heard(app, ben) == ["Good that you are here"]
    assert signed_in(app, mara).get(ADDRESS).form(ADDRESS).fields["body"] == "Good that you are here"


def test_the_words_of_a_tier_come_instead(app: Flask, mara: Person, ben: Person) -> None:
    welcomes(app, mara, "Good that you are here", followers=True)
    subscribed(app, ben, mara, a_tier(app, mara, "Warm", welcome="So good that it is Warm"))
    go_round(app)
    all_told(app)
    assert heard(app, ben) == ["So good that it is Warm"]
    assert "Warm" in signed_in(app, mara).get(ADDRESS).text


def test_followers_hear_it_where_that_is_switched_on_and_not_again(
    app: Flask, mara: Person, ben: Person
) -> None:
    zoe = a_person(app, "zoe")
    welcomes(app, mara, "Hello")
    follows(app, zoe, mara)
    all_told(app)
    assert heard(app, zoe) == []
    welcomes(app, mara, "Hello", followers=True)
    follows(app, ben, mara)
    all_told(app)
    with app.app_context(), transaction():
        following.unfollow(ben.id, mara.id)
    follows(app, ben, mara)
    all_told(app)
    assert heard(app, ben) == ["Hello"]
    # And not as a subscriber either: they read these words.
    subscribed(app, ben, mara, a_tier(app, mara))
    go_round(app)
    all_told(app)
    assert heard(app, ben) == ["Hello"]


def test_who_was_blocked_meanwhile_is_not_welcomed(app: Flask, mara: Person, ben: Person) -> None:
    welcomes(app, mara, "Hello", followers=True)
    talk = begin(signed_in(app, ben), "mara", "Hi")
    follows(app, ben, mara)
    blocks(app, mara, ben)
    all_told(app)
    assert "Hello" not in signed_in(app, mara).get(talk).text.split("Hi")[0]


def test_without_words_nobody_is_welcomed(app: Flask, mara: Person, ben: Person) -> None:
    welcomes(app, mara, "Hello", followers=True)
    welcomes(app, mara, "", followers=True)
    follows(app, ben, mara)
    all_told(app)
    assert heard(app, ben) == []
