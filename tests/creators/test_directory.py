"""Who is shown in the directory, in which order, and at what cost."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, text

from app.accounts.models import User
from app.creators.models import Creator
from app.creators.queries_directory import PAGE
from app.entitlements.operations.grants import deny
from app.entitlements.rules import Closed
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.transaction import transaction
from tests.factories.creators import a_creator, blocks
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page, PageClient
from tests.plans import rows_read, settle
from tests.queries import counting


def names(page: Page) -> list[str]:
    return [title.get_text(strip=True) for title in page.soup.select(".creator h2")]


def many_creators(app: Flask, count: int, **values: Any) -> None:
    """Each a little more popular, later and more active than the one before."""
    start = clock.now() - timedelta(days=90)
    ids = [new_id() for _ in range(count)]
    with app.app_context(), transaction():
        db.session.execute(insert(User), list(_people(ids)))
        rows = [
            {
                "id": id_,
                "popularity": number / 7,
                "created_at": start + timedelta(minutes=number),
                "last_post_at": start + timedelta(minutes=number) if number % 2 else None,
                **values,
            }
            for number, id_ in enumerate(ids)
        ]
        db.session.execute(insert(Creator), rows)


def _people(ids: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for number, id_ in enumerate(ids):
        yield {"id": id_, "handle": f"many{number}", "display_name": f"Many {number}", "roles": ["fan"]}


def test_everybody_finds_creators_with_what_they_are_about(app: Flask, page: PageClient) -> None:
    a_creator(
        app, "mara", display_name="Mara Ellison", headline="Night trains", categories=["photography"],
        followers=1_250,
    )  # fmt: skip
    seen = page.get("/creators")
    assert seen.status == 200
    card = seen.one('a.creator[href="/@mara"]').get_text(" ", strip=True)
    assert "Mara Ellison" in card
    assert "Night trains" in card
    assert "1.2K followers" in card
    assert "Photography" in card


def test_names_in_any_script_stand_as_they_are(app: Flask, page: PageClient) -> None:
    a_creator(app, "layla", display_name="ليلى 🎨", headline="رسامة")
    seen = page.get("/creators")
    assert names(seen) == ["ليلى 🎨"]
    assert seen.one(".creator h2")["dir"] == "auto"


@pytest.mark.parametrize(
    ("sort", "first"),
    [("", "Loved"), ("popular", "Loved"), ("new", "Fresh"), ("active", "Busy"), ("x", "Loved")],
)
def test_the_order_is_as_asked(app: Flask, page: PageClient, sort: str, first: str) -> None:
    now = clock.now()
    a_creator(app, "loved", popularity=9.0, created_at=now - timedelta(days=9))
    a_creator(app, "busy", popularity=1.0, created_at=now - timedelta(days=8), last_post_at=now)
    a_creator(app, "fresh", popularity=2.0, last_post_at=now - timedelta(days=3))
    assert names(page.get(f"/creators?sort={sort}"))[0] == first


def test_a_category_shows_those_who_chose_it(app: Flask, page: PageClient) -> None:
    a_creator(app, "painter", categories=["art", "comics"])
    a_creator(app, "singer", categories=["music"])
    seen = page.get("/creators?category=art")
    assert names(seen) == ["Painter"]
    assert seen.one(".shelves [aria-current=page]").get_text(strip=True) == "Art"
    assert "Nobody on this shelf yet" in page.get("/creators?category=food").text
    assert len(names(page.get("/creators?category=no-such-one"))) == 2


@pytest.mark.parametrize("sort", ["popular", "new", "active"])
def test_the_way_through_the_list_misses_nobody_and_shows_nobody_twice(
    app: Flask, page: PageClient, sort: str
) -> None:
    many_creators(app, 2 * PAGE + 5)
    found: list[str] = []
    address = f"/creators?sort={sort}"
    while address:
        seen = page.get(address)
        found += names(seen)
        older = seen.soup.select_one(".more a")
        address = str(older["href"]) if older else ""
        assert older is None or older["hx-get"] == address
    expected = (2 * PAGE + 5) // 2 if sort == "active" else 2 * PAGE + 5
    assert len(found) == len(set(found)) == expected


def test_equally_popular_creators_have_an_order_too(app: Flask, page: PageClient) -> None:
    many_creators(app, PAGE + 3, popularity=0.0)
    seen = page.get("/creators")
    rest = page.get(str(seen.one(".more a")["href"]))
    assert len({*names(seen), *names(rest)}) == PAGE + 3


def test_htmx_gets_the_next_cards_alone(app: Flask, page: PageClient) -> None:
    many_creators(app, PAGE + 3)
    older = str(page.get("/creators").one(".more a")["href"])
    answer = page.http.get(older, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert answer.text.count('class="card card-flush creator"') == 3
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "before",
    ["", "x", "1_2", "nan_01890a5d-ac96-774b-bcce-b302099a8057", "9" * 99, "🎨", "1e999_" + "0" * 32],
)
def test_a_made_up_place_breaks_nothing(app: Flask, page: PageClient, before: str) -> None:
    many_creators(app, 3)
    for sort in ("popular", "new", "active"):
        assert page.get(f"/creators?sort={sort}&before={before}").status == 200


def test_closed_and_suspended_pages_are_shown_to_nobody(app: Flask, page: PageClient) -> None:
    a_creator(app, "closed", state="closed")
    away = a_creator(app, "away")
    taken_down = a_creator(app, "down")
    with app.app_context(), transaction():
        db.session.get_one(User, away.id).state = "suspended"
        deny(taken_down.id, Closed.TAKEDOWN, cause="report:1")
    a_creator(app, "here")
    assert names(page.get("/creators")) == ["Here"]
    assert names(signed_in(app, taken_down).get("/creators")) == ["Here"]


def test_who_was_blocked_does_not_see_who_blocked_them(app: Flask, page: PageClient) -> None:
    mara, fan = a_creator(app, "mara"), a_person(app)
    a_creator(app, "oskar")
    blocks(app, mara, fan)
    assert names(signed_in(app, fan).get("/creators")) == ["Oskar"]
    assert len(names(page.get("/creators"))) == 2


def test_an_empty_house_says_what_to_do(page: PageClient) -> None:
    assert "Nobody here yet" in page.get("/creators").text


def _statements(app: Flask, person: Person, address: str) -> list[str]:
    client = signed_in(app, person)
    client.get("/creators")
    with counting(app) as sent:
        assert client.get(address).status == 200
    return sent


def test_it_sends_as_many_statements_for_five_as_for_fifty(app: Flask) -> None:
    fan = a_person(app)
    many_creators(app, 5)
    few = _statements(app, fan, "/creators")
    with app.app_context(), transaction():
        db.session.execute(text("truncate creators cascade"))
        db.session.execute(text("delete from users where handle like 'many%'"))
    many_creators(app, 50)
    assert len(_statements(app, fan, "/creators")) == len(few) <= 4


@pytest.mark.fault_long
def test_in_a_house_of_ten_thousand_a_page_reads_its_own_rows(app: Flask) -> None:
    many_creators(app, 10_000)
    fan = a_person(app)
    settle(app, "creators", "users")
    client = signed_in(app, fan)
    for sort in ("popular", "new", "active"):
        first = f"/creators?sort={sort}"
        second = str(client.get(first).one(".more a")["href"])
        for address in (first, second):
            with counting(app) as sent:
                client.get(address)
            assert len(sent) <= 4, address
            assert rows_read(app, "creators", partial(client.get, address)) <= PAGE + 1, address
