"""The editor: what it refuses, saves by itself, and keeps apart."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.kit import clock
from app.posts.models import BODY_MAX
from tests.factories.media import a_picture
from tests.factories.people import signed_in
from tests.page_client import FilledForm, Page
from tests.posts.authors import Author, a_tier, an_author, history, stored


def typed_on(author: Author, address: str, fields: dict[str, Any], **headers: str) -> Page:
    return author.page.post(address, fields, follow=True, **{"HX-Request": "true"} | headers)


def autosave(author: Author, form: FilledForm, **fields: Any) -> Page:
    form.fill(**fields)
    address = f"/posts/{form.fields['post_id']}/autosave"
    answer = typed_on(author, address, form.fields)
    if answer.status == 200:
        form.fill(saves=answer.one("#saves")["value"])
    return answer


def far(**by: int) -> str:
    return f"{clock.now() + timedelta(**by):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("title", {}),
        ("title", {"title": "   ", "body": ""}),
        ("title", {"title": "x" * 151}),
        ("title", {"body": "words", "visibility": "followers"}),
        ("body", {"title": "T", "body": "x" * (BODY_MAX + 1)}),
        ("price", {"title": "T", "visibility": "paid"}),
        ("price", {"title": "T", "visibility": "paid", "price": "four"}),
        ("price", {"title": "T", "visibility": "paid", "price": "0"}),
        ("price", {"title": "T", "visibility": "paid", "price": "4.999"}),
        ("price", {"title": "T", "visibility": "paid", "price": "999999999"}),
        ("link", {"title": "T", "link": "javascript:alert(1)"}),
        ("link", {"title": "T", "link": "not a link"}),
        ("link", {"title": "T", "link": "https://evil.test\\@good.test/"}),
        ("link", {"title": "T", "link": "https://user:pw@host.test"}),
        ("link", {"title": "T", "link": "https://host.test:99999999"}),
        ("link", {"title": "T", "link": "https://%65vil.test"}),
        ("poll_question", {"title": "T", "poll_options": "a\nb"}),
        ("poll_options", {"title": "T", "poll_question": "Q", "poll_options": "a"}),
        ("poll_options", {"title": "T", "poll_question": "Q", "poll_options": "a\nA"}),
        ("poll_options", {"title": "T", "poll_question": "Q", "poll_options": "\u0301\n\u0300"}),
        ("poll_options", {"title": "T", "poll_question": "Q", "poll_options": "\n".join("abcdefghijk")}),
        ("poll_closes_at", {"title": "T", "poll_closes_at": "tomorrow"}),
        (
            "poll_closes_at",
            {"poll_question": "Q", "poll_options": "a\nb", "poll_closes_at": "2001-01-01T10:00"},
        ),
    ],
)
def test_what_is_refused_is_shown_again_with_the_reason_beside_it(
    app: Flask, field: str, fields: dict[str, str]
) -> None:
    author = an_author(app)
    answer = author.page.send(author.blank(**fields), intent="publish")
    assert answer.status == 422
    assert answer.errors.get(field)
    again = answer.form("/posts/new").fields
    assert {name: again[name].strip() for name in fields} == {
        name: value.strip() for name, value in fields.items()
    }


def test_a_poll_that_readers_know_may_end_and_stay_in_its_post(app: Flask) -> None:
    author = an_author(app)
    asked = {"poll_question": "Q", "poll_options": "a\nb"}
    post_id = author.write(title="T", **asked)
    answer = author.page.send(author.editor(post_id), intent="publish", poll_closes_at=far(minutes=-5))
    assert answer.status == 200
    edited = author.page.send(author.editor(post_id), intent="publish", body="The results are in")
    assert "The results are in" in edited.text
    # Another question begins anew.
    other = author.page.send(author.editor(post_id), intent="publish", poll_question="Another")
    assert (other.status, list(other.errors)) == (422, ["poll_closes_at"])


def test_a_poll_that_ended_while_its_post_was_a_draft_again_does_not_go_out(app: Flask) -> None:
    author = an_author(app)
    fixed = clock.FixedClock(clock.now())
    with clock.using(fixed):
        asked = {"poll_question": "Q", "poll_options": "a\nb", "poll_closes_at": far(hours=2)}
        post_id = author.write("schedule", title="T", publish_at=far(hours=1), **asked)
        author.press(post_id, "take-back")
        fixed.move(timedelta(hours=3))
        author = dataclasses.replace(author, page=signed_in(app, author.person))
        answer = author.page.send(author.editor(post_id), intent="publish")
        assert (answer.status, list(answer.errors)) == (422, ["poll_closes_at"])
        assert answer.form(f"/posts/{post_id}/edit").fields["title"] == "T"


def test_a_poll_that_is_over_is_refused_also_while_a_file_is_made(app: Flask) -> None:
    author = an_author(app)
    asked = {"poll_question": "Q", "poll_options": "a\nb", "poll_closes_at": far(minutes=-5)}
    picture = a_picture(app, author.person, ready=False, attached=False)["id"]
    answer = author.page.send(author.blank(title="T", media=picture, **asked), intent="publish")
    assert (answer.status, list(answer.errors)) == (422, ["poll_closes_at"])


@pytest.mark.parametrize("publish_at", ["", "soon", "2001-01-01T10:00", "9999-01-01T10:00"])
def test_a_schedule_needs_a_moment_to_come(app: Flask, publish_at: str) -> None:
    author = an_author(app)
    answer = author.page.send(author.blank(title="T", publish_at=publish_at), intent="schedule")
    assert (answer.status, list(answer.errors)) == (422, ["publish_at"])
    assert answer.form("/posts/new").fields["title"] == "T"


def test_subscribers_without_a_tier_or_a_price_would_be_nobody(app: Flask) -> None:
    author = an_author(app)
    answer = author.page.send(author.blank(title="T", visibility="subscribers"), intent="publish")
    assert answer.status == 422
    assert "no tiers yet" in answer.text


def test_a_tier_of_somebody_else_is_none(app: Flask) -> None:
    author, other = an_author(app), an_author(app)
    a_tier(app, author, "Gold", 2)
    foreign = a_tier(app, other, "Silver", 1)
    form = author.blank(title="T", visibility="subscribers", tier_id=str(foreign))
    assert author.page.send(form, intent="publish").errors["tier_id"]


def test_typing_saves_by_itself_and_readers_see_nothing_of_it(app: Flask) -> None:
    author = an_author(app)
    form = author.blank(title="Begun", body="A first line")
    saved = autosave(author, form)
    assert "Saved" in saved.text
    post_id = author.newest()
    assert saved.response.headers["HX-Replace-Url"] == f"/posts/{post_id}/edit"
    autosave(author, form, body="A first line, and more", visibility="paid", price="not yet a price")
    assert len(history(app, post_id)) == 0
    again = author.editor(post_id).fields
    assert (again["body"], again["price"], again["visibility"]) == (
        "A first line, and more",
        "not yet a price",
        "paid",
    )
    assert author.page.send(author.editor(post_id), intent="publish").errors["price"]


def test_an_empty_editor_makes_no_draft(app: Flask) -> None:
    author = an_author(app)
    assert autosave(author, author.blank()).status == 204
    assert "Nothing begun" in author.page.get("/dashboard/posts?tab=drafts").text


def test_changes_of_a_published_post_wait_until_they_are_published(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write(title="Out", body="as it was")
    before = stored(app, post_id).version
    autosave(author, author.editor(post_id), body="being changed")
    page = author.page.get(f"/posts/{post_id}/edit")
    assert "Readers do not see these changes yet" in page.text
    assert page.form(f"/posts/{post_id}/edit").fields["body"] == "being changed"
    assert (stored(app, post_id).body, stored(app, post_id).version) == ("as it was", before)


def test_two_browsers_do_not_overwrite_each_other(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write("draft", title="Shared", body="common")
    here, there = author.editor(post_id), author.editor(post_id)
    assert autosave(author, here, body="from here").status == 200
    refused = autosave(author, there, body="from there")
    assert refused.status == 422
    assert "from here" in refused.one("textarea[readonly]").get_text()
    assert author.editor(post_id).fields["body"] == "from here"
    # The whole form is refused as well, with both texts on the page.
    page = author.page.send(there, intent="publish", idempotency_key="there")
    assert page.status == 409
    assert "from here" in page.one("#other-text").get_text()
    assert page.form(f"/posts/{post_id}/edit").fields["body"] == "from there"
    mine = page.one("button[value^='mine:']")["value"]
    author.page.send(page.form(f"/posts/{post_id}/edit"), intent=mine)
    assert author.editor(post_id).fields["body"] == "from there"
    assert [one.body for one in history(app, post_id)] == ["from here"]
    # The first browser learns of it as it types on.
    assert autosave(author, here, body="from here again").status == 422


def test_what_else_two_browsers_saved_otherwise_is_named(app: Flask) -> None:
    author = an_author(app)
    terms = {"visibility": "paid", "price": "5", "poll_question": "Which?", "poll_options": "One\nTwo"}
    post_id = author.write("draft", title="Shared", body="common", **terms)
    here, there = author.editor(post_id), author.editor(post_id)
    files = [str(a_picture(app, author.id, attached=False)["id"])]
    changed = {"price": "12.50", "poll_options": "One\nThree", "adult": "y", "media": files}
    assert autosave(author, here, **changed).status == 200
    for answer in (
        autosave(author, there, body="mine"),
        author.page.send(there, intent="draft", body="mine"),
    ):
        told = answer.one("#other-terms").select("p:has(strong)")
        assert [" ".join(one.get_text().split()) for one in told] == [
            "Price: 12.50",
            "For adults only: yes",
            "Answers, one a line: One Three",
            "Files: 1",
        ]


def test_whoever_takes_the_other_text_finds_their_own_in_the_history(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write("draft", title="Shared", body="common")
    here, there = author.editor(post_id), author.editor(post_id)
    autosave(author, here, body="from here")
    page = author.page.send(there, intent="draft", body="from there")
    author.page.send(page.form(f"/posts/{post_id}/edit"), intent="theirs")
    assert author.editor(post_id).fields["body"] == "from here"
    assert [one.body for one in history(app, post_id)] == ["from there"]


def test_a_scheduled_text_that_another_one_takes_the_place_of_is_in_the_history(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write("draft", title="Shared", body="common")
    here, there = author.editor(post_id), author.editor(post_id)
    tomorrow = f"{clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    author.page.send(here, intent="schedule", body="from here", publish_at=tomorrow)
    page = author.page.send(there, intent="draft", body="from there")
    mine = page.one("button[value^='mine:']")["value"]
    author.page.send(page.form(f"/posts/{post_id}/edit"), intent=mine)
    author.page.send(author.editor(post_id), intent="publish")
    assert stored(app, post_id).body == "from there"
    assert [one.body for one in history(app, post_id)] == ["from here"]


def test_a_save_that_was_overtaken_by_a_third_one_is_asked_again(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write("draft", title="Shared", body="common")
    one, two, three = (author.editor(post_id) for _ in range(3))
    autosave(author, one, body="one")
    page = author.page.send(two, intent="draft", body="two")
    seen = page.one("button[value^='mine:']")["value"]
    autosave(author, one, body="one, longer")
    again = author.page.send(page.form(f"/posts/{post_id}/edit"), intent=seen)
    assert again.status == 409
    assert "one, longer" in again.one("#other-text").get_text()
    assert autosave(author, three, body="three").status == 422


def test_an_autosave_on_the_way_is_no_quarrel_with_its_own_editor(app: Flask) -> None:
    author = an_author(app)
    post_id = author.write("draft", title="Mine", body="one")
    form = author.editor(post_id)
    late = dict(form.fields)
    typed_on(author, f"/posts/{post_id}/autosave", form.fields | {"body": "two", "stroke": "2"})
    # The answer has not arrived yet when the button is pressed.
    assert author.page.send(form, intent="draft", body="three", stroke="3").status == 200
    # An earlier one comes last, and changes nothing.
    assert typed_on(author, f"/posts/{post_id}/autosave", late | {"stroke": "1"}).status == 200
    assert author.editor(post_id).fields["body"] == "three"


def test_who_was_signed_out_meanwhile_comes_back_to_the_draft(app: Flask) -> None:
    author = an_author(app)
    form = author.blank(title="Kept", body="typed before")
    autosave(author, form)
    post_id = author.newest()
    author.page.send(author.page.get("/settings/sessions").form("/settings/sessions/all"))
    here = {"HX-Current-URL": f"http://localhost/posts/{post_id}/edit"}
    answer = typed_on(author, f"/posts/{post_id}/autosave", form.fields, **here)
    assert answer.status in {200, 400, 401}
    assert (
        signed_in(app, author.person)
        .get(f"/posts/{post_id}/edit")
        .form(f"/posts/{post_id}/edit")
        .fields["body"]
        == "typed before"
    )


def test_the_preview_shows_what_each_of_them_would_see(app: Flask) -> None:
    author = an_author(app)
    a_tier(app, author, "Silver", 1)
    gold = a_tier(app, author, "Gold", 2)
    post_id = author.write(
        "draft",
        title="For Gold",
        body="Everybody reads this\n\n---more---\n\nOnly some read this",
        visibility="subscribers",
        tier_id=str(gold),
        price="4.99",
    )
    seen = {
        name: author.page.get(f"/posts/{post_id}/preview?as={name}").text
        for name in ("public", "follower", "tier-1", "tier-2", "buyer")
    }
    opened = {name for name, text in seen.items() if "Only some read this" in text}
    assert opened == {"tier-2", "buyer"}
    assert all("Everybody reads this" in text for text in seen.values())
    assert "$4.99" in seen["public"]


def test_nothing_of_a_locked_text_is_shown_or_found_but_what_is_above_the_line(app: Flask) -> None:
    author = an_author(app)
    whole = author.write(title="A", body="secretword", visibility="paid", price="3")
    part = author.write(title="B", body="openword\n---more---\nsecretword", visibility="followers")
    assert stored(app, whole).teaser == ""
    assert stored(app, part).teaser == "openword"
    for post_id in (whole, part):
        assert "secretword" not in stored(app, post_id).words
    assert "more" not in stored(app, part).body_html
