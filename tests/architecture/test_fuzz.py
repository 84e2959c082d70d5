"""Whatever is sent to creators' pages, posts, media, reports, rooms of money is answered: never with a 5xx.

Each form of the pages is sent with each of its fields changed for the worse, each address gets hostile
arguments and headers. The seed is fixed, so that what fails fails again: `FUZZ=<seed>:<times>` tries others.
"""

import os
import random
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask

from app.kit.ids import new_id
from app.platform import limits
from app.platform.idempotency import new_key
from tests.architecture.routes import VARIABLE, Route, routes
from tests.factories.business import a_business
from tests.factories.creators import a_creator, a_tier, follows
from tests.factories.media import a_picture
from tests.factories.people import a_person, signed_in
from tests.factories.posts import a_poll, a_post, some_comments
from tests.page_client import FilledForm, PageClient

SEED, TIMES = (int(part) for part in os.environ.get("FUZZ", "3:1").split(":"))
STORIES = ["creators", "posts", "media", "uploads", "library", "directory", "moderation", "share_cards"]
MONEY = ["invoices", "payments", "subscriptions", "tips", "earnings", "ledger"]
ELSEWHERE = re.compile(r"/(logout|login|join|settings(?!/(billing|payment)))")
ENDS = re.compile(
    r"/(delete|close|archive|remove|discard|block|uphold|dismiss|unfollow|revoke|hide|cancel|refund|give-back"
    r"|credit|agree|refuse)$"
)
# The save that an editor has seen: who tells none is not told that somebody else was there.
SEEN = "saves"
NOBODYS = str(new_id())
FIRST = itemgetter(0)
# On, and away: who asks them hears nothing.
PROVIDERS = {
    "stripe_secret_key": "sk_of_tests",
    "stripe_api_base": "http://127.0.0.1:9",
    "solana_rpc_url": ["http://127.0.0.1:9"],
}

WORDS = (
    "", " ", "\0", "\x01\x1b[31m", "\r\nX-Planted: 1", "\u202egnp.exe", "\ufeff", "\u200d" * 50, "\U0010ffff",
    "👩‍👩‍👧‍👦" * 40, "مرحبا", "शुभ" * 90, "漢字" * 3_000, "e" + "\u0301" * 300, "a" * 70_000, "\n" * 900,
    "%", "%s%n", "%(acts)s", "{{ 7 * 7 }}", "{0.__class__}", "' or 1=1 --", "\\", "a:*&!|('", "<!--", "]]>",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "data:text/html,x",
    "//evil.example", "http://[", "https://a.b:99999999", "https://user@a.b", "../../etc/passwd", "/@nobody",
    "[" * 400, "> " * 400, "*a_" * 400, "![x](data:x)" * 40, "@mira " * 80, "--- more ---\n" * 9,
)  # fmt: skip
NUMBERS = (
    "0", "-1", "+5", "1_000", "²", "٣٣", "1e308", "NaN", "Infinity", "9" * 30, "9" * 5_000, "0.001", "1,00",
    "$-5",
)  # fmt: skip
MOMENTS = (
    "0001-01-01T00:00+23:59", "0001-01-01T00:00", "9999-12-31T23:59-23:59", "9999-12-31T23:59", "2027-W01-1",
    "2027-02-30T10:00", "now",
)  # fmt: skip
NAMES = (
    NOBODYS, f"urn:uuid:{NOBODYS}", "public", "paid", "subscribers", "schedule", "mine:999999999", "theirs",
    "on",
)  # fmt: skip
PLACES = (
    "7fffffffffffffff-" + "f" * 32, "-1-" + "0" * 32, f"253402300799.9_{NOBODYS}", f"-62135596800~{NOBODYS}",
    f"nan_{NOBODYS}", f"1e300~{NOBODYS}", f"{'9' * 20}_{NOBODYS}", f"inf~{NOBODYS}",
)  # fmt: skip
ARGUMENTS = (
    "account", "after", "as", "before", "category", "code", "currency", "from", "kind", "media", "page",
    "period", "q", "seen", "show", "since", "sort", "state", "tab", "than", "tier", "until", "wish", "year",
)  # fmt: skip
FIELDS = (
    "on", "option", "body", "alt", "next", "purpose", "handle", "reason", "note", "post_id", "intent",
    "account", "amount", "choice", "code", "country", "currency", "months", "plan", "promo_id",
)  # fmt: skip
# What is counted there.
FIGURES = {
    "price", "stroke", "saves", "amount", "months", "minimum", "percent", "at_most", "for_months", "seats",
}  # fmt: skip
HEADERS = {
    "Range": ("bytes=0-", "bytes=-1", "bytes=5-1", "bytes=-", "bytes=" + "9" * 5_000 + "-", "lines=1-2"),
    "If-None-Match": ("*", '"x"', "\\"),
    "If-Modified-Since": ("yesterday", "Sat, 01 Jan 0001 00:00:00 GMT", "9" * 400),
    "HX-Request": ("true",),
    "HX-Current-URL": ("http://[", "//evil.example", "http://localhost/\\"),
    "Referer": ("http://localhost/@nobody", "http://[", "\\\\"),
    "Accept": ("application/json", "*/*;q=nan", ";;,"),
    "Tus-Resumable": ("1.0.0", "9"),
    "Upload-Offset": ("0", "-1", "9" * 15, "9" * 5_000, "x"),
    "Upload-Length": ("1", "0", "9" * 15, "9" * 5_000),
    "Upload-Metadata": ("filename AAAA", "filename /w==,purpose YXZhdGFy", "filename", ",,,", "a b c"),
}
ODD_TYPES = ("application/offset+octet-stream", "application/json", "multipart/form-data", "x")


