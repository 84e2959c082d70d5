"""What people see who were sent a link: a picture of the page, made by a worker, of nothing closed."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.creators.models import Creator
from app.extensions import db
from app.platform import schedule, share_drawing, work
from app.platform.lettering import Lettering
from app.platform.models import WorkItem
from app.platform.share_cards import ShareCard
from app.platform.storage import storage
from app.platform.transaction import transaction
from app.posts import sharing as posts_sharing
from tests.factories.creators import a_creator
from tests.factories.media import a_picture
from tests.factories.people import signed_in
from tests.factories.posts import a_post
from tests.page_client import PageClient
from tests.posts.authors import an_author

FONTS = Path("static/fonts")
DISPLAY = FONTS / share_drawing.DISPLAY


def address(page: PageClient, path: str) -> str:
    """Of the picture that the page names, without the host."""
    content = str(page.get(path).one("meta[property='og:image']")["content"])
    return re.sub(r"^https?://[^/]+", "", content)


def draw_all(app: Flask) -> None:
    with app.app_context():
        work.drain(["media"])


def fetched(app: Flask, page: PageClient, path: str) -> tuple[Image.Image, TestResponse]:
    """As somebody who shares a link gets it, once a worker was there."""
    found = address(page, path)
    page.http.get(found)
    draw_all(app)
    answer = page.http.get(found)
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.data)), answer


def files(app: Flask) -> list[str]:
    with app.app_context():
        return list(storage().list("share/"))


def waiting(app: Flask) -> int:
    with app.app_context():
        return db.session.query(WorkItem).filter_by(kind="share_cards.draw", state="due").count()


@pytest.fixture(autouse=True)
def _without_files_of_others(app: Flask) -> None:
    with app.app_context():
        for key in list(storage().list("share/")):
            storage().delete(key)


def test_a_creators_page_has_a_picture_that_may_be_kept_for_good(app: Flask, page: PageClient) -> None:
    a_creator(app, "mara", display_name="Mara Ellison", headline="Night trains")
    picture, answer = fetched(app, page, "/@mara")
    assert picture.size == (1200, 630)
    assert answer.content_type == "image/jpeg"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert len(answer.data) < 200_000


def test_until_it_is_drawn_the_houses_own_stands_in(app: Flask, page: PageClient) -> None:
    a_creator(app, "mara")
    found = address(page, "/@mara")
    for _ in range(3):
        answer = page.http.get(found)
        assert answer.status_code == 302
        assert answer.headers["Location"] == "/static/img/share.png"
        assert answer.headers["Cache-Control"] == "no-store"
    assert files(app) == []
    assert waiting(app) == 1


def test_a_new_name_makes_a_new_address_and_the_old_one_leads_to_it(app: Flask, page: PageClient) -> None:
    mara = a_creator(app, "mara", display_name="Mara")
    fetched(app, page, "/@mara")
    before = address(page, "/@mara")
    client = signed_in(app, mara)
    client.send(client.get("/settings/profile").form("/settings/profile"), display_name="Quentin")
    after = address(page, "/@mara")
    assert after != before
    assert page.http.get(before).headers["Location"] == after
    draw_all(app)
    assert page.http.get(after).status_code == 200
    assert len(files(app)) == 1


def test_an_avatar_and_a_cover_are_in_the_picture(app: Flask, page: PageClient) -> None:
    mara = a_creator(app, "mara")
    plain, _ = fetched(app, page, "/@mara")
    cover = a_picture(app, mara, public=True, purpose="cover")
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).cover = cover
    with_cover, _ = fetched(app, page, "/@mara")
    assert with_cover.tobytes() != plain.tobytes()
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).adult = True
    assert fetched(app, page, "/@mara")[0].tobytes() == plain.tobytes()


def test_a_picture_whose_file_is_gone_is_done_without(app: Flask, page: PageClient) -> None:
    mara = a_creator(app, "mara")
    cover = a_picture(app, mara, public=True, purpose="cover")
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).cover = cover
        for rendition in cover["names"].values():
            storage().delete(rendition["key"])
    assert fetched(app, page, "/@mara")[0].size == (1200, 630)


@pytest.mark.parametrize(
    "name", ["ليلى حسن", "渡辺 直美", "👨‍👩‍👧‍👦", "Ştefan Łuk", "x" * 50, "Zoë 🎨", "'\"<b>&", "ⅷ ﬁ", "١٢٣"]
)
def test_any_name_can_be_drawn(app: Flask, page: PageClient, name: str) -> None:
    a_creator(app, "mara", display_name=name, headline=name * 2)
    assert fetched(app, page, "/@mara")[0].size == (1200, 630)


@pytest.mark.parametrize(
    ("words", "drawn"),
    [
        ("Zoë Ångström 🎨", "Zoë Ångström"),
        ("Ştefan Łuk, Łódź", "Ştefan Łuk, Łódź"),
        ("Мария и Ελένη", "Мария и Ελένη"),
        ("ليلى حسن", "ليلى حسن"),
        ("रात की ट्रेन", "रात की ट्रेन"),
        ("สมชาย, יעל", "สมชาย, יעל"),
        ("Mara 渡辺", "Mara"),
        ("Ma 渡辺 直美", ""),
        ("🎨", ""),
    ],
)
def test_what_the_fonts_lack_is_left_out_and_never_a_box(words: str, drawn: str) -> None:
    assert Lettering(DISPLAY, 48, 720).legible(words) == drawn


@pytest.mark.parametrize("title", ["Łódź", "Ночь", "ليلى", "रात", "เช้า", "לילה"])
def test_a_title_in_any_script_is_in_the_picture(app: Flask, page: PageClient, title: str) -> None:
    mara = a_creator(app, "mara", display_name="Mara")
    titled, bare = a_post(app, mara.id, title=title), a_post(app, mara.id, title="渡")
    pictures = [fetched(app, page, f"/posts/{post_id}")[0].tobytes() for post_id in (titled, bare)]
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("words", ["أهلا بكم 2024!", "W" * 90, "https://example.org/" * 6, "พิมพ์" * 30])
def test_no_line_is_wider_than_its_column(words: str) -> None:
    for size in (84, 56, 32):
        letters = Lettering(DISPLAY, size, 720)
        lines = share_drawing.wrapped(letters.legible(words), letters, 4)
        assert lines
        assert all(letters.width(line) <= share_drawing.COLUMN for line in lines)


def test_a_long_handle_is_drawn_smaller_and_whole() -> None:
    handle = "a_very_very_long_handle_of_thi"
    card = ShareCard("渡辺", "", "渡辺", handle, 3)
    title, letters = share_drawing.title_of(card, FONTS)
    assert share_drawing.wrapped(title, letters, 4) == [f"@{handle}"]
    signed, small = share_drawing.signed_by(replace(card, title="Sea"), FONTS, 400)
    assert signed == f"@{handle}"
    assert small.width(signed) <= 400


def test_a_post_is_drawn_when_it_goes_out_and_again_when_it_changes(app: Flask, page: PageClient) -> None:
    author = an_author(app, "mara")
    post_id = author.write(title="Frame 17", body="Words.", visibility="public")
    draw_all(app)
    first = address(page, f"/posts/{post_id}")
    assert page.http.get(first).status_code == 200
    author.page.send(author.editor(post_id), title="Frame 18", intent="publish")
    draw_all(app)
    second = address(page, f"/posts/{post_id}")
    assert second != first
    assert page.http.get(second).status_code == 200


def test_of_a_locked_post_only_title_and_teaser_are_drawn(app: Flask, page: PageClient) -> None:
    mara = a_creator(app, "mara")
    picture = a_picture(app, mara)
    said = {"title": "Closed sea", "teaser": "Above the line", "media": [picture], "audience": "subscribers"}
    one = a_post(app, mara.id, body_html="<p>The secret lighthouse</p>", **said)
    with app.app_context():
        card = posts_sharing.find_card(one)
    assert card is not None
    assert (card.title, card.line, card.picture) == ("Closed sea", "Above the line", None)
    drawn, _ = fetched(app, page, f"/posts/{one}")
    other = a_post(app, mara.id, body_html="<p>Another secret</p>", **(said | {"media": []}))
    assert fetched(app, page, f"/posts/{other}")[0].tobytes() == drawn.tobytes()


def test_a_public_posts_picture_is_in_it_and_a_closed_rendition_never(app: Flask, page: PageClient) -> None:
    mara = a_creator(app, "mara")
    posts = {
        public: a_post(app, mara.id, media=[a_picture(app, mara, public=public)], title="Sea")
        for public in (True, False)
    }
    with app.app_context():
        cards = {public: posts_sharing.find_card(post_id) for public, post_id in posts.items()}
    shown, hidden = cards[True], cards[False]
    assert shown is not None
    assert hidden is not None
    assert shown.picture is not None
    assert hidden.picture is None


def test_what_is_taken_back_has_no_picture_and_its_file_goes(app: Flask, page: PageClient) -> None:
    author = an_author(app, "mara")
    post_id = author.write(title="Frame 17", body="Words.", visibility="public")
    draw_all(app)
    found = address(page, f"/posts/{post_id}")
    assert page.http.get(found).status_code == 200
    author.press(post_id, "unpublish")
    assert page.http.get(found).status_code == 404
    draw_all(app)
    assert not [key for key in files(app) if str(post_id) in key]


def test_what_was_erased_leaves_no_picture_behind(app: Flask, page: PageClient) -> None:
    mara, oskar = a_creator(app, "mara"), a_creator(app, "oskar")
    post_id = a_post(app, mara.id)
    for path in ("/@mara", "/@oskar", f"/posts/{post_id}"):
        fetched(app, page, path)
    assert len(files(app)) == 3
    with app.app_context(), transaction():
        db.session.delete(db.session.get_one(User, mara.id))
    job = next(job for job in schedule.jobs() if job.name == "share_cards.sweep")
    with app.app_context():
        assert schedule.run(job)
    assert [key.split("/")[2] for key in files(app)] == [str(oskar.id)]


def test_a_closed_or_suspended_page_has_none(app: Flask, page: PageClient) -> None:
    mara = a_creator(app, "mara")
    found = address(page, "/@mara")
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).state = "closed"
    assert page.http.get(found).status_code == 404
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).state = "open"
        db.session.get_one(User, mara.id).state = "suspended"
    assert page.http.get(found).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/share/creator/01890a5d-ac96-774b-bcce-b302099a8057/x.jpg",
        "/share/nothing/01890a5d-ac96-774b-bcce-b302099a8057/x.jpg",
        "/share/creator/not-an-id/x.jpg",
        "/share/creator/01890a5d-ac96-774b-bcce-b302099a8057/..%2f..%2fx.jpg",
    ],
)
def test_what_is_nobodys_is_not_found(page: PageClient, path: str) -> None:
    assert page.http.get(path).status_code == 404


def test_a_made_up_version_leads_to_the_real_one_and_draws_nothing(app: Flask, page: PageClient) -> None:
    mara = a_creator(app, "mara")
    found = address(page, "/@mara")
    answer = page.http.get(f"/share/creator/{mara.id}/0123456789.jpg")
    assert (answer.status_code, answer.headers["Location"]) == (302, found)
    assert waiting(app) == 0


def test_the_same_words_have_the_same_version_and_others_another() -> None:
    card = ShareCard("Mara", "Night trains", "Mara", "mara", 3)
    assert card.version == ShareCard("Mara", "Night trains", "Mara", "mara", 3).version
    assert card.version != ShareCard("Mara", "Night trains", "Mara", "mara", 4).version
