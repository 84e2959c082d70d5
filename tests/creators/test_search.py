"""What the search finds, for whom, and what it is asked."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask

from app.accounts.models import User
from app.creators import queries_search
from app.creators.models import Creator
from app.creators.operations.finding import refresh_words
from app.entitlements.operations import grants
from app.entitlements.rules import Audience, Closed
from app.extensions import db
from app.kit import clock
from app.platform.transaction import transaction
from app.posts.content import Content
from app.posts.rendering import render
from tests.creators.test_directory import many_creators
from tests.factories.creators import a_creator, blocks
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post
from tests.page_client import Page, PageClient
from tests.plans import rows_read, settle
from tests.queries import counting

HTMX: Any = {"HX-Request": "true"}


def look(client: PageClient, typed: str) -> Page:
    return client.get("/search?" + urlencode({"q": typed}))


def findable(app: Flask, handle: str, **values: object) -> Person:
    person = a_creator(app, handle, **values)
    with app.app_context(), transaction():
        refresh_words(db.session.get_one(Creator, person.id), db.session.get_one(User, person.id))
    return person


def a_findable_post(app: Flask, creator: Person, content: Content, **values: object) -> None:
    """With the words that publishing gives it."""
    with app.app_context():
        made = render(content, frozenset())
        words = db.session.execute(db.select(made.words)).scalar_one()
        said = {"title": content.title, "body_html": made.html, "teaser": made.teaser}
    a_post(app, creator.id, **said, audience=content.audience.value, words=words, **values)


def creators(page: Page) -> list[str]:
    return [name.get_text(strip=True) for name in page.soup.select("[aria-labelledby=found-creators] .name")]


def posts(page: Page) -> list[str]:
    return [title.get_text(strip=True) for title in page.soup.select("[aria-labelledby=found-posts] h3")]


@pytest.mark.parametrize(
    "typed",
    [
        "Mara Ellison", "mara", "MARA", "ellis", "maraell", "Mara Elison", "elisson", "mara_ellison",
        "marra", "night trains", "photograph", "contact sheets", "  Mara  ", "mará",
    ],
)  # fmt: skip
def test_a_creator_is_found_by_what_people_type(app: Flask, page: PageClient, typed: str) -> None:
    findable(
        app, "maraellison", display_name="Mara Ellison", headline="Night trains and contact sheets",
        categories=["photography"],
    )  # fmt: skip
    findable(app, "oskar", display_name="Oskar Bly")
    assert creators(look(page, typed)) == ["Mara Ellison"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("ليلى حسن", "ليلى"),
        ("渡辺 直美", "渡辺"),
        ("Ольга Смирнова", "ольга"),
        ("Ольга Смирнова", "Смернова"),
        ("Zoë Ångström", "zoe angstrom"),
        ("🎨 Studio", "🎨"),
        ("\uff37\uff49\uff44\uff45", "wide"),
    ],
)
def test_names_are_found_in_any_script(app: Flask, page: PageClient, name: str, typed: str) -> None:
    findable(app, "somebody", display_name=name)
    findable(app, "xqz", display_name="Xqz")
    assert creators(look(page, typed)) == [name]


def test_who_is_meant_stands_before_who_is_alike(app: Flask, page: PageClient) -> None:
    findable(app, "marble", display_name="Marble", popularity=99.0)
    findable(app, "mara", display_name="Mara")
    findable(app, "speaks", display_name="Speaks", about="Often of Mara", popularity=50.0)
    assert creators(look(page, "mara"))[:2] == ["Mara", "Speaks"]


def test_a_new_name_and_handle_are_found_at_once(app: Flask, page: PageClient) -> None:
    mara = findable(app, "mara", display_name="Mara")
    client = signed_in(app, mara)
    client.send(client.get("/settings/profile").form("/settings/profile"), display_name="Quentin")
    client.send(client.get("/settings/profile").form("/settings/profile/handle"), handle="zebrawood")
    assert creators(look(page, "quentin")) == ["Quentin"]
    assert creators(look(page, "zebrawood")) == ["Quentin"]
    assert creators(look(page, "mara")) == []


def test_posts_are_found_by_what_everybody_may_read_of_them(app: Flask, page: PageClient) -> None:
    mara = findable(app, "mara")
    body = "Everybody reads the harbour.\n\n--- more ---\n\nThe secret lighthouse."
    a_findable_post(app, mara, Content("Open sea", "The lighthouse **keeper**"))
    a_findable_post(app, mara, Content("Closed sea", body, Audience.SUBSCRIBERS))
    assert sorted(posts(look(page, "sea"))) == ["Closed sea", "Open sea"]
    assert posts(look(page, "lighthouse")) == ["Open sea"]
    found = look(page, "harbour")
    assert posts(found) == ["Closed sea"]
    assert "Everybody reads the harbour." in found.text
    assert "secret" not in found.html
    assert "Subscribers" in found.text
    assert "secret" not in look(signed_in(app, mara), "harbour").html


@pytest.mark.parametrize(
    ("title", "typed", "other"),
    [
        ("深夜の港の写真", "港の写真", "港の夜"),
        ("深夜の港の写真", "港", "海"),
        ("深夜の港の写真", "写真 深夜", "写真 早朝"),
        ("Tokyo東京湾2027", "東京湾", "京都"),
        ("ภาพท่าเรือยามค่ำ", "ท่าเรือ", "รถไฟ"),
        ("这是垃圾邮件", "垃圾", "邮局"),
        ("A 港", "a港", "b港"),
    ],
)
def test_where_no_spaces_are_set_posts_are_found_by_any_part(
    app: Flask, page: PageClient, title: str, typed: str, other: str
) -> None:
    mara = a_creator(app, "mara")
    a_findable_post(app, mara, Content(title=title))
    assert posts(look(page, typed)) == [title]
    assert posts(look(page, title)) == [title]
    assert posts(look(page, other)) == []


@pytest.mark.parametrize(("whole_page", "one_post"), [(True, False), (False, True)])
def test_of_what_is_for_adults_the_words_are_not_shown(
    app: Flask, page: PageClient, whole_page: bool, one_post: bool
) -> None:
    mara = findable(app, "mara", adult=whole_page)
    a_findable_post(app, mara, Content("Lanterns", "Very bare words"), adult=one_post)
    found = look(page, "lanterns")
    assert posts(found) == ["Lanterns"]
    assert "bare" not in found.text
    assert "18+" in found.text


@pytest.mark.parametrize("state", ["draft", "scheduled", "unpublished", "removed"])
def test_what_is_not_published_is_not_found(app: Flask, page: PageClient, state: str) -> None:
    mara = findable(app, "mara")
    later = clock.now() + timedelta(days=1)
    a_findable_post(app, mara, Content("Lighthouse"), state=state, publish_at=later)
    assert posts(look(page, "lighthouse")) == []


def test_blocked_people_find_nothing_of_who_blocked_them(app: Flask, page: PageClient) -> None:
    mara, fan = findable(app, "mara"), a_person(app)
    a_findable_post(app, mara, Content("Mara's lighthouse"))
    blocks(app, mara, fan)
    seen = look(signed_in(app, fan), "mara")
    assert creators(seen) == posts(seen) == []
    everybody = look(page, "mara")
    assert creators(everybody) == ["Mara"]
    assert posts(everybody) == ["Mara's lighthouse"]


@pytest.mark.parametrize("how", ["suspended", "taken down"])
@pytest.mark.parametrize("typed", ["boats", "boatz"])
def test_people_who_were_sent_away_take_nobodys_place(
    app: Flask, page: PageClient, monkeypatch: pytest.MonkeyPatch, typed: str, how: str
) -> None:
    monkeypatch.setattr(queries_search, "CANDIDATES", 3)
    for number in range(5):
        person = findable(app, f"boats{number}", display_name=f"Boats {number}")
        with app.app_context(), transaction():
            if how == "suspended":
                db.session.get_one(User, person.id).state = "suspended"
            else:
                grants.deny(person.id, Closed.TAKEDOWN, cause="report")
    findable(app, "zoe", display_name="Boats")
    assert creators(look(page, typed)) == ["Boats"]


def test_closed_pages_and_their_posts_are_not_found(app: Flask, page: PageClient) -> None:
    mara = findable(app, "mara", state="closed")
    away = findable(app, "maraway")
    for creator in (mara, away):
        a_findable_post(app, creator, Content("Mara was here"))
    with app.app_context(), transaction():
        db.session.get_one(User, away.id).state = "suspended"
    seen = look(page, "mara")
    assert creators(seen) == posts(seen) == []


@pytest.mark.parametrize(
    "typed",
    [
        "'", '"', "a' & b", "!:*|&<->()", "\\", "%_%", "'; drop table users; --", "x" * 5_000, "& " * 500,
        "<script>alert(1)</script>", "\u202eabc", "\u200d", "\U0001f468\u200d\U0001f469", "🎨🎨🎨",
        "\u0627" * 3_000, "'a':A | 'b'", "\u0301\u0301", "a b c d e f g h i j k l m n o p", "\u0663", "null",
    ],
)  # fmt: skip
def test_hostile_questions_are_answered(app: Flask, page: PageClient, typed: str) -> None:
    mara = findable(app, "mara")
    a_findable_post(app, mara, Content("Lighthouse", "Words"))
    seen = look(page, typed)
    assert seen.status == 200
    assert "<script>alert" not in seen.html


def onwards(page: Page, section: str) -> str | None:
    more = page.soup.select_one(f"[aria-labelledby=found-{section}] a[rel=next]")
    return str(more["href"]) if more else None


@pytest.mark.parametrize("scripts", [False, True])
def test_each_section_goes_on_until_everything_was_shown(app: Flask, page: PageClient, scripts: bool) -> None:
    for number in range(27):
        findable(app, f"lantern{number:02}", popularity=float(number // 5))
    mara = findable(app, "mara")
    for number in range(43):
        a_findable_post(app, mara, Content(f"Lantern {number}", "lantern " * (number % 3)))
    first = look(page, "lantern")
    for section, rows, many in (("creators", ".name", 27), ("posts", "h3", 43)):
        names = creators(first) if section == "creators" else posts(first)
        address = onwards(first, section)
        while address:
            if scripts:
                shown = page.get(address, **HTMX)
                assert shown.soup.title is None
                more = shown.soup.select_one("a[rel=next]")
                address = str(more["hx-get"]) if more else None
            else:
                shown = page.get(address)
                assert len(shown.soup.select("main section")) == 1
                address = onwards(shown, section)
            names += [one.get_text(strip=True) for one in shown.soup.select(f"li {rows}")]
        assert len(names) == len(set(names)) == many


def test_a_place_beyond_the_end_says_so_and_one_that_is_none_begins_at_the_top(
    app: Flask, page: PageClient
) -> None:
    findable(app, "mara")
    beyond = page.get(f"/search?q=mara&section=creators&after=0.0_0.0_{UUID(int=0).hex}")
    assert "That was everything" in beyond.text
    assert beyond.one("main a[href='/search?q=mara']")
    for nonsense in (
        "x",
        "1_2",
        "nan_nan_" + UUID(int=0).hex,
        "1e999_0_" + UUID(int=0).hex,
        "-1_0_0",
        "\u0661",
    ):
        assert creators(page.get("/search?" + urlencode({"q": "mara", "after": nonsense}))) == ["Mara"]
    unknown = {"q": "mara", "section": "lamps", "after": f"9.0_9.0_{UUID(int=0).hex}"}
    assert creators(page.get("/search?" + urlencode(unknown))) == ["Mara"]


def test_nothing_found_says_where_to_look(app: Flask, page: PageClient) -> None:
    findable(app, "mara", display_name="Mara")
    seen = look(page, "zzyzx")
    assert "Nothing found" in seen.text
    assert "“zzyzx”" in seen.text
    assert seen.soup.select('[aria-labelledby=suggested] a[href="/@mara"]')
    assert seen.soup.select('a[href="/creators?category=music"]')


def test_without_a_question_it_suggests(app: Flask, page: PageClient) -> None:
    findable(app, "mara")
    for address in ("/search", "/search?q=", "/search?q=%20"):
        seen = page.get(address)
        assert "Nothing found" not in seen.text
        assert seen.soup.select("[aria-labelledby=suggested] a")


def test_the_question_stays_in_the_box(app: Flask, page: PageClient) -> None:
    seen = look(page, 'a "b" ليلى')
    assert seen.one("main input[name=q]")["value"] == 'a "b" ليلى'
    assert seen.one("meta[name=robots]")["content"] == "noindex"


def test_the_box_stands_in_the_bar_of_every_page(app: Flask) -> None:
    seen = signed_in(app).get("/settings/profile")
    assert seen.one("header form[role=search]")["action"] == "/search"
    assert seen.soup.select('.rail a[href="/creators"]')
    assert seen.soup.select('.dock a[href="/creators"]')


def test_who_searches_without_end_is_asked_to_wait(app: Flask, page: PageClient) -> None:
    answers = [page.http.get("/search?q=mara").status_code for _ in range(61)]
    assert answers[:60] == [200] * 60
    assert answers[60] == 429
    assert page.http.get("/creators").status_code == 200


@pytest.mark.fault_long
def test_a_search_sends_two_statements_and_reads_a_bounded_number_of_rows(app: Flask) -> None:
    many_creators(app, 8_000, trigrams=[" ma", "man", "any", "ny "])
    findable(app, "mara")
    settle(app, "creators", "users")
    client = signed_in(app)
    client.get("/search")
    with counting(app) as sent:
        seen = client.get("/search?q=many")
    assert len(creators(seen)) == 12
    assert len(sent) <= 4
    assert rows_read(app, "creators", lambda: client.get("/search?q=many")) <= 6_500
