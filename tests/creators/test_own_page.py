"""What a creator says and decides about their own page."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.creators import pictures
from app.creators.models import Creator
from app.creators.operations import pages
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.creators.desk import a_desk
from tests.factories.creators import a_creator, a_tier, some_followers
from tests.factories.people import signed_in
from tests.factories.posts import some_posts
from tests.page_client import PageClient
from tests.queries import counting

HTMX: dict[str, Any] = {"HX-Request": "true"}
GUARD = 1


def test_what_is_saved_is_what_others_see(app: Flask, page: PageClient) -> None:
    desk = a_desk(app, "mara")
    desk.save(
        headline="ليل 🌙",
        about="I **print** on Sundays.\n\n- one\n- two",
        categories=["photography", "art"],
        **{
            "links-0-label": "Shop",
            "links-0-url": "shop.test/prints",
            "links-3-url": "https://www.else.test/",
        },
    )
    shown = page.get("/@mara")
    assert "ليل 🌙" in shown.text
    assert {a.get_text() for a in shown.soup.select("a.chip")} == {"Photography", "Art"}
    links = {a.get_text(): a["href"] for a in shown.soup.select("a[rel~=ugc]")}
    assert links == {"Shop": "https://shop.test/prints", "else.test": "https://www.else.test/"}
    about = page.get("/@mara/about")
    assert about.one(".prose strong").get_text() == "print"
    assert len(about.soup.select(".prose li")) == 2


def test_the_form_shows_what_is_saved(app: Flask) -> None:
    desk = a_desk(
        app, headline="Night trains", categories=["music"], links=[{"label": "A", "url": "https://a.test"}]
    )
    form = desk.page.get("/dashboard/page").form("/dashboard/page").fields
    assert (form["headline"], form["categories"]) == ("Night trains", "music")
    assert (form["links-0-label"], form["links-0-url"], form["links-5-url"]) == ("A", "https://a.test", "")


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("headline", {"headline": "x" * 101}),
        ("about", {"about": "x" * 5_001}),
        ("categories", {"categories": ["art", "music", "film", "games"]}),
        ("links-0-url", {"links-0-url": "javascript:alert(1)"}),
        ("links-0-url", {"links-0-url": "https://user@evil.test"}),
        ("links-0-url", {"links-0-url": "https://[broken"}),
        ("links-0-url", {"links-0-url": "https://evil.test\\.good.test/"}),
        ("links-0-url", {"links-0-url": "https://a.test:99999999"}),
        ("links-0-url", {"links-0-url": "https://a.test/" + "x" * 500}),
        ("links-2-url", {"links-2-label": "Leads nowhere"}),
        ("links-1-label", {"links-1-label": "x" * 41, "links-1-url": "https://a.test"}),
    ],
)
def test_what_is_refused_is_shown_again_with_the_reason_beside_it(
    app: Flask, field: str, fields: dict[str, Any]
) -> None:
    desk = a_desk(app, headline="Before")
    answer = desk.save(**fields)
    assert (answer.status, list(dict.fromkeys(answer.errors))) == (422, [field])
    assert desk.creator().headline == "Before"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(about=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300))
def test_whatever_is_written_about_oneself_holds_no_markup_of_its_own(app: Flask, about: str) -> None:
    desk = a_desk(app)
    answer = desk.save(about="<img src=x onerror=alert(1)> [x](javascript:alert(1)) " + about)
    assert answer.status == 200
    shown = desk.page.get(f"/@{desk.person.handle}/about").one(".prose")
    assert shown.select("img, script, iframe, [onerror], a[href^='javascript']") == []


def test_a_preview_shows_the_text_and_saves_nothing(app: Flask) -> None:
    desk = a_desk(app)
    form = desk.page.get("/dashboard/page").form("/dashboard/page").fill(about="I **print**", headline="New")
    whole = desk.page.post("/dashboard/page/preview", form.fields)
    assert whole.one("#preview strong").get_text() == "print"
    assert whole.form("/dashboard/page").fields["headline"] == "New"
    part = desk.page.post("/dashboard/page/preview", form.fields, **HTMX)
    assert "<html" not in part.html
    assert part.one("strong").get_text() == "print"
    assert desk.creator().headline == ""
    assert desk.page.send(form).status == 200
    assert desk.creator().headline == "New"


def test_rules_are_saved(app: Flask) -> None:
    desk = a_desk(app)
    desk.save_rules(
        comments_from="followers", blocked_words="Spam\n\n  buy   now \nSPAM", currency="EUR", adult="y"
    )
    creator = desk.creator()
    assert (creator.comments_from, creator.currency, creator.adult) == ("followers", "EUR", True)
    assert creator.blocked_words == ["SPAM", "buy now"]
    again = desk.page.get("/dashboard/page").form("/dashboard/page/rules").fields
    assert again["blocked_words"] == "SPAM\nbuy now"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("comments_from", "robots"),
        ("currency", "DOGE"),
        ("blocked_words", "x" * 41),
        ("blocked_words", "\n".join(str(number) for number in range(101))),
    ],
)
def test_a_rule_that_is_none_is_refused(app: Flask, field: str, value: str) -> None:
    desk = a_desk(app)
    answer = desk.save_rules(**{field: value})
    assert answer.status == 422
    assert desk.creator().comments_from == "everyone"


def test_the_currency_stays_while_tiers_have_prices_in_it(app: Flask) -> None:
    desk = a_desk(app)
    a_tier(app, desk.person)
    assert list(desk.save_rules(currency="EUR").errors) == ["currency"]
    assert desk.save_rules(adult="y").status == 200


def test_a_page_is_closed_and_opened_again(app: Flask, page: PageClient) -> None:
    desk = a_desk(app, "mara", headline="Night trains")
    for _ in range(2):
        if desk.page.get("/dashboard/page").has_form("/dashboard/page/close"):
            desk.press("/dashboard/page", "/dashboard/page/close")
    assert "Night trains" not in page.get("/@mara").text
    desk.press("/dashboard/page", "/dashboard/page/open")
    assert "Night trains" in page.get("/@mara").text


def a_described(width: int = 256) -> dict[str, Any]:
    media_id = str(new_id())
    names = {
        name: {"key": f"media/{media_id}/{name}.webp", "w": width, "h": width}
        for name in ("square256", "w800")
    }
    return {"id": media_id, "kind": "image", "w": width, "h": width, "alt": "", "color": "#112233",
            "public": True, "secret": "s", "names": names}  # fmt: skip


def test_pictures_are_shown_replaced_and_let_go(app: Flask, page: PageClient) -> None:
    desk, gone = a_desk(app, "mara"), []

    def note(media_id: UUID) -> None:
        gone.append(str(media_id))

    pictures.on_let_go(note)
    first, second, cover = a_described(), a_described(), a_described(800)
    with app.app_context(), transaction():
        assert pages.show_avatar(desk.person.id, first)
        assert pages.show_avatar(desk.person.id, first)
        assert pages.show_cover(desk.person.id, cover)
    assert gone == []
    shown = page.get("/@mara")
    assert first["id"] in str(shown.one(".avatar img")["src"])
    assert cover["id"] in str(shown.one("img.cover")["src"])
    with app.app_context(), transaction():
        pages.show_avatar(desk.person.id, second)
    desk.press("/dashboard/page", "/dashboard/page/avatar/remove")
    desk.press("/dashboard/page", "/dashboard/page/cover/remove")
    assert gone == [first["id"], second["id"], cover["id"]]
    assert page.get("/@mara").soup.select("img.cover, .profile .avatar img") == []


def test_a_picture_of_somebody_without_a_page_is_shown_nowhere(app: Flask) -> None:
    with app.app_context(), transaction():
        assert not pages.show_avatar(new_id(), a_described())


def test_nobody_but_its_owner_changes_a_page(app: Flask) -> None:
    desk, other = a_desk(app, headline="Mine"), signed_in(app, a_creator(app))
    other.send(
        other.get("/dashboard/page").form("/dashboard/page"), headline="Theirs", id=str(desk.person.id)
    )
    assert desk.creator().headline == "Mine"


def test_changes_are_on_record(app: Flask) -> None:
    desk = a_desk(app)
    desk.save(headline="New")
    desk.save(headline="New")
    with app.app_context():
        noted = db.session.scalars(db.select(AuditRecord).filter_by(action="creator.changed")).all()
    assert [(one.actor_id, one.data["fields"]) for one in noted] == [(desk.person.id, ["headline"])]


def test_people_find_a_page_by_its_new_words(app: Flask) -> None:
    desk = a_desk(app)
    desk.save(headline="Lanterns")
    with app.app_context():
        found = db.select(Creator.id).where(Creator.words.op("@@")(db.func.to_tsquery("simple", "lanterns")))
        assert db.session.scalars(found).all() == [desk.person.id]


def test_the_overview_says_how_it_goes_in_as_many_statements(app: Flask) -> None:
    few, many = a_desk(app), a_desk(app)
    some_posts(app, many.person.id, 50)
    sent = []
    for desk in (few, many):
        desk.page.get("/dashboard")
        with counting(app) as statements:
            shown = desk.page.get("/dashboard")
        assert "Next for your page" in shown.text
        sent.append(len(statements))
    assert sent[0] == sent[1] <= 6 + GUARD


def test_the_overview_counts_what_came_lately(app: Flask) -> None:
    desk = a_desk(app)
    old = clock.now() - timedelta(days=31)
    some_posts(app, desk.person.id, 2, views=600, likes=3)
    some_posts(app, desk.person.id, 1, published_at=old)
    some_posts(app, desk.person.id, 1, state="draft")
    some_followers(app, desk.person, 2)
    shown = desk.page.get("/dashboard")
    stats = [one.get_text(" ", strip=True) for one in shown.soup.select(".stats > *")]
    assert stats == [
        "Followers 2 2 new in 30 days",
        "Posts 3 2 new in 30 days",
        "Views 1,200",
        "Likes 6 and 0 comments",
        "Subscribers 0 Nobody new in 30 days",
    ]
    assert shown.one("svg.chart")["aria-label"] == "2 new followers in 30 days, 2 on the best day"
