"""Tiers: made, changed, moved, archived, each by its owner alone."""

from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.queries import decide, held
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit.ids import new_id
from app.platform.transaction import transaction
from app.posts.locks import lock_of
from app.posts.models import Post
from tests.creators.desk import Desk, a_desk
from tests.factories.creators import a_creator, a_tier
from tests.factories.people import a_person, signed_in
from tests.factories.posts import a_post
from tests.page_client import PageClient

NEW = "/dashboard/tiers/new"


def order(desk: Desk) -> list[str]:
    return [tier.name for tier in desk.tiers() if tier.archived_at is None]


def of(tier_id: UUID, what: str = "") -> str:
    return f"/dashboard/tiers/{tier_id}{what}"


def test_a_tier_is_made_and_offered(app: Flask, page: PageClient) -> None:
    desk = a_desk(app, "mara", currency="EUR")
    desk.press(NEW, NEW, name="ذهب 🥇", price="12,50", about="All posts\nOne print a year")
    assert [(tier.rank, tier.price, tier.currency) for tier in desk.tiers()] == [(1, 1250, "EUR")]
    shown = page.get("/@mara/tiers")
    assert shown.one(".tier h2").get_text() == "ذهب 🥇"
    assert [one.get_text() for one in shown.soup.select(".tier li")] == ["All posts", "One print a year"]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("name", {"name": "", "price": "5"}),
        ("name", {"name": "\u200b\u2060", "price": "5"}),
        ("name", {"name": "x" * 41, "price": "5"}),
        ("name", {"name": "gold", "price": "5"}),
        ("price", {"name": "T", "price": ""}),
        ("price", {"name": "T", "price": "five"}),
        ("price", {"name": "T", "price": "0.99"}),
        ("price", {"name": "T", "price": "4.999"}),
        ("price", {"name": "T", "price": "1000.01"}),
        ("price", {"name": "T", "price": "-5"}),
        ("about", {"name": "T", "price": "5", "about": "x" * 1_001}),
    ],
)
def test_what_is_refused_says_why_beside_it(app: Flask, field: str, fields: dict[str, str]) -> None:
    desk = a_desk(app)
    a_tier(app, desk.person, "Gold")
    answer = desk.press(NEW, NEW, **fields)
    assert (answer.status, list(answer.errors)) == (422, [field])
    assert order(desk) == ["Gold"]


def test_a_tier_is_changed(app: Flask) -> None:
    desk = a_desk(app)
    tier = a_tier(app, desk.person, "Gold", price=1200, about="All posts")
    form = desk.page.get(of(tier)).form(of(tier))
    assert (form.fields["name"], form.fields["price"], form.fields["about"]) == ("Gold", "12.00", "All posts")
    desk.page.send(form, name="Golden", price="13")
    assert [(one.name, one.price, one.about) for one in desk.tiers()] == [("Golden", 1300, "All posts")]


def test_tiers_change_places_and_pressing_again_moves_on(app: Flask) -> None:
    desk = a_desk(app)
    low, _, high = (a_tier(app, desk.person, name) for name in ("Low", "Middle", "High"))
    desk.press("/dashboard/tiers", of(low, "/up"))
    assert order(desk) == ["Middle", "Low", "High"]
    desk.press("/dashboard/tiers", of(high, "/down"))
    assert order(desk) == ["Middle", "High", "Low"]


def test_a_stale_page_moves_nothing_out_of_the_list(app: Flask) -> None:
    desk = a_desk(app)
    low, high = (a_tier(app, desk.person, name) for name in ("Low", "High"))
    stale = desk.page.get("/dashboard/tiers").form(of(low, "/up"))
    desk.press("/dashboard/tiers", of(high, "/down"))
    assert desk.page.send(stale).status == 200
    assert order(desk) == ["High", "Low"]


def test_who_holds_a_tier_keeps_that_one_when_it_moves(app: Flask) -> None:
    desk, fan, other = a_desk(app), a_person(app), a_person(app)
    low, _ = (a_tier(app, desk.person, name) for name in ("Low", "High"))
    with app.app_context(), transaction():
        for person, rank in ((fan, 1), (other, 2)):
            extent = Extent(rank=rank, label="a tier")
            grants.grant(person.id, desk.person.id, Kind.SUBSCRIPTION, cause="paid", extent=extent)
    desk.press("/dashboard/tiers", of(low, "/up"))
    with app.app_context():
        assert [held(one.id, [desk.person.id])[0].rank for one in (fan, other)] == [2, 1]


def test_an_archived_tier_is_offered_no_more_and_makes_room(app: Flask, page: PageClient) -> None:
    desk = a_desk(app, "mara")
    tiers = [a_tier(app, desk.person, f"Tier {number}") for number in range(10)]
    assert desk.page.post(NEW, {**form_of(desk, tiers[0]), "name": "One more", "price": "5"}).status == 422
    desk.press(of(tiers[0]), of(tiers[0], "/archive"))
    assert "Tier 0" not in page.get("/@mara/tiers").one("#tab").get_text()
    assert desk.page.get(of(tiers[0])).status == 404
    desk.press(NEW, NEW, name="One more", price="5")
    assert order(desk)[-1] == "One more"


def test_ranks_last_however_often_tiers_come_and_go(app: Flask) -> None:
    desk = a_desk(app)
    a_tier(app, desk.person, "First", rank=20)
    desk.press(NEW, NEW, name="Second", price="5")
    assert order(desk) == ["First", "Second"]


