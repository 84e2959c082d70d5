"""Authors and readers who type what nobody would, and want what is not theirs."""

import time

import pytest
from flask import Flask

from app.entitlements.operations import grants
from app.entitlements.rules import Closed
from app.extensions import db
from app.kit.text import shortened
from app.platform.transaction import transaction
from app.posts.models import Post
from tests.factories.creators import a_creator
from tests.factories.media import a_picture
from tests.factories.people import a_person, signed_in
from tests.factories.posts import a_post, pretended, some_posts
from tests.page_client import PageClient
from tests.posts.authors import an_author

CHINESE = "漢字" * 2_000


@pytest.mark.parametrize("intent", ["save", "publish", "schedule"])
@pytest.mark.parametrize("field", ["publish_at", "poll_closes_at"])
@pytest.mark.parametrize(
    ("moment", "offset"),
    [("0001-01-01T00:00+23:59", ""), ("9999-12-31T23:59-23:59", ""), ("0001-01-01T00:00", "1440")],
)
def test_a_moment_beyond_the_calendar_is_none(
    app: Flask, field: str, intent: str, moment: str, offset: str
) -> None:
    author = an_author(app)
    ahead = {"publish_at": "utc_offset", "poll_closes_at": "poll_utc_offset"}[field]
    typed = {field: moment, ahead: offset, "poll_question": "When?", "poll_options": "Now\nNever"}
    answer = author.page.send(author.blank(title="Some day", **typed), intent=intent)
    assert answer.status in {200, 422}


@pytest.mark.fault_long
def test_what_is_much_too_long_is_previewed_as_far_as_a_text_may_go(app: Flask) -> None:
    """Whatever is typed is kept, and rendering it all would take long."""
    author, many = an_author(app), "[" * 400_000
    post = author.write("save", title="Long", body=many)
    form = author.page.get("/dashboard/page").form("/dashboard/page")
    began = time.thread_time()
    shown = author.page.get(f"/posts/{post}/preview")
    assert "characters" in shown.text
    form.action = "/dashboard/page/preview"
    assert author.page.send(form, about=many).status == 422
    assert time.thread_time() - began < 12


def test_a_post_does_not_take_the_id_of_a_person_or_of_a_file(app: Flask) -> None:
    """What is granted and denied of it would be of them: a takedown above all."""
    mara, author = a_creator(app, "mara"), an_author(app)
    files = a_picture(app, mara)
    for stolen in (str(mara.id), str(a_person(app).id), files["id"]):
        answer = author.page.send(author.blank(title="Mine"), post_id=stolen, intent="publish")
        assert answer.status == 404
        assert author.page.post(f"/posts/{stolen}/autosave", author.blank(title="Mine").fields).status == 404
    with app.app_context():
        assert db.session.query(Post).count() == 0


def test_what_was_taken_down_is_no_neighbour(app: Flask, page: PageClient) -> None:
    author = a_creator(app)
    first, second, third = some_posts(app, author.id, 3, title="A scandal")
    with app.app_context(), transaction():
        grants.deny(first, Closed.TAKEDOWN, cause="report")
        db.session.get_one(Post, second).title = "Quiet"
    beside = page.get(f"/posts/{second}").soup.select("nav.pages a")
    assert [link["href"] for link in beside] == [f"/posts/{third}"]


def test_the_words_of_a_picture_are_not_told_before_it_opens(app: Flask, page: PageClient) -> None:
    author = a_creator(app, "mara")
    a_post(app, author.id, title="", adult=True, media=[pretended(alt="A nude on a boat")])
    assert "nude" not in page.get("/@mara/media").html
    assert "nude" in signed_in(app, author).get("/@mara/media").html


def test_a_text_without_spaces_is_shortened_all_the_same(app: Flask, page: PageClient) -> None:
    a_post(app, a_creator(app, "mara").id, body_html=f"<p>{CHINESE}</p>")
    shown = page.get("/@mara").one(".post .prose").text
    assert shown == CHINESE[:420] + "…"


def test_an_excerpt_goes_on_behind_a_heading(app: Flask, page: PageClient) -> None:
    author = an_author(app, "mara")
    post_id = author.write(title="Long", body="## Day one\n\n" + "words " * 2_000)
    assert page.get("/@mara").one(".post .prose").text.startswith("Day one words words")
    told = page.get(f"/posts/{post_id}").one("meta[property='og:description']")["content"]
    assert str(told).startswith("Day one words words")


def test_an_excerpt_shows_nothing_of_a_tag_that_it_ends_in(app: Flask, page: PageClient) -> None:
    html = f'<p>Words</p><img alt="{"x" * 10_000}">'
    a_post(app, a_creator(app, "mara").id, body_html=html)
    assert page.get("/@mara").one(".post .prose").text == "Words"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("a few words", "a few…"),
        ("short", "short"),
        ("漢 " + "字" * 20, "漢 字字字字字字…"),
        ("abcdefghijk", "abcdefgh…"),
    ],
)
def test_words_stay_whole_where_there_are_some(text: str, short: str) -> None:
    assert shortened(text, 8) == short