@dataclass(frozen=True)
class House:
    """What addresses may name, things of every kind, open and closed; and who comes to see them."""

    names: dict[str, list[str]]
    people: list[PageClient]


@dataclass(frozen=True)
class Sent:
    method: str
    address: str
    fields: dict[str, Any]


def test_nothing_that_is_sent_breaks_anything(app: Flask) -> None:
    ours = [one for one in routes(app) if feature(one) in STORIES or one.rule == "/@<handle>"]
    assert len(ours) > 80
    send_all(app, ours, furnished(app), at_least=100)


def test_nothing_that_is_sent_breaks_the_rooms_of_money(app: Flask) -> None:
    ours = [one for one in routes(app) if feature(one) in MONEY]
    assert len(ours) > 110
    with taking_money(app):
        send_all(app, ours, in_business(app), at_least=100)


def feature(route: Route) -> str:
    return route.endpoint.split(".")[0]


def send_all(app: Flask, ours: list[Route], house: House, *, at_least: int) -> None:
    dice = random.Random(SEED)
    broken, answered, known = [], 0, set[tuple[str, ...]]()
    for page in house.people:
        forms = list(forms_on(page, [address(one, house, FIRST) for one in ours if one.method == "GET"]))
        token = next(form.fields["csrf_token"] for form in forms if "csrf_token" in form.fields)
        doors = dice.sample(ours * TIMES, len(ours) * TIMES // 2)  # among all of them each is tried
        sent = [*mutations(forms, known, dice), *(bare(one, house, dice) for one in doors)]
        dice.shuffle(sent)
        sent.sort(key=ends_something)  # the others find more as long as it is there
        for one in sent:
            status = send(page, one, token, dice)
            broken += [(page.address, one)] if status >= 500 else []
            answered += status < 400
            if status == 429:
                app.extensions["fanlight.cache"].client.flushdb()
                limits.clear()
    assert broken == []
    assert answered > at_least, "or it is not the doors that were tried, but walls"


def furnished(app: Flask) -> House:
    mira, fan = a_creator(app, "mira", blocked_words=["soup"]), a_person(app, "finn")
    staff = a_person(app, "mona", roles=("fan", "moderator"))
    follows(app, fan, mira)
    tiers = [a_tier(app, mira), a_tier(app, mira, "Silver")]
    picture = a_picture(app, mira, public=True)
    shapes: list[dict[str, Any]] = [
        {"media": [picture]}, {"adult": True}, {"state": "draft"}, {"state": "unpublished"},
        {"audience": "followers"}, {"audience": "paid", "price": 500}, {"audience": "subscribers", "rank": 2},
    ]  # fmt: skip
    posts = [a_post(app, mira.id, **shape) for shape in shapes]
    a_poll(app, posts[0])
    comments = [
        one for person in (fan, mira) for one in some_comments(app, posts[0], person.id, ["Ah", "Oh"])
    ]
    pages = [signed_in(app, fan), signed_in(app, mira), signed_in(app, staff, second_factor=True)]
    pages[0].send(pages[0].get(f"/report/post/{posts[0]}").form("/report/.*"), reason="spam")
    report = pages[2].get("/admin/reports").one("a[href^='/admin/reports/']")["href"]
    names = {
        "handle": ["mira", "MIRA", "finn", "%F0%9F%98%80", "%2E%2E"],
        "post_id": [str(one) for one in posts],
        "comment_id": [str(one) for one in comments],
        "tier_id": [str(one) for one in tiers],
        "user_id": [str(fan.id), str(mira.id)],
        "media_id": [picture["id"]],
        "subject_id": [str(posts[0]), str(comments[0]), str(mira.id), str(fan.id)],
        "report_id": [str(report).rpartition("/")[2]],
        "kind": ["post", "creator", "comment", "person", "%F0%9F%98%80"],
        "secret": [picture["secret"]],
        "file": ["w320.webp", "teaser.webp", "w320", "..", "%F0%9F%98%80"],
        "name": ["about", "feed", "media", "tiers", "nothing"],
        "version": ["1", "0", "9" * 30],
        "signed": ["A" * 60, "%F0%9F%98%80", "=", "-"],
    }
    return House(names, pages)


def in_business(app: Flask) -> House:
    """Those who sell and buy, and an admin."""
    mira, fan = a_creator(app, "mira"), a_person(app, "finn")
    names = a_business(app, mira, fan).names
    names |= {
        "handle": ["mira", "finn", "%F0%9F%98%80"],
        "post_id": [a_post(app, mira.id, audience="paid", price=500)],
        "code": [*names["code"], "%F0%9F%98%80", "-"],
        "rail": ["card", "solana", "credit", "test", "%F0%9F%98%80"],
        "month": ["2026-11", "2026-13", "0000-00", "%F0%9F%98%80"],
        "year": ["2026", "0", "9" * 30],
    }
    staff = a_person(app, "mona", roles=("fan", "admin"))
    pages = [signed_in(app, fan), signed_in(app, mira), signed_in(app, staff, second_factor=True)]
    return House({name: [str(one) for one in values] for name, values in names.items()}, pages)


@contextmanager
def taking_money(app: Flask) -> Iterator[None]:
    before = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(update=PROVIDERS)
    try:
        yield
    finally:
        app.extensions["fanlight.settings"] = before


def address(route: Route, house: House, choose: Callable[[list[str]], str]) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[0].strip("<>").rpartition(":")[2]
        return choose(house.names.get(name, [NOBODYS if found[1] == "uuid" else "nobody"]))

    return VARIABLE.sub(fill, route.rule)


def forms_on(page: PageClient, addresses: Iterable[str]) -> Iterator[FilledForm]:
    for where in addresses:
        answer = page.http.get(where, follow_redirects=True)
        if answer.mimetype == "text/html":
            soup = BeautifulSoup(answer.get_data(as_text=True), "lxml")
            every = [FilledForm(form) for form in soup.select("form[action]")]
            yield from (form for form in every if not ELSEWHERE.match(form.action))


def mutations(
    forms: Iterable[FilledForm], known: set[tuple[str, ...]], dice: random.Random
) -> Iterator[Sent]:
    """What looks the same on several pages once, whoever sees it first."""
    for form in forms:
        looks = (re.sub(r"[0-9a-f-]{36}", "", form.action), *sorted(form.fields))
        if looks in known:
            continue
        known.add(looks)
        unseen = {name: value for name, value in form.fields.items() if name != SEEN}
        for name in sorted(form.fields) * TIMES:
            yield Sent(form.method, form.action, unseen | {name: worse(name, dice)})


def worse(name: str, dice: random.Random) -> str:
    likely: tuple[str, ...] = NUMBERS if name in FIGURES else WORDS if name in {"q", "body"} else ()
    if name.endswith("_at"):
        likely = MOMENTS
    if name in ARGUMENTS:
        likely = likely or PLACES
    return dice.choice(
        likely if likely and dice.random() < 0.8 else WORDS + NUMBERS + MOMENTS + NAMES + PLACES
    )


def bare(route: Route, house: House, dice: random.Random) -> Sent:
    names = dice.sample(ARGUMENTS if route.method == "GET" else FIELDS, 3)
    return Sent(route.method, address(route, house, dice.choice), {name: worse(name, dice) for name in names})


def ends_something(sent: Sent) -> bool:
    return sent.method == "DELETE" or bool(ENDS.search(sent.address))


def send(page: PageClient, sent: Sent, token: str, dice: random.Random) -> int:
    headers = {name: dice.choice(HEADERS[name]) for name in dice.sample(sorted(HEADERS), dice.randint(0, 3))}
    if sent.method == "GET":
        return page.http.get(sent.address, query_string=sent.fields, headers=headers).status_code
    signed = {"csrf_token": token, "idempotency_key": new_key()}
    if sent.method != "POST" or dice.random() < 0.1:
        headers |= {
            "X-CSRFToken": token,
            "Idempotency-Key": new_key(),
            "Content-Type": dice.choice(ODD_TYPES),
        }
        return page.http.open(
            sent.address, method=sent.method, data=b"RIFF\0\0WEBP", headers=headers
        ).status_code
    return page.http.post(sent.address, data=sent.fields | signed, headers=headers).status_code
