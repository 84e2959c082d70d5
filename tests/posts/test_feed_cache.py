"""Whatever happens to the cache of cards: nobody sees what they may not, or what is somebody else's."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import lxml.html
import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app.creators.operations import following
from app.entitlements import queries as entitlements
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Closed, Kind, Outcome
from app.extensions import db
from app.kit.money import readable
from app.media import addresses
from app.platform.cache import Cache
from app.platform.transaction import transaction
from app.posts import cards
from app.posts.locks import showing
from app.posts.models import Post
from app.posts.operations import publishing
from tests.factories.creators import a_creator, follows
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, pretended
from tests.page_client import PageClient

AUDIENCES: tuple[dict[str, Any], ...] = (
    {"audience": "public", "price": None},
    {"audience": "followers", "price": None},
    {"audience": "subscribers", "rank": 1, "price": None},
    {"audience": "subscribers", "rank": 1, "price": 700},
    {"audience": "paid", "price": 300},
)
SIGNED = re.compile(r"/media/(?!p/)([\w-]+)")


@dataclass
class House:
    """Two creators, two who read them, and everything that can change what these may see."""

    app: Flask
    chance: random.Random
    creators: list[Person] = field(default_factory=list)
    readers: list[tuple[Person, PageClient]] = field(default_factory=list)
    posts: dict[UUID, Person] = field(default_factory=dict)
    earlier: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        cards.forget()
        self.redis.flushdb()
        self.creators = [a_creator(self.app) for _ in range(2)]
        for person in [a_person(self.app), a_person(self.app), self.creators[0]]:
            for creator in self.creators:
                if person is not creator:
                    follows(self.app, person, creator)
            self.readers.append((person, signed_in(self.app, person)))
        for creator in self.creators:
            for shape in AUDIENCES:
                media = [pretended(public=shape["audience"] == "public")]
                post = a_post(self.app, creator.id, media=media, teaser="A hint", **shape)
                self.posts[post] = creator
                self.write(post)

    @property
    def redis(self) -> Any:
        return self.app.extensions["fanlight.cache"].client

    # ---- what happens

    def some(self) -> tuple[Person, Person]:
        creator = self.chance.choice(self.creators)
        return self.chance.choice([person for person, _ in self.readers if person is not creator]), creator

    def a_post_of_theirs(self) -> UUID:
        return self.chance.choice(list(self.posts))

    def write(self, post: UUID, **values: Any) -> None:
        """An edit: its words name the version that they are of."""
        with self.app.app_context(), transaction():
            row = db.session.get_one(Post, post)
            row.version += 1
            row.body_html = f"<p>{secret(post, row.version)}</p>"
            for name, value in values.items():
                setattr(row, name, value)

    def edit(self) -> None:
        self.write(self.a_post_of_theirs())

    def close_or_open(self) -> None:
        shape = self.chance.choice(AUDIENCES)
        self.write(self.a_post_of_theirs(), **shape, media=[pretended(public=shape["audience"] == "public")])

    def change_price(self) -> None:
        """Even where somebody forgot to count the version up."""
        with self.app.app_context(), transaction():
            changed = update(Post).where(Post.id == self.a_post_of_theirs(), Post.price.is_not(None))
            db.session.execute(changed.values(price=self.chance.randrange(100, 9_900)))

    def unpublish(self) -> None:
        post = self.a_post_of_theirs()
        with self.app.app_context(), transaction():
            publishing.unpublish(self.posts[post].id, post)

    def follow(self) -> None:
        self._tie(following.follow)

    def unfollow(self) -> None:
        self._tie(following.unfollow)

    def _tie(self, change: Callable[[UUID, UUID], bool]) -> None:
        person, creator = self.some()
        with self.app.app_context(), transaction():
            change(person.id, creator.id)

    def block(self) -> None:
        person, creator = self.some()
        with self.app.app_context(), transaction():
            following.block(creator.id, person.id)

    def unblock(self) -> None:
        person, creator = self.some()
        with self.app.app_context(), transaction():
            following.unblock(creator.id, person.id)

    def subscribe(self) -> None:
        person, creator = self.some()
        with self.app.app_context(), transaction():
            extent = Extent(1, "Gold")
            grants.grant(person.id, creator.id, Kind.SUBSCRIPTION, cause=f"s:{creator.id}", extent=extent)

    def end_subscription(self) -> None:
        person, creator = self.some()
        with self.app.app_context(), transaction():
            grants.revoke(person.id, cause=f"s:{creator.id}")

    def buy(self) -> None:
        person, post = self.some()[0], self.a_post_of_theirs()
        with self.app.app_context(), transaction():
            grants.grant(person.id, post, Kind.PURCHASE, cause=f"p:{post}")

    def refund(self) -> None:
        person, post = self.some()[0], self.a_post_of_theirs()
        with self.app.app_context(), transaction():
            grants.revoke(person.id, cause=f"p:{post}")

    def take_down(self) -> None:
        with self.app.app_context(), transaction():
            grants.deny(self.a_post_of_theirs(), Closed.TAKEDOWN, cause="report")

    def put_back(self) -> None:
        with self.app.app_context(), transaction():
            grants.lift(self.a_post_of_theirs(), cause="report")

    # ---- what happens to the cache

    def lose(self) -> None:
        self.redis.flushdb()

    def start_anew(self) -> None:
        cards.forget()

    def remember(self) -> None:
        self.earlier |= {key: self.redis.get(key) for key in self.redis.scan_iter("card:*")}

    def go_back(self) -> None:
        """A Redis restored from a copy."""
        cards.forget()
        for key, value in self.earlier.items():
            self.redis.set(key, value)

    def poison(self) -> None:
        """Under every key something that was kept under another of the same post, or nothing sensible."""
        self.remember()
        for _ in range(2):  # to render what is shown now, and to tell Redis of it
            cards.forget()
            for _, client in self.readers:
                client.http.get("/feed")
        self.remember()
        cards.forget()
        for key in self.redis.scan_iter("card:*"):
            post = key.split(b":")[2]
            others = [value for name, value in self.earlier.items() if name.split(b":")[2] == post]
            self.redis.set(key, self.chance.choice([*others, b"", b"\xff\xfe", b"%(acts)s %s %"]))

    # ---- what is seen

    def check(self) -> None:
        for person, client in self.readers:
            page = client.get("/feed")
            assert page.status == 200
            with self.app.app_context():
                found = [post.lock for post in map(showing, self.posts) if post]
                locks = {lock.item_id: lock for lock in found if not lock.private}
                decisions = entitlements.decide(person.id, list(locks.values()))
                versions = dict(db.session.execute(db.select(Post.id, Post.version)).all())
            for article in page.tree.findall(".//article[@class='card post']"):
                post = UUID(article.attrib["id"].removeprefix("post-"))
                decision, html = decisions[post], lxml.html.tostring(article, encoding="unicode")
                assert decision.outcome is not Outcome.HIDDEN
                assert (secret(post, versions[post]) in html) == decision.open
                assert html.count("the words of") == (1 if decision.open else 0), "of no other version"
                for found in SIGNED.findall(html):
                    ticket = addresses_read(self.app, found)
                    assert ticket is not None
                    assert (ticket.viewer_id, ticket.holder) == (person.id, ("post", post))
                    assert decision.open
                if not decision.open:
                    assert "/w320" not in html
                    assert "/w800" not in html
                    prices = [way.price for way in decision.ways if way.price]
                    assert all(readable(price, "USD") in html for price in prices)


def secret(post: UUID, version: int) -> str:
    return f"the words of {post} in version {version}."


def addresses_read(app: Flask, signed: str) -> addresses.Ticket | None:
    with app.app_context():
        return addresses.read(signed)


CHANGES = [
    House.edit, House.close_or_open, House.change_price, House.unpublish, House.follow, House.unfollow,
    House.block, House.unblock, House.subscribe, House.end_subscription, House.buy, House.refund,
    House.take_down, House.put_back,
]  # fmt: skip
CACHE = [House.lose, House.start_anew, House.remember, House.go_back, House.poison]
WORST = [
    (House.edit, House.poison),
    (House.close_or_open, House.poison),
    (House.block, House.go_back),
    (House.change_price, House.poison),
    (House.take_down, House.go_back),
    (House.unpublish, House.poison),
]
Steps = Sequence[tuple[Callable[[House], None], Callable[[House], None]]]
SEEDS = st.integers(0, 2**32)
STEPS = st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from(CACHE)), min_size=1, max_size=5)


def try_out(app: Flask, steps: Steps, seed: int) -> None:
    house = House(app, random.Random(seed))
    house.check()
    for change, to_the_cache in steps:
        change(house)
        to_the_cache(house)
        house.check()
        house.check()


def tries(many: int) -> settings:
    unusual = [HealthCheck.function_scoped_fixture]
    return settings(max_examples=many, deadline=None, suppress_health_check=unusual, database=None)


@tries(4)
@example(steps=WORST, seed=1)
@given(steps=STEPS, seed=SEEDS)
def test_a_cache_in_any_state_shows_what_is_permitted_and_nothing_else(
    app: Flask, steps: Steps, seed: int
) -> None:
    try_out(app, steps, seed)


@pytest.mark.fault_long
@pytest.mark.timeout(600)
@tries(60)
@given(steps=STEPS, seed=SEEDS)
def test_a_cache_in_many_a_state_shows_what_is_permitted_and_nothing_else(
    app: Flask, steps: Steps, seed: int
) -> None:
    try_out(app, steps, seed)


def test_without_redis_the_feed_is_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(app, random.Random(1))
    monkeypatch.setitem(app.extensions, "fanlight.cache", Cache("redis://127.0.0.1:1/0"))
    cards.forget()
    house.check()


@pytest.fixture(autouse=True)
def forget_again() -> Any:
    yield
    cards.forget()