@pytest.mark.parametrize("what", ["", "/up", "/down", "/archive"])
def test_a_tier_of_somebody_else_is_no_tier(app: Flask, what: str) -> None:
    desk, other = a_desk(app), signed_in(app, a_creator(app))
    tier = a_tier(app, desk.person, "Gold")
    fields = other.get(NEW).form(NEW).fields | {"name": "Stolen", "price": "5"}
    for tier_id in (tier, new_id()):
        assert other.post(of(tier_id, what), fields | {"idempotency_key": str(tier_id)}).status == 404
    assert other.get(of(tier)).status == 404
    assert order(desk) == ["Gold"]


def form_of(desk: Desk, tier_id: UUID) -> dict[str, str]:
    return desk.page.get(of(tier_id)).form(of(tier_id)).fields


def test_posts_stay_with_the_tier_that_they_were_written_for(app: Flask, page: PageClient) -> None:
    desk = a_desk(app, "mara")
    low, _ = (a_tier(app, desk.person, name) for name in ("Low", "High"))
    posts = [a_post(app, desk.person.id, audience="subscribers", rank=rank) for rank in (1, 2)]
    desk.press("/dashboard/tiers", of(low, "/up"))
    for post_id, name in zip(posts, ("Low", "High"), strict=True):
        assert f"Included in {name}" in page.get(f"/posts/{post_id}").text


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "archive", "up", "down"]), st.integers(0, 3)), min_size=1, max_size=8
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[("archive", 1), ("add", 0), ("down", 1)])
@example(steps=[("add", 0), ("archive", 1), ("up", 0), ("archive", 0), ("up", 0)])
def test_a_tier_opens_its_posts_and_those_below_it_whatever_becomes_of_others(
    app: Flask, steps: list[tuple[str, int]]
) -> None:
    desk = a_desk(app)
    model = Order(app, desk)
    model.add()
    model.add()
    for what, which in steps:
        model.do(what, which)
        tiers = model.lowest_first
        expected = {tier: set(tiers[: place + 1]) for place, tier in enumerate(tiers)}
        assert model.opened() == expected
        assert [one.id for one in desk.tiers() if one.archived_at is None] == model.living


class Order:
    """A desk, and in which order its tiers should be. Each has one subscriber and one post."""

    def __init__(self, app: Flask, desk: Desk) -> None:
        self.app, self.desk = app, desk
        self.lowest_first: list[UUID] = []
        self.archived: set[UUID] = set()
        self.posts: dict[UUID, UUID] = {}
        self.subscribers: dict[UUID, UUID] = {}

    @property
    def living(self) -> list[UUID]:
        return [tier for tier in self.lowest_first if tier not in self.archived]

    def do(self, what: str, which: int) -> None:
        if what == "add":
            self.add()
        elif which < len(self.living):
            tier = self.living[which]
            page = of(tier) if what == "archive" else "/dashboard/tiers"
            self.desk.press(page, of(tier, f"/{what}"))
            if what == "archive":
                self.archived.add(tier)
            else:
                self.move(which, which + (1 if what == "up" else -1))

    def add(self) -> None:
        self.desk.press(NEW, NEW, name=f"Tier {len(self.lowest_first)}", price="5")
        [new] = [tier for tier in self.desk.tiers() if tier.id not in self.lowest_first]
        creator = self.desk.person.id
        self.posts[new.id] = a_post(self.app, creator, audience="subscribers", rank=new.rank)
        self.subscribers[new.id] = a_person(self.app).id
        extent = Extent(rank=new.rank, label=new.name)
        with self.app.app_context(), transaction():
            grants.grant(self.subscribers[new.id], creator, Kind.SUBSCRIPTION, cause="paid", extent=extent)
        self.lowest_first.append(new.id)

    def move(self, which: int, to: int) -> None:
        """Whoever is archived between the two stands above both then."""
        if 0 <= to < len(self.living):
            low, high = (self.living[place] for place in sorted((which, to)))
            self.lowest_first.remove(high)
            self.lowest_first.insert(self.lowest_first.index(low), high)

    def opened(self) -> dict[UUID, set[UUID]]:
        """The tiers whose posts each tier's subscriber opens."""
        with self.app.app_context():
            locks = [lock_of(db.session.get_one(Post, one)) for one in self.posts.values()]
            return {
                tier: {other for other, post in self.posts.items() if decide(subscriber, locks)[post].open}
                for tier, subscriber in self.subscribers.items()
            }


def test_an_archived_tier_shares_nothing_with_one_that_is_moved_past_it(app: Flask) -> None:
    desk = a_desk(app)
    gold, platinum = (a_tier(app, desk.person, name) for name in ("Gold", "Platinum"))
    rare = a_post(app, desk.person.id, audience="subscribers", rank=2, body_html="<p>Rare</p>")
    golden = a_person(app)
    with app.app_context(), transaction():
        extent = Extent(rank=1, label="Gold")
        grants.grant(golden.id, desk.person.id, Kind.SUBSCRIPTION, cause="paid", extent=extent)
    desk.press(of(platinum), of(platinum, "/archive"))
    desk.press(NEW, NEW, name="Silver", price="3")
    desk.press("/dashboard/tiers", of(gold, "/up"))
    assert order(desk) == ["Silver", "Gold"]
    assert "Rare" not in signed_in(app, golden).get(f"/posts/{rare}").text
