"""What the media library knows of posts: which of them shows a file, and that a new one can."""

import pytest
from flask import Flask

from tests.factories.media import a_picture
from tests.posts.authors import Author, an_author
from tests.queries import counting

LIBRARY = "/dashboard/media"


@pytest.fixture
def author(app: Flask) -> Author:
    return an_author(app, "mara")


def links(author: Author) -> dict[str, str]:
    """From the files, by their words."""
    found = author.page.get(LIBRARY).soup.select(".library a[href^='/posts/']")
    return {link.get_text(strip=True): str(link["href"]) for link in found}


@pytest.mark.parametrize(("intent", "leads"), [("publish", ""), ("draft", "/edit")])
def test_a_file_leads_to_the_post_that_shows_it(app: Flask, author: Author, intent: str, leads: str) -> None:
    picture = a_picture(app, author.id, attached=False)["id"]
    post_id = author.write(intent, title="<The sea>", body="Words.", media=picture)
    assert links(author) == {"<The sea>": f"/posts/{post_id}{leads}"}


def test_a_file_that_no_post_shows_can_be_used_in_a_new_one(app: Flask, author: Author) -> None:
    picture = a_picture(app, author.id, attached=False)["id"]
    editor = author.page.get(links(author)["Use in a new post"])
    assert editor.one("[name=media][checked]")["value"] == picture
    author.page.send(editor.form("/posts/new"), intent="publish", title="Sea")
    assert links(author) == {"Sea": f"/posts/{author.newest()}"}
    author.press(author.newest(), "delete")
    assert list(links(author)) == ["Use in a new post"]


@pytest.mark.parametrize("columns", [{"ready": False}, {"moderation": "removed"}])
def test_what_no_post_can_show_is_not_offered(app: Flask, author: Author, columns: dict[str, object]) -> None:
    a_picture(app, author.id, attached=False, **columns)  # type: ignore[arg-type]
    assert links(author) == {}


def test_others_files_are_not_told_of(app: Flask, author: Author) -> None:
    picture = a_picture(app, author.id, attached=False)["id"]
    author.write(title="Sea", media=picture)
    other = an_author(app, "noa")
    assert links(other) == {}
    assert "checked" not in str(other.page.get(f"/posts/new?media={picture}").soup.select("[name=media]"))


def test_many_files_are_asked_for_at_once(app: Flask, author: Author) -> None:
    author.page.get(LIBRARY)
    sent = []
    for number in (1, 5):
        for _ in range(number):
            a_picture(app, author.id, attached=False)
        with counting(app) as statements:
            author.page.get(LIBRARY)
        sent.append(len(statements))
    assert sent[0] == sent[1]
