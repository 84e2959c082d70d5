"""Opening and closing: once a cause, in effect at once, and back again."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.creators.operations import following
from app.entitlements import queries
from app.entitlements.models import Denial, Grant
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Audience, Closed, Kind, Lock
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.models import AccessEnded
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person
from tests.factories.posts import a_post


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


def is_open(person: UUID, lock: Lock) -> bool:
    return queries.decide(person, [lock])[lock.item_id].open


def ended() -> int:
    return db.session.scalar(select(func.count()).select_from(AccessEnded)) or 0


def test_the_same_cause_again_changes_what_it_gives(context: Flask, ben: Person) -> None:
    creator = new_id()
    lock = Lock(new_id(), creator, Audience.SUBSCRIBERS, rank=2)
    until = clock.now() + timedelta(days=30)
    with transaction():
        grants.grant(ben.id, creator, Kind.SUBSCRIPTION, cause="subscription:1", extent=Extent(rank=1))
    assert not is_open(ben.id, lock)
    with transaction():
        better = Extent(rank=2, label="Gold", ends_at=until)
        grants.grant(ben.id, creator, Kind.SUBSCRIPTION, cause="subscription:1", extent=better)
    assert is_open(ben.id, lock)
    assert db.session.scalar(select(func.count()).select_from(Grant)) == 1


def test_what_is_revoked_closes_at_once_and_says_so(context: Flask, ben: Person) -> None:
    item = new_id()
    lock = Lock(item, new_id(), Audience.PAID, price=499)
    with transaction():
        grants.grant(ben.id, item, Kind.PURCHASE, cause="invoice-line:1")
    assert is_open(ben.id, lock)
    for _ in range(2):
        with transaction():
            grants.revoke(ben.id, cause="invoice-line:1")
    assert not is_open(ben.id, lock)
    assert ended() == 1, "open pages and streams are told, once"


def test_a_denial_closes_to_one_or_to_all_and_is_lifted(context: Flask, ben: Person) -> None:
    item, other = new_id(), a_person(context).id
    lock = Lock(item, new_id())
    for _ in range(2):
        with transaction():
            grants.deny(item, Closed.BLOCK, cause="a test", user_id=ben.id)
    assert (is_open(ben.id, lock), is_open(other, lock)) == (False, True)
    assert ended() == 1
    with transaction():
        grants.lift(item, cause="a test", user_id=ben.id)
        grants.deny(item, Closed.TAKEDOWN, cause="a test")
    assert (is_open(ben.id, lock), is_open(other, lock)) == (False, False)
    for _ in range(2):
        with transaction():
            grants.lift(item, cause="a test")
    assert is_open(ben.id, lock)
    assert db.session.scalar(select(func.count()).select_from(Denial)) == 2


def test_following_opens_and_a_block_closes_what_was_open(app: Flask, ben: Person) -> None:
    mara = a_person(app, "mara")
    lock = Lock(a_post(app, mara.id, audience="followers"), mara.id, Audience.FOLLOWERS)
    with app.app_context(), transaction():
        following.follow(ben.id, mara.id)
        assert is_open(ben.id, lock)
        following.block(mara.id, ben.id)
    with app.app_context(), transaction():
        assert not is_open(ben.id, lock)
        following.unblock(mara.id, ben.id)
        assert not is_open(ben.id, lock), "the follow went with the block"
        following.follow(ben.id, mara.id)
    with app.app_context():
        assert is_open(ben.id, lock)


def test_when_tiers_change_places_everybody_keeps_theirs(context: Flask, ben: Person) -> None:
    zoe, creator = a_person(context, "zoe"), new_id()
    with transaction():
        for person, rank in ((ben, 1), (zoe, 2)):
            tier = Extent(rank=rank)
            grants.grant(person.id, creator, Kind.SUBSCRIPTION, cause="subscription:1", extent=tier)
        grants.rerank(creator, {1: 2, 2: 1})
    lock = Lock(new_id(), creator, Audience.SUBSCRIBERS, rank=2)
    assert (is_open(ben.id, lock), is_open(zoe.id, lock)) == (True, False)
