"""A creator's page as others meet it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.operations import handles
from app.accounts.queries import the_user
from app.creators.models import Creator
from app.creators.operations import following
from app.creators.queries_page import find_page
from app.entitlements.models import Grant
from app.entitlements.operations import grants
from app.entitlements.rules import Closed, Kind
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.transaction import transaction
from tests.factories.creators import a_creator, a_tier, blocks, follows, some_followers
from tests.factories.media import a_picture
from tests.factories.people import a_person, signed_in
from tests.factories.posts import some_posts
from tests.page_client import PageClient
from tests.plans import rows_read, settle
from tests.queries import counting

GUARD = 1
HTMX: dict[str, Any] = {"HX-Request": "true"}


def test_a_creator_has_a_page(app: Flask, page: PageClient) -> None:
    creator = a_creator(
        app,
        "mara",
        headline="Night trains",
        categories=["photography"],
        links=[{"label": "Shop", "url": "https://shop.test/"}],
    )
    some_followers(app, creator, 2)
    shown = page.get("/@mara")
    assert shown.one("h1").get_text() == "Mara"
    assert "Night trains" in shown.text
    assert "2 followers" in shown.text
    assert shown.one("a[href='/creators?category=photography']").get_text() == "Photography"
    assert "nofollow" in shown.one("a[href='https://shop.test/']")["rel"]


def test_names_and_words_may_be_in_any_script(app: Flask, page: PageClient) -> None:
    a_creator(app, "noor", display_name="نور الليل 🌙", headline="קול 🎧")
    shown = page.get("/@noor")
    assert shown.one("h1[dir=auto]").get_text() == "نور الليل 🌙"
    assert "קול 🎧" in shown.text


def test_a_small_window_may_choose_a_small_cover(app: Flask, page: PageClient) -> None:
    mara = a_creator(app, "mara")
    cover = a_picture(app, mara, public=True)
    with app.app_context(), transaction():
        db.session.execute(update(Creator).where(Creator.id == mara.id).values(cover=cover))
    listed = str(page.get("/@mara").one("img.cover")["srcset"]).split(", ")
    assert [choice.split(" ")[1] for choice in listed] == ["320w", "800w"]
    assert all(page.http.get(choice.split(" ")[0]).status_code == 200 for choice in listed)


def test_an_old_handle_leads_on_also_at_a_tab(app: Flask, page: PageClient) -> None:
    creator = a_creator(app, "mara")
    with app.app_context(), transaction():
        handles.change(creator.id, "mara_ellison")
    for path in ("", "/about"):
        answer = page.get(f"/@mara{path}", follow=False)
        assert (answer.status, answer.location) == (308, f"/@mara_ellison{path}")


@pytest.mark.parametrize("path", ["/@mara/nothing", "/@nobody/about", "/@mara/posts"])
def test_a_tab_that_is_none_is_nowhere(app: Flask, page: PageClient, path: str) -> None:
    a_creator(app, "mara")
    assert page.get(path).status == 404


def test_what_is_about_the_creator_stands_in_a_tab(app: Flask, page: PageClient) -> None:
    a_creator(app, "mara", about_html="<p>I <strong>print</strong> on Sundays.</p>")
    assert "I print on Sundays." in page.get("/@mara/about").text


def test_tiers_stand_in_their_order_with_their_price(app: Flask, page: PageClient) -> None:
    creator = a_creator(app, "mara")
    a_tier(app, creator, "Silver", price=500, about="Every post\nComments")
    a_tier(app, creator, "Gold", price=1200)
    a_tier(app, creator, "Old", archived_at=clock.now())
    shown = page.get("/@mara/tiers")
    assert [one.get_text() for one in shown.soup.select(".tier h2")] == ["Silver", "Gold"]
    assert "$5.00" in shown.text
    assert "Includes all of Silver" in shown.text
    assert "Old" not in shown.one("#tab").get_text()


def test_the_address_can_be_shared(app: Flask, page: PageClient) -> None:
    a_creator(app, "mara", headline="Night trains")
    shown = page.get("/@mara/tiers")
    assert shown.one("meta[property='og:title']")["content"] == "Mara (@mara) · Fanlight"
    assert shown.one("meta[property='og:description']")["content"] == "Night trains"
    assert str(shown.one("meta[property='og:url']")["content"]).endswith("/@mara")
    assert not shown.soup.select("meta[name=robots]")


def test_a_page_for_adults_is_marked_and_not_found_by_robots(app: Flask, page: PageClient) -> None:
    a_creator(app, "mara", adult=True)
    shown = page.get("/@mara")
    assert "18+" in shown.text
    assert shown.one("meta[name=robots]")["content"] == "noindex"


def test_a_closed_page_is_its_owners_alone(app: Flask, page: PageClient) -> None:
    creator = a_creator(app, "mara", state="closed", headline="Night trains")
    shown = page.get("/@mara")
    assert (shown.status, "Night trains" in shown.text) == (200, False)
    assert page.get("/@mara/about").status == 404
    assert "Your page is closed" in signed_in(app, creator).get("/@mara").text


def test_whom_a_creator_blocked_finds_nothing(app: Flask) -> None:
    creator, person = a_creator(app, "mara"), a_person(app)
    blocks(app, creator, person)
    visitor = signed_in(app, person)
    for path in ("/@mara", "/@mara/about", "/@mara/tiers"):
        assert visitor.get(path).status == 404
    with app.app_context(), transaction():
        following.unblock(creator.id, person.id)
    assert visitor.get("/@mara").status == 200


def test_a_page_that_was_taken_down_is_open_to_staff_at_work_and_to_its_owner(
    app: Flask, page: PageClient
) -> None:
    creator, moderator = a_creator(app, "mara"), a_person(app)
    with app.app_context(), transaction():
        grants.deny(creator.id, Closed.TAKEDOWN, cause="report")
        grants.grant(moderator.id, creator.id, Kind.STAFF, cause="report")
    assert page.get("/@mara").status == 404
    assert signed_in(app, moderator).get("/@mara").status == 200
    assert signed_in(app, creator).get("/@mara").status == 200


def test_what_somebody_holds_elsewhere_is_not_read_for_a_page(app: Flask) -> None:
    creator, fan = a_creator(app, "mara"), a_person(app)
    follows(app, fan, creator)
    with app.app_context(), transaction():
        elsewhere = [new_id() for _ in range(1_000)]
        db.session.add_all(
            Grant(user_id=fan.id, scope_id=one, kind=Kind.PURCHASE, cause=str(one)) for one in elsewhere
        )
    settle(app, "grants")

    def look() -> None:
        # Within a transaction it is sent as it stands, and its plan can be asked for.
        with app.app_context(), transaction():
            assert find_page(the_user(creator.id), fan.id)

    assert rows_read(app, "grants", look) <= 1


def test_others_can_report_a_page_and_its_owner_edits_it(app: Flask, page: PageClient) -> None:
    creator = a_creator(app, "mara")
    report = f"a[href='/report/creator/{creator.id}']"
    assert page.get("/@mara").soup.select(report) == []
    fan = signed_in(app).get("/@mara")
    assert fan.one(report)
    block = f"a[href^='/dashboard/people/{creator.id}/block?']"
    assert fan.soup.select(block) == []
    own = signed_in(app, creator).get("/@mara")
    assert own.one("a[href='/dashboard/page']")
    assert own.soup.select(report) == []
    assert signed_in(app, a_creator(app)).get("/@mara").one(block)


def test_htmx_gets_the_tab_alone(app: Flask, page: PageClient) -> None:
    a_creator(app, "mara", about_html="<p>Hello</p>")
    answer = page.get("/@mara/about", **HTMX)
    assert "Hello" in answer.html
    assert "<html" not in answer.html


@pytest.mark.parametrize("tab", ["", "/about", "/tiers"])
def test_the_page_sends_as_many_statements_however_much_there_is(app: Flask, tab: str) -> None:
    few, many, person = a_creator(app, "few"), a_creator(app, "many"), a_person(app)
    some_posts(app, few.id, 5)
    some_posts(app, many.id, 50)
    for creator, tiers in ((few, 1), (many, 10)):
        follows(app, person, creator)
        for number in range(tiers):
            a_tier(app, creator, f"Tier {number}")
    visitor, sent = signed_in(app, person), {}
    for creator in (few, many):
        visitor.get(f"/@{creator.handle}{tab}")
        with counting(app) as statements:
            assert visitor.get(f"/@{creator.handle}{tab}").status == 200
        sent[creator.handle] = len(statements)
    assert sent["few"] == sent["many"] <= 4 + GUARD
