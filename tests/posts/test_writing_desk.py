"""The desk: what lies on it is listed, found, copied, and stays what its author wrote."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kit import clock
from app.kit.text import clean_prose
from app.posts.queries import PAGE_SIZE
from tests.factories.posts import some_posts
from tests.posts.authors import Author, an_author, history, stored
from tests.posts.test_writing_editor import autosave, far
from tests.queries import counting


@pytest.mark.parametrize("amount", [5, 50])
def test_the_desk_and_the_editor_ask_little_of_the_database(app: Flask, amount: int) -> None:
    author = an_author(app)
    post_id = author.write(title="One", body="x", poll_question="Q", poll_options="a\nb")
    for _ in range(amount // 5):
        author.write("draft", title="More", body="x")
    for path, most in (
        ("/dashboard/posts", 6),
        ("/dashboard/posts?tab=drafts&q=more", 6),
        (f"/posts/{post_id}/edit", 7),
        (f"/posts/{post_id}/history", 6),
        (f"/posts/{post_id}/preview", 10),
    ):
        author.page.get(path)
        with counting(app) as sent:
            assert author.page.get(path).status == 200
        assert len(sent) <= most, (path, sent)


def test_the_desk_lists_by_state_and_finds_by_words(app: Flask) -> None:
    author = an_author(app)
    author.write(title="Harbour at dawn", body="gulls")
    author.write("draft", title="Half a poem", body="roses")
    author.write("schedule", title="For Monday", body="coffee", publish_at=far(days=2))
    out = author.write(title="Taken back", body="x")
    author.press(out, "unpublish")
    for tab, title in (
        ("published", "Harbour at dawn"),
        ("drafts", "Half a poem"),
        ("scheduled", "For Monday"),
        ("unpublished", "Taken back"),
    ):
        page = author.page.get(f"/dashboard/posts?tab={tab}")
        assert [line.get_text(strip=True) for line in page.soup.select(".rows .name")] == [title]
    assert "Half a poem" in author.page.get("/dashboard/posts?tab=drafts&q=ROSES+poem").text
    assert "Nothing with these words" in author.page.get("/dashboard/posts?tab=drafts&q=100%25").text


@pytest.mark.parametrize("tab", ["published", "scheduled", "drafts"])
def test_a_long_list_is_read_page_by_page_without_gaps_or_doubles(app: Flask, tab: str) -> None:
    author = an_author(app)
    state = {"drafts": "draft"}.get(tab, tab)
    same = {"saved_at": clock.now(), "publish_at": clock.now() + timedelta(days=1)}
    posts = some_posts(app, author.id, 3 * PAGE_SIZE + 1, state=state, published_at=clock.now(), **same)
    seen: list[str] = []
    address: str | None = f"/dashboard/posts?tab={tab}"
    while address:
        page = author.page.get(address)
        seen += [str(line["href"]).split("/")[2] for line in page.soup.select(".rows .name")]
        older = page.soup.select_one("a[rel=next]")
        address = str(older["href"]) if older else None
    assert len(seen) == len(posts)
    assert set(seen) == {str(post_id) for post_id in posts}


@pytest.mark.parametrize("after", ["x", "-", "0-", f"{'f' * 60}-1", "1-zz"])
def test_a_place_that_is_none_begins_at_the_top(app: Flask, after: str) -> None:
    author = an_author(app)
    author.write(title="First", body="x")
    assert "First" in author.page.get(f"/dashboard/posts?after={after}").text


HOSTILE = {
    "nothing to see": "\x01\x08\u2028",
    "turned around": "\u202eevil\u202c \u2066x\u2069",
    "signs": "👩\u200d👩\u200d👧🏽 🏴\U000e0067\U000e007f é e\u0301" + "\u0301" * 50,
    "markup": "<script>alert(1)</script> {{ 7*7 }} &amp; \"'><img src=x>",
    "long": "word " * 9_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_text_is_saved_shown_and_published_without_harm(app: Flask, text: str) -> None:
    author = an_author(app)
    form = author.blank()
    assert autosave(author, form, title=text[:100], body=text, link=text[:100]).status in {200, 204}
    page = author.page.send(form, intent="publish", link="", title=f"T {text}"[:100])
    assert page.status == 200
    assert page.soup.select_one("main script, main img[src=x]") is None
    assert "\u202e" not in page.html
    for path in ("edit", "preview", "history"):
        assert author.page.get(f"/posts/{author.newest()}/{path}").status == 200


def test_a_megabyte_of_text_is_refused_and_shown_again(app: Flask) -> None:
    author = an_author(app)
    megabyte = "word " * 190_000
    page = author.page.send(author.blank(title="Long", body=megabyte), intent="publish")
    assert page.status == 422
    assert "at most 50,000 characters" in page.errors["body"]
    assert len(page.form("/posts/new").fields["body"]) > len(megabyte) - 10


def test_a_copy_is_a_draft_with_the_same_words_and_terms(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write(
        title="Once", body="x", visibility="paid", price="3", poll_question="Q", poll_options="a\nb"
    )
    page = author.press(post_id, "duplicate")
    fields = page.form(r"/posts/.*/edit").fields
    assert (fields["title"], fields["body"], fields["visibility"], fields["price"]) == (
        "Copy of Once",
        "x",
        "paid",
        "3.00",
    )
    assert fields["poll_options"] == "a\nb"
    assert stored(app, author.newest()).state == "draft"


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60
)
STEP = st.tuples(
    st.sampled_from(["publish", "draft", "unpublish", "mine", "theirs", "discard", "restore"]), TEXT
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=6))
def test_whatever_happens_no_text_is_lost(app: Flask, steps: list[tuple[str, str]]) -> None:
    """Every text that was out, or gave way to another one, is in the post or in its history."""
    author = an_author(app)
    post_id = author.write(title="T", body="begin")
    owed = {"begin"}
    for what, text in steps:
        body = clean_prose(f"{text} ~{len(owed)}")
        owed |= step(author, post_id, what, body)
        post = stored(app, post_id)
        held = {post.body, *(one.body for one in history(app, post_id))}
        held |= {post.working["body"]} if post.working else set()
        assert owed <= {clean_prose(one) for one in held}
        assert (
            len({one.version for one in history(app, post_id)} | {post.version})
            == len(history(app, post_id)) + 1
        )


def step(author: Author, post_id: Any, what: str, body: str) -> set[str]:
    """Does it; the texts that may not be lost from then on."""
    form = author.editor(post_id)
    if what == "publish":
        author.page.send(form, intent="publish", body=body)
        return {body}
    if what in {"mine", "theirs"}:
        there = author.editor(post_id)
        autosave(author, form, body=body)
        page = author.page.send(there, intent="draft", body=body + " there")
        button = page.one("button[value^='mine:']")["value"] if what == "mine" else "theirs"
        author.page.send(page.form(f"/posts/{post_id}/edit"), intent=button)
        return {body if what == "mine" else body + " there"}
    page = author.page.get(f"/posts/{post_id}/{'history' if what == 'restore' else 'edit'}")
    if what == "draft":
        author.page.send(form, intent="draft", body=body)
    elif page.has_form(rf"/posts/{post_id}/.*{what}"):
        author.page.send(page.form(rf"/posts/{post_id}/.*{what}"))
    return set()
