"""The feed: how fast (P1), with how many statements (P2), how far down and how full (P9), how heavy (P10)."""

import gzip
import re
import statistics
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import Uuid, select, text

from app.accounts.models import User
from app.extensions import db
from app.kit import clock
from app.platform.cache import cache
from app.platform.guards import Access, guard
from app.platform.prepared import Prepared, parameter
from app.platform.transaction import transaction
from app.platform.viewer import signed_in_viewer
from app.posts import cards, queries_feed
from app.posts.places import Place
from app.posts.queries_feed import Show, Stretch
from tests.bench._feeds import Readers, a_house_full_of_posts, analyze, more_posts
from tests.bench.guard_cost import Guarded, cookie_of
from tests.bench.harness import Bench, Samples, interleaved, measure
from tests.bench.hello import hello
from tests.factories.people import signed_in
from tests.page_client import Page, PageClient
from tests.queries import counting

ROUNDS = 9
# So many questions are timed together: one is too short.
QUESTIONS = 40
AT_FIRST = 10_000
DEEP = 200_000
STATIC = Path("static")
SCRIPT = re.compile(r'<script[^>]* src="/static/([^"?]+)')
# What a question to the database costs anyway, on this machine at this moment.
PLAIN = text("select id, handle, display_name from users where id = :id")


@dataclass
class Full:
    """A house whose fan follows fifty creators, and how long their feed took when it was small."""

    readers: Readers
    posts: int
    began: datetime
    at_first: float = 0.0


@measure("P1", "feed_authenticated", goal=">= 0.50")
def feed_authenticated(bench: Bench) -> Samples:
    cookie = cookie_of(bench, a_full_house(bench).readers.fan)
    with bench.site(hello) as bare, bench.site(Guarded(bench.settings)) as house:
        first = house.load("/feed", cookie=cookie)
        assert set(first.statuses) == {200}, first.statuses
        return interleaved(
            lambda: bare.load("/").rate, lambda: house.load("/feed", cookie=cookie).rate, rounds=ROUNDS
        )


@dataclass(frozen=True)
class TheLeast(Guarded):
    """What any page costs that asks who is there: the door, two rows by their keys, one key of Redis, and an
    answer of the feed's length that nobody has to put together.
    """

    length: int

    def __call__(self) -> Flask:
        app, answer = super().__call__(), "x" * self.length
        row = Prepared(select(User.handle).where(User.id == parameter(1, Uuid())), parameters=1)

        @guard(Access.SIGNED_IN)
        def least() -> str:
            person = signed_in_viewer().id
            row.run(person)
            row.run(person)
            cache().attempt(lambda redis: redis.get("least"), otherwise=None)
            return answer

        app.add_url_rule("/least", "least", least)
        return app


@measure("P1", "any_page_of_two_statements", goal="told, not set")
def any_page_of_two_statements(bench: Bench) -> Samples:
    cookie, length = cookie_of(bench, a_full_house(bench).readers.fan), len(_browser(bench).get("/feed").html)
    with bench.site(hello) as bare, bench.site(TheLeast(bench.settings, length)) as house:
        first = house.load("/least", cookie=cookie)
        assert set(first.statuses) == {200}, first.statuses
        return interleaved(
            lambda: bare.load("/").rate, lambda: house.load("/least", cookie=cookie).rate, rounds=ROUNDS
        )


@measure("P2", "statements_feed", goal="<= 2")
def statements_feed(bench: Bench) -> Samples:
    return _statements(bench, "/feed")


@measure("P2", "statements_creator_posts", goal="<= 4")
def statements_creator_posts(bench: Bench) -> Samples:
    return _statements(bench, "/@busy1")


@measure("P2", "statements_creator_media", goal="<= 4")
def statements_creator_media(bench: Bench) -> Samples:
    return _statements(bench, "/@busy1/media")


@measure("P9", "feed_100k_posts_against_10k", goal="<= 1.2")
def feed_100k_posts_against_10k(bench: Bench) -> Samples:
    return _against_first(bench, a_full_house(bench, 100_000))


@measure("P9", "feed_1m_posts_against_10k", goal="<= 1.2")
def feed_1m_posts_against_10k(bench: Bench) -> Samples:
    return _against_first(bench, a_full_house(bench, 1_000_000))


