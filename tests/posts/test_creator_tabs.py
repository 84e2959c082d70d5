"""A creator's posts and media on their page."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.kit import clock
from app.platform.transaction import transaction
from app.posts import cards
from app.posts.places import Place
from tests.bench._feeds import analyze, more_posts
from tests.factories.creators import a_creator, blocks, follows
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, pretended, some_posts
from tests.page_client import Page, PageClient
from tests.posts.test_feed import by_htmx, ids, older, walk
from tests.queries import counting


@pytest.fixture
def mara(app: Flask) -> Person:
    cards.forget()
    return a_creator(app, "mara", display_name="Mara")


def tiles(page: Page) -> list[UUID]:
    return [UUID(str(a["href"]).split("/")[2].split("#")[0]) for a in page.soup.select("#posts .media > a")]


def test_pinned_posts_stand_first_and_once(app: Flask, page: PageClient, mara: Person) -> None:
    pinned = a_post(app, mara.id, pinned_at=clock.now(), published_at=clock.now() - timedelta(days=400))
    posts = some_posts(app, mara.id, 25)[::-1]
    assert walk(page, "/@mara") == [pinned, *posts]
    assert page.get("/@mara").one("[aria-label=Pinned] article")["id"] == f"post-{pinned}"
    assert ids(page.get(older(page.get("/@mara")))) == posts[20:]


def test_the_next_page_by_htmx_is_cards_alone(app: Flask, page: PageClient, mara: Person) -> None:
    a_post(app, mara.id, pinned_at=clock.now())
    posts = some_posts(app, mara.id, 45)[::-1]
    second = by_htmx(page, str(page.get("/@mara").one(".pages")["hx-get"]))
    assert ids(second) == posts[20:40]
    assert "<html" not in second.html
    back = page.get(second.response.headers["HX-Replace-Url"])
    assert ids(back)[1:] == posts[:40]


def test_the_wall_shows_open_media_and_blurred_teasers_of_locked_ones(
    app: Flask, page: PageClient, mara: Person
) -> None:
    some_posts(app, mara.id, 2)
    shown = a_post(app, mara.id, media=[pretended(public=True), pretended(public=True)])
    closed = a_post(app, mara.id, media=[pretended()], audience="paid", price=499)
    sound = a_post(app, mara.id, media=[pretended("audio")], audience="followers")
    wall = page.get("/@mara/media")
    assert tiles(wall) == [sound, closed, shown]
    sources = [str(one["src"]) for one in wall.soup.select("#posts img")]
    assert [("teaser" in one, "w320" in one) for one in sources] == [(True, False), (False, True)]
    assert "$4.99" in wall.text


def test_the_wall_of_somebody_who_may_see_has_addresses_of_their_own(app: Flask, mara: Person) -> None:
    fan = a_person(app)
    follows(app, fan, mara)
    a_post(app, mara.id, media=[pretended()], audience="followers")
    source = str(signed_in(app, fan).get("/@mara/media").one("#posts img")["src"])
    assert source.startswith("/media/")
    assert "/p/" not in source
    assert source != str(signed_in(app, mara).get("/@mara/media").one("#posts img")["src"])


def test_the_wall_goes_on(app: Flask, page: PageClient, mara: Person) -> None:
    posts = some_posts(app, mara.id, 45, media=[pretended(public=True)])[::-1]
    first = page.get("/@mara/media")
    second = by_htmx(page, str(first.one(".pages")["hx-get"]))
    assert tiles(first) == posts[:20]
    assert [str(a["href"]).split("#")[0] for a in second.soup.select(".media > a")] == [
        f"/posts/{post}" for post in posts[20:40]
    ]


def test_what_is_for_adults_waits_for_a_word(app: Flask, page: PageClient, mara: Person) -> None:
    a_post(app, mara.id, adult=True, body_html="<p>Bare</p>", media=[pretended(public=True)])
    for path in ("/@mara", "/@mara/media"):
        shown = page.get(path)
        assert "Bare" not in shown.html
        assert "w320" not in shown.html
    assert "Bare" in signed_in(app, mara).get("/@mara").html, "not for its author"


@pytest.mark.parametrize("path", ["/@mara", "/@mara/media"])
def test_an_empty_tab_says_so(app: Flask, page: PageClient, mara: Person, path: str) -> None:
    assert page.get(path).one(".empty")
    some_posts(app, mara.id, 1, media=[pretended(public=True)])
    assert not page.get(path).soup.select(".empty")


def test_an_author_is_asked_for_the_first_post(app: Flask, mara: Person) -> None:
    assert signed_in(app, mara).get("/@mara").one(".empty a[href='/posts/new']")


def test_who_is_blocked_sees_neither(app: Flask, mara: Person) -> None:
    some_posts(app, mara.id, 1)
    fan = a_person(app)
    blocks(app, mara, fan)
    reader = signed_in(app, fan)
    assert "article" not in reader.get("/@mara").html
    assert reader.get("/@mara/media").status == 404


@pytest.mark.parametrize("path", ["/@mara", "/@mara/media", "/@mara?before=1-" + "f" * 32])
def test_the_page_costs_the_same_for_5_and_50_posts(app: Flask, mara: Person, path: str) -> None:
    fan = signed_in(app, a_person(app))
    found = []
    for count in (5, 45):
        some_posts(app, mara.id, count, media=[pretended()], audience="paid", price=300)
        cards.forget()
        fan.get("/settings/profile")
        with counting(app) as statements:
            assert fan.get(path).status == 200
        found.append(len(statements))
    assert max(found) <= 4


def test_ten_thousand_posts_are_read_a_page_at_a_time(app: Flask, page: PageClient, mara: Person) -> None:
    with app.app_context(), transaction():
        more_posts([mara.id], 10_000)
    analyze(app)
    deep = Place(clock.now() - timedelta(seconds=9_000), UUID(int=0))
    for path in ("/@mara", "/@mara/media", f"/@mara?before={deep}", f"/@mara/media?before={deep}"):
        shown = page.get(path)
        assert len(ids(shown) or tiles(shown)) == 20
        assert shown.one(".pages a")
