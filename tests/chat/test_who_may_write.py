"""People write to creators who want it, creators to their people, and whom somebody wrote to may answer."""

import pytest
from flask import Flask

from app.accounts.models import User
from app.accounts.operations import hiding
from app.chat.operations import choosing
from app.chat.operations.choosing import Choice
from app.creators.operations import pages
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Kind
from app.extensions import db
from app.platform.transaction import transaction
from tests.chat.talking import begin, say
from tests.factories.creators import a_creator, a_tier, blocks, follows
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page

TIES = ("nobody", "follower", "subscriber")


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


def wants(app: Flask, creator: Person, messages_from: str) -> None:
    with app.app_context(), transaction():
        choosing.choose(creator.id, Choice(messages_from))


def tie(app: Flask, person: Person, creator: Person, how: str) -> None:
    if how == "follower":
        follows(app, person, creator)
    if how == "subscriber":
        with app.app_context(), transaction():
            grants.grant(person.id, creator.id, Kind.SUBSCRIPTION, cause="a test", extent=Extent(rank=1))


def test_messages_stay_with_the_tier_that_they_are_taken_from(app: Flask, mara: Person, ben: Person) -> None:
    silver, gold = a_tier(app, mara, "Silver"), a_tier(app, mara, "Gold")
    host, at = signed_in(app, mara), "/settings/messages"
    host.send(host.get(at).form(at), messages_from="subscribers", from_rank="2")
    with app.app_context(), transaction():
        grants.grant(ben.id, mara.id, Kind.SUBSCRIPTION, cause="a test", extent=Extent(rank=2))
    assert may(app, ben, "mara")
    host.send(host.get("/dashboard/tiers").form(f"/dashboard/tiers/{silver}/up"))
    assert may(app, ben, "mara"), "they have Gold, wherever it stands"
    assert "from Gold on" in page_to(app, a_person(app), "mara").text
    # What is saved beside it leaves it, also once the tier is archived.
    host.send(host.get(f"/dashboard/tiers/{gold}").form(f"/dashboard/tiers/{gold}/archive"))
    assert "Saved." in host.send(host.get(at).form(at), shows_typing="").text
    assert host.get(at).form(at).fields["from_rank"] == "1"


def page_to(app: Flask, person: Person, other: str) -> Page:
    return signed_in(app, person).get(f"/messages/to/{other}")


def may(app: Flask, person: Person, other: str) -> bool:
    return page_to(app, person, other).has_form(f"/messages/to/{other}")


@pytest.mark.parametrize(
    ("messages_from", "allowed"),
    [
        ("everyone", {"nobody", "follower", "subscriber"}),
        ("followers", {"follower", "subscriber"}),
        ("subscribers", {"subscriber"}),
        ("nobody", set()),
    ],
)
@pytest.mark.parametrize("who", TIES)
def test_a_creator_says_who_may_begin(
    app: Flask, mara: Person, ben: Person, messages_from: str, allowed: set[str], who: str
) -> None:
    wants(app, mara, messages_from)
    tie(app, ben, mara, who)
    assert may(app, ben, "mara") == (who in allowed)
    if who not in allowed:
        client = signed_in(app, ben)
        token = client.get("/messages").form("/logout").fields["csrf_token"]
        fields = {"csrf_token": token, "idempotency_key": "k" * 9, "body": "All the same"}
        assert client.post("/messages/to/mara", fields).status == 422
        assert not client.get("/messages").soup.select(".talk")


@pytest.mark.parametrize("who", TIES)
def test_a_creator_writes_to_those_who_are_tied_to_them(
    app: Flask, mara: Person, ben: Person, who: str
) -> None:
    tie(app, ben, mara, who)
    assert may(app, mara, "ben") == (who != "nobody")


def test_fans_do_not_write_to_each_other(app: Flask, ben: Person) -> None:
    a_person(app, "zoe")
    shown = page_to(app, ben, "zoe")
    assert not shown.has_form("/messages/to/zoe")
    assert "Zoe has no page" in shown.text


def test_whom_somebody_wrote_to_may_answer(app: Flask, mara: Person, ben: Person) -> None:
    wants(app, mara, "nobody")
    follows(app, ben, mara)
    talk = begin(signed_in(app, mara), "ben", "Thank you for the coffee")
    assert say(signed_in(app, ben), talk, "With pleasure").status == 200
    # And goes on, whatever becomes of the tie.
    assert say(signed_in(app, mara), talk, "See you").status == 200


def test_somebody_hidden_writes_no_more_and_hears_no_why(app: Flask, mara: Person, ben: Person) -> None:
    talk = begin(signed_in(app, ben), "mara")
    with app.app_context(), transaction():
        hiding.hide(mara.id, ben.id)
    assert "takes no messages from you" in signed_in(app, ben).get(talk).text
    theirs = signed_in(app, mara).get(talk)
    assert "You have hidden Ben" in theirs.text and not theirs.has_form(talk)


def test_whoever_is_blocked_does_not_even_find_the_page(app: Flask, mara: Person, ben: Person) -> None:
    blocks(app, mara, ben)
    assert page_to(app, ben, "mara").status == 404


@pytest.mark.parametrize("state", ["suspended", "deleted"])
def test_who_is_not_here_gets_no_messages(app: Flask, mara: Person, ben: Person, state: str) -> None:
    talk = begin(signed_in(app, ben), "mara")
    with app.app_context(), transaction():
        db.session.get_one(User, mara.id).state = state
    page = signed_in(app, ben).get(talk)
    assert "not here any more" in page.text and not page.has_form(talk)
    assert page_to(app, ben, "mara").status == 404


def test_a_closed_page_takes_no_first_words(app: Flask, mara: Person, ben: Person) -> None:
    with app.app_context(), transaction():
        pages.close(mara.id)
    assert not may(app, ben, "mara")


@pytest.mark.parametrize("handle", ["nobody_here", "ben"])
def test_there_is_no_page_for_oneself_or_for_nobody(app: Flask, ben: Person, handle: str) -> None:
    assert page_to(app, ben, handle).status == 404


def test_whoever_keeps_their_reading_to_themselves_sees_nobody_elses(
    app: Flask, mara: Person, ben: Person
) -> None:
    host, fan = signed_in(app, mara), signed_in(app, ben)
    settings = host.get("/settings/messages").form("/settings/messages")
    assert "messages_from" in settings.fields
    host.send(settings.without("shows_read"))
    talk = begin(fan, "mara")
    host.get(talk)
    assert fan.get(talk).one("[data-mark]").get_text(strip=True) == "Sent"
    say(host, talk, "Seen it")
    fan.get(talk)
    assert host.get(talk).one("[data-mark]").get_text(strip=True) == "Sent"