@measure("P9", "feed_page_10000_against_1", goal="<= 1.2")
def feed_page_10000_against_1(bench: Bench) -> Samples:
    full = a_full_house(bench, 1_000_000)
    deep = Stretch(before=Place(full.began - timedelta(seconds=DEEP), UUID(int=0)))
    return interleaved(lambda: _feed_time(bench, full), lambda: _feed_time(bench, full, deep), rounds=ROUNDS)


@measure("P10", "feed_html_kb", goal="<= 14")
def feed_html_kb(bench: Bench) -> Samples:
    return _kb(_packed(_browser(bench).get("/feed")))


@measure("P10", "feed_scripts_kb", goal="<= 26")
def feed_scripts_kb(bench: Bench) -> Samples:
    scripts = SCRIPT.findall(_browser(bench).get("/feed").html)
    return _kb(b"".join(gzip.compress((STATIC / name).read_bytes()) for name in sorted(set(scripts))))


@measure("P10", "css_kb", goal="<= 14")
def css_kb(bench: Bench) -> Samples:
    sheets = "css/app.css", "css/more.css"
    return _kb(b"".join(gzip.compress((STATIC / name).read_bytes()) for name in sheets))


@measure("P10", "htmx_like_against_feed", goal="<= 0.15")
def htmx_like_against_feed(bench: Bench) -> Samples:
    """What a click on the page brings, against the page."""
    browser = _browser(bench)
    page = browser.get("/feed")
    form = page.form(r"/posts/.*/like")
    answer = browser.post(form.action, form.fields, **{"HX-Request": "true"})  # type: ignore[arg-type]
    assert answer.status == 200
    return Samples([len(_packed(answer)) / len(_packed(page))], exact=True)


@measure("P10", "htmx_more_against_feed", goal="told, not set")
def htmx_more_against_feed(bench: Bench) -> Samples:
    """Twenty more cards, against a page with twenty."""
    browser = _browser(bench)
    page = browser.get("/feed")
    onwards = str(page.one(".pages")["hx-get"])
    more = browser.get(onwards, **{"HX-Request": "true"})  # type: ignore[arg-type]
    return Samples([len(_packed(more)) / len(_packed(page))], exact=True)


# ---- the house


def a_full_house(bench: Bench, posts: int = AT_FIRST) -> Full:
    """It grows, and never shrinks."""
    full: Full | None = bench.__dict__.get("full_of_posts")
    if full is None:
        began = clock.now()
        full = bench.__dict__["full_of_posts"] = Full(
            a_house_full_of_posts(bench.house, AT_FIRST), AT_FIRST, began
        )
        full.at_first = statistics.median(_against_plain(bench, full))
    if posts > full.posts:
        with bench.house.app_context(), transaction():
            more_posts(full.readers.creators, posts - full.posts, older_than=full.posts)
        full.posts = posts
        analyze(bench.house)
    return full


def _against_first(bench: Bench, full: Full) -> Samples:
    return Samples([now / full.at_first for now in _against_plain(bench, full)])


def _against_plain(bench: Bench, full: Full) -> list[float]:
    return interleaved(lambda: _plain_time(bench, full), lambda: _feed_time(bench, full), ROUNDS).values


def _feed_time(bench: Bench, full: Full, stretch: Stretch | None = None) -> float:
    asked = stretch or Stretch()
    with bench.house.app_context():
        began = time.perf_counter()
        for _ in range(QUESTIONS):
            assert len(queries_feed.feed(full.readers.fan.id, Show.ALL, asked).found) == queries_feed.PAGE
        return time.perf_counter() - began


def _plain_time(bench: Bench, full: Full) -> float:
    with bench.house.app_context():
        began = time.perf_counter()
        for _ in range(QUESTIONS):
            db.session.execute(PLAIN, {"id": full.readers.fan.id}).all()
        return time.perf_counter() - began


# ---- pages


def _browser(bench: Bench) -> PageClient:
    browser = signed_in(bench.house, a_full_house(bench).readers.fan)
    browser.get("/settings/profile")
    return browser


def _statements(bench: Bench, path: str) -> Samples:
    """With cards that nobody has rendered yet."""
    browser = _browser(bench)
    cards.forget()
    bench.house.extensions["fanlight.cache"].client.flushdb()
    with counting(bench.house) as sent:
        assert browser.get(path).status == 200
    return Samples([len(sent)], exact=True)


def _packed(page: Page) -> bytes:
    return gzip.compress(page.response.get_data())


def _kb(packed: bytes) -> Samples:
    return Samples([len(packed) / 1024], exact=True)
