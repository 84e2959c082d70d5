"""Which creators an open feed hears of."""

from datetime import timedelta

from flask import Flask

from app.entitlements.operations import grants
from app.entitlements.rules import Kind
from app.kit import clock
from app.platform.realtime import tickets
from app.platform.transaction import transaction
from app.posts.news import CREATORS
from tests.factories.creators import a_creator, blocks, follows
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.queries import counting


def heard(app: Flask, reader: PageClient) -> list[str]:
    answer = reader.get("/live/ticket?topic=feed", Accept="application/json").response.json
    assert answer is not None
    ticket = tickets.read(answer["ticket"], app.config["SECRET_KEY"])
    assert ticket is not None
    return list(ticket.topics)


def topic(creator: Person) -> str:
    return f"new:{creator.id.hex}"


def test_a_feed_hears_of_whom_its_reader_follows_or_supports_and_of_nobody_else(app: Flask) -> None:
    fan = a_person(app)
    followed, supported, a_stranger, closed, blocking = (
        a_creator(app), a_creator(app), a_creator(app), a_creator(app, state="closed"), a_creator(app)
    )  # fmt: skip
    for creator in (followed, closed, blocking):
        follows(app, fan, creator)
    with app.app_context(), transaction():
        grants.grant(fan.id, supported.id, Kind.SUBSCRIPTION, cause="test")
    blocks(app, blocking, fan)
    found = heard(app, signed_in(app, fan))
    assert set(found) == {topic(followed), topic(supported)}
    assert topic(a_stranger) not in found


def test_of_many_it_hears_the_liveliest_in_one_statement(app: Flask) -> None:
    fan, now = a_person(app), clock.now()
    creators = [
        a_creator(app, last_post_at=now - timedelta(hours=number) if number < CREATORS else None)
        for number in range(CREATORS + 5)
    ]
    for creator in reversed(creators):
        follows(app, fan, creator)
    reader = signed_in(app, fan)
    heard(app, reader)
    with counting(app) as sent:
        found = heard(app, reader)
    assert found == [topic(creator) for creator in creators[:CREATORS]]
    assert len(sent) == 1


def test_without_anybody_to_follow_there_is_nothing_to_hear(app: Flask) -> None:
    assert heard(app, signed_in(app)) == []
