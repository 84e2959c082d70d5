"""What people find in their feed, and how they find their way in it."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func

from app.accounts.operations import roles
from app.creators.operations import following
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Closed, Kind
from app.kit import clock
from app.platform.transaction import transaction
from app.posts import cards, searching
from app.posts.places import Place
from tests.factories.creators import a_creator, follows
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, pretended, some_posts
from tests.page_client import Page, PageClient
from tests.queries import counting


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cards.forget()


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app)


@pytest.fixture
def reader(app: Flask, fan: Person) -> PageClient:
    return signed_in(app, fan)


@pytest.fixture
def mara(app: Flask, fan: Person) -> Person:
    """A creator whom the fan follows."""
    creator = a_creator(app, "mara")
    follows(app, fan, creator)
    return creator


def subscribes(app: Flask, fan: Person, creator: Person, rank: int = 1) -> None:
    with app.app_context(), transaction():
        extent = Extent(rank, "Gold")
        grants.grant(fan.id, creator.id, Kind.SUBSCRIPTION, cause=f"test:{creator.id}", extent=extent)


def ids(page: Page) -> list[UUID]:
    return [UUID(str(article["id"]).removeprefix("post-")) for article in page.soup.select("article.post")]


def by_htmx(reader: PageClient, path: str) -> Page:
    headers: dict[str, Any] = {"HX-Request": "true"}
    return reader.get(path, **headers)


def older(page: Page) -> str:
    return str(page.one(".pages a[rel=next]")["href"])


def walk(reader: PageClient, path: str) -> list[UUID]:
    """By the links, to the end."""
    seen: list[UUID] = []
    while True:
        page = reader.get(path)
        seen += ids(page)
        if not page.soup.select(".pages a"):
            return seen
        path = older(page)


def test_the_newest_post_of_those_one_follows_comes_first(
    app: Flask, reader: PageClient, mara: Person
) -> None:
    posts = some_posts(app, mara.id, 3)
    some_posts(app, a_creator(app).id, 2)
    assert ids(reader.get("/feed")) == posts[::-1]


def test_every_post_comes_once_also_those_of_one_moment(
    app: Flask, fan: Person, reader: PageClient, mara: Person
) -> None:
    other, at = a_creator(app), clock.now()
    follows(app, fan, other)
    posts = some_posts(app, mara.id, 25, published_at=at) + some_posts(app, other.id, 25, published_at=at)
    seen = walk(reader, "/feed")
    assert len(seen) == 50
    assert seen == sorted(posts, reverse=True)


def test_a_page_holds_twenty_and_leads_to_older_ones(app: Flask, reader: PageClient, mara: Person) -> None:
    posts = some_posts(app, mara.id, 45)[::-1]
    first = reader.get("/feed")
    assert ids(first) == posts[:20]
    second = reader.get(older(first))
    assert ids(second) == posts[20:40]
    assert second.one("a[href='/feed']")
    assert ids(reader.get(older(second))) == posts[40:]


def test_what_is_published_meanwhile_moves_nothing(app: Flask, reader: PageClient, mara: Person) -> None:
    posts = some_posts(app, mara.id, 25)[::-1]
    first = reader.get("/feed")
    some_posts(app, mara.id, 3)
    assert ids(reader.get(older(first))) == posts[20:]


def test_the_next_page_by_htmx_is_cards_alone_and_the_address_remembers_them(
    app: Flask, reader: PageClient, mara: Person
) -> None:
    posts = some_posts(app, mara.id, 45)[::-1]
    first = reader.get("/feed")
    onwards = str(first.one(".pages")["hx-get"])
    second = by_htmx(reader, onwards)
    assert "<html" not in second.html
    assert ids(second) == posts[20:40]
    some_posts(app, mara.id, 3)
    back = reader.get(second.response.headers["HX-Replace-Url"])
    assert ids(back) == posts[:40], "from the same first post to the same last one"
    assert ids(reader.get(older(back))) == posts[40:]


def test_who_comes_back_from_far_below_gets_a_bounded_page(
    app: Flask, reader: PageClient, mara: Person
) -> None:
    posts = some_posts(app, mara.id, 230)[::-1]
    path, last = "/feed", reader.get("/feed")
    for _ in range(11):
        path = str(last.one(".pages")["hx-get"])
        last = by_htmx(reader, path)
    back = reader.get(last.response.headers["HX-Replace-Url"])
    assert ids(back) == posts[:200]
    assert ids(reader.get(older(back))) == posts[200:220]


def test_subscribed_shows_those_alone_whom_one_subscribes_to(
    app: Flask, fan: Person, reader: PageClient, mara: Person
) -> None:
    some_posts(app, mara.id, 2)
    gold = a_creator(app)
    posts = some_posts(app, gold.id, 2, audience="subscribers", rank=1)
    assert "No subscriptions yet" in reader.get("/feed?show=subscribed").text
    subscribes(app, fan, gold)
    assert ids(reader.get("/feed?show=subscribed")) == posts[::-1]
    assert len(ids(reader.get("/feed"))) == 4, "who subscribes need not follow"


def test_the_first_pictures_are_fetched_at_once_and_the_others_when_one_comes_near(
    app: Flask, reader: PageClient, mara: Person
) -> None:
    some_posts(app, mara.id, 3, media=[pretended(public=True)])
    for _ in range(2):  # the second time from what is kept
        first, *others = reader.get("/feed").soup.select("article.post img[src*='/media/']")
        assert (first.get("fetchpriority"), first.get("loading")) == ("high", None)
        assert [(one.get("fetchpriority"), one.get("loading")) for one in others] == [(None, "lazy")] * 2


def test_media_shows_posts_with_something_to_look_at_or_to_hear(
    app: Flask, reader: PageClient, mara: Person
) -> None:
    some_posts(app, mara.id, 2)
    assert "No pictures yet" in reader.get("/feed?show=media").text
    post = a_post(app, mara.id, media=[pretended(public=True)])
    sound = a_post(app, mara.id, media=[pretended("audio", public=True)])
    some_posts(app, mara.id, 2)
    shown = reader.get("/feed?show=media")
    assert ids(shown) == [sound, post]
    assert [a.get_text() for a in shown.soup.select(".tabs [aria-current]")] == ["Media"]


def test_filters_go_on_with_the_pages(app: Flask, reader: PageClient, mara: Person) -> None:
    posts = some_posts(app, mara.id, 30, media=[pretended(public=True)])
    some_posts(app, mara.id, 30)
    assert walk(reader, "/feed?show=media") == posts[::-1]


def test_an_empty_feed_leads_to_creators_one_does_not_follow(app: Flask, fan: Person) -> None:
    known, liked, hostile = a_creator(app), a_creator(app, popularity=9.0), a_creator(app, popularity=99.0)
    follows(app, fan, known)
    with app.app_context(), transaction():
        following.block(hostile.id, fan.id)
    page = signed_in(app, fan).get("/feed")
    assert "Your feed is waiting" in page.text
    assert [a["href"] for a in page.soup.select(".rows a.name")] == [f"/@{liked.handle}"]


def test_below_the_last_post_there_is_nothing_more(app: Flask, reader: PageClient, mara: Person) -> None:
    (post,) = some_posts(app, mara.id, 1)
    end = reader.get(f"/feed?before={Place(clock.now() - timedelta(days=9), post)}")
    assert "That was everything" in end.text
    assert end.one("a[href='/feed']")


def test_the_pill_counts_what_came_since(app: Flask, reader: PageClient, mara: Person) -> None:
    some_posts(app, mara.id, 2)
    news = str(reader.get("/feed").one(".news")["hx-get"])
    assert reader.get(news).status == 204
    some_posts(app, mara.id, 1)
    assert reader.get(news).text == "1 new post"
    some_posts(app, mara.id, 2)
    pill = reader.get(news)
    assert pill.text == "3 new posts"
    assert pill.one("a")["href"] == "/feed"
    some_posts(app, mara.id, 30)
    assert reader.get(news).text == "20+ new posts"


def test_the_pill_of_a_filter_counts_what_the_filter_shows(
    app: Flask, reader: PageClient, mara: Person
) -> None:
    some_posts(app, mara.id, 1, media=[pretended(public=True)])
    news = str(reader.get("/feed?show=media").one(".news")["hx-get"])
    some_posts(app, mara.id, 1)
    assert reader.get(news).status == 204
    some_posts(app, mara.id, 1, media=[pretended(public=True)])
    assert reader.get(news).one("a")["href"] == "/feed?show=media"


@pytest.mark.parametrize("state", ["draft", "scheduled", "unpublished", "removed"])
def test_what_is_not_out_is_not_in_it(app: Flask, reader: PageClient, mara: Person, state: str) -> None:
    some_posts(app, mara.id, 1, state=state, published_at=clock.now(), publish_at=clock.now())
    assert ids(reader.get("/feed")) == []


@pytest.mark.parametrize("kind", [Closed.BLOCK, Closed.TAKEDOWN, Closed.SUSPENSION])
def test_what_somebody_may_not_know_of_is_not_in_it(
    app: Flask, fan: Person, reader: PageClient, mara: Person, kind: Closed
) -> None:
    post, kept = some_posts(app, mara.id, 2)
    with app.app_context(), transaction():
        grants.deny(post, kind, cause="test")
    assert ids(reader.get("/feed")) == [kept]
    with app.app_context(), transaction():
        grants.deny(mara.id, kind, cause="test", user_id=fan.id)
    assert ids(reader.get("/feed")) == []


def test_a_page_of_posts_taken_down_leads_on(app: Flask, reader: PageClient, mara: Person) -> None:
    kept = some_posts(app, mara.id, 5)
    with app.app_context(), transaction():
        for post in some_posts(app, mara.id, 40):
            grants.deny(post, Closed.TAKEDOWN, cause="test")
    assert walk(reader, "/feed") == kept[::-1]


def test_posts_of_somebody_who_was_sent_away_take_nobodys_place(
    app: Flask, reader: PageClient, fan: Person, mara: Person
) -> None:
    zoe, admin = a_creator(app, "zoe"), a_person(app, roles=("fan", "admin"))
    follows(app, fan, zoe)
    kept = some_posts(app, zoe.id, 2)
    some_posts(app, mara.id, 25)
    with app.app_context(), transaction():
        roles.suspend(mara.id, actor=admin.id)
    assert walk(reader, "/feed") == kept[::-1]
    news = str(reader.get("/feed").one(".news")["hx-get"])
    assert reader.get(news).status == 204


@pytest.mark.parametrize("how", ["suspended", "page taken down", "posts taken down"])
def test_nor_do_they_in_the_search(
    app: Flask, page: PageClient, mara: Person, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(searching, "CANDIDATES", 3)
    found = func.to_tsvector("simple", "boats")
    spam = some_posts(app, mara.id, 5, title="Spam", words=found)
    a_post(app, a_creator(app, "zoe").id, title="Boats of the north", words=found)
    admin = a_person(app, roles=("fan", "admin"))
    with app.app_context(), transaction():
        if how == "suspended":
            roles.suspend(mara.id, actor=admin.id)
        for scope in {"page taken down": [mara.id], "posts taken down": spam}.get(how, []):
            grants.deny(scope, Closed.TAKEDOWN, cause="report")
    assert "Boats of the north" in page.get("/search?q=boats").text


@pytest.mark.parametrize(
    "place",
    ["", "x", "-", "zz-1", "1-" + "f" * 32, "f" * 60, "%00", "1-2-3", "٣-" + "0" * 32, "-1-" + "0" * 32],
)
def test_a_place_that_is_none_begins_at_the_top(
    app: Flask, reader: PageClient, mara: Person, place: str
) -> None:
    some_posts(app, mara.id, 1)
    for name in ("before", "from", "until", "than"):
        assert reader.get(f"/feed?{name}={quote(place)}").status in {200, 400}
        assert reader.get(f"/feed/news?{name}={quote(place)}").status in {200, 204, 400}


def test_the_feed_is_for_those_who_are_signed_in(page: PageClient) -> None:
    for path in ("/feed", "/feed/news"):
        assert page.get(path, follow=False).location.startswith("/login")


@pytest.mark.parametrize(
    "script", ["ثلاث صور من القطار الليلي", "夜行列車からの写真", "👩‍🚀🏳️‍🌈 100% %(acts)s %s", "<b>&amp;</b>"]
)
def test_names_and_words_in_any_script_are_shown_as_they_are(
    app: Flask, fan: Person, reader: PageClient, script: str
) -> None:
    creator = a_creator(app, display_name=script[:40])
    follows(app, fan, creator)
    some_posts(app, creator.id, 1, title=script, teaser=script, audience="subscribers", rank=1)
    page = reader.get("/feed")
    assert page.one("article h2").get_text(strip=True) == script
    assert page.one("article h2")["dir"] == "auto"
    assert page.one("article .name").get_text(strip=True) == script[:40]


@pytest.mark.parametrize("posts", [5, 50])
@pytest.mark.parametrize("creators", [1, 30])
def test_a_page_costs_the_same_whatever_its_size(app: Flask, posts: int, creators: int) -> None:
    """Cards that are known: one statement. Cards that nobody rendered yet: two. One question to Redis."""
    fan = a_person(app)
    for _ in range(creators):
        creator = a_creator(app)
        follows(app, fan, creator)
        some_posts(app, creator.id, -(-posts // creators), media=[pretended()], audience="paid", price=300)
    reader = signed_in(app, fan)
    for path in ("/feed", "/feed?show=media", older(reader.get("/feed")) if posts > 20 else "/feed"):
        for _ in range(2):  # rendered, and told to Redis
            cards.forget()
            reader.get(path)
        cards.forget()
        _redis(app).flushdb()
        assert cost(app, reader, path) == (2, 1)
        cards.forget()
        assert cost(app, reader, path)[0] <= 2
        assert cost(app, reader, path) == (1, 0), "kept in this process"


def cost(app: Flask, reader: PageClient, path: str) -> tuple[int, int]:
    """Statements, and round trips to Redis, beside the guard's."""
    reader.get("/settings/profile")  # so that the session is known
    asked_before = _asked(app)
    with counting(app) as statements:
        assert reader.get(path).status == 200
    return len(statements), _asked(app) - asked_before


def _asked(app: Flask) -> int:
    """The cards that were rendered since are told in the same round trip."""
    return int(_redis(app).info("commandstats").get("cmdstat_mget", {}).get("calls", 0))


def _redis(app: Flask) -> Any:
    return app.extensions["fanlight.cache"].client
