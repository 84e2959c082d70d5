"""A post's own page: open, locked, hidden; what is told to those who were sent its link."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.creators.models import Creator
from app.creators.operations import following, pages
from app.entitlements.operations import grants
from app.entitlements.rules import Closed, Kind
from app.extensions import db
from app.kit.clock import now
from app.kit.ids import new_id
from app.platform.transaction import transaction
from app.posts import counting, reporting
from app.posts.models import Post
from tests.factories.creators import a_creator, follows
from tests.factories.media import a_picture
from tests.factories.people import a_person, signed_in, suspends
from tests.factories.posts import a_post, pretended, some_comments, some_posts
from tests.page_client import PageClient
from tests.posts.authors import an_author, stored
from tests.queries import counting as statements

SECRET = "Only for those who may"


def gated(app: Flask, creator_id: UUID, **values: Any) -> UUID:
    given = {"audience": "subscribers", "body_html": f"<p>{SECRET}</p>", "teaser": "A hint", **values}
    return a_post(app, creator_id, media=[pretended()], **given)


def test_anybody_reads_what_is_public(app: Flask, page: PageClient) -> None:
    mara = a_person(app, "mara")
    post = a_post(app, mara.id, title="Night trains", body_html="<p>Hello <b>there</b></p>")
    shown = page.get(f"/posts/{post}")
    assert shown.status == 200
    assert shown.one("h1").get_text() == "Night trains"
    assert shown.one(".prose b").get_text() == "there"
    assert not shown.has_form(f"/posts/{post}/like"), "signed out, the page holds no token"
    assert "Set-Cookie" not in shown.response.headers


def test_a_locked_post_says_what_opens_it_and_shows_nothing_of_it(app: Flask, page: PageClient) -> None:
    mara = a_person(app, "mara")
    post = gated(app, mara.id, price=499)
    for reader in (page, signed_in(app)):
        shown = reader.get(f"/posts/{post}")
        assert shown.status == 200
        assert SECRET not in shown.html
        assert "$4.99" in shown.text
        assert "A hint" in shown.text
        assert "w800" not in shown.html, "of its media the blurred teaser only"
        assert "teaser" in shown.one(".veil")["src"]
        assert shown.has_form(f"/posts/{post}/buy") is (reader is not page), "signed out, one signs in first"


def test_following_is_what_opens_a_post_for_followers(app: Flask) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    post = gated(app, mara.id, audience="followers")
    reader = signed_in(app, ben)
    assert reader.get(f"/posts/{post}").has_form("/@mara/follow")
    with app.app_context(), transaction():
        following.follow(ben.id, mara.id)
    assert SECRET in reader.get(f"/posts/{post}").text
    with app.app_context(), transaction():
        following.unfollow(ben.id, mara.id)
    assert SECRET not in reader.get(f"/posts/{post}").text


def test_a_bought_post_is_open_and_says_why(app: Flask) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    post = gated(app, mara.id, audience="paid", price=499)
    with app.app_context(), transaction():
        grants.grant(ben.id, post, Kind.PURCHASE, cause="invoice-line:1")
    shown = signed_in(app, ben).get(f"/posts/{post}")
    assert SECRET in shown.text
    assert "You bought this" in shown.text


@pytest.mark.parametrize("state", ["draft", "scheduled", "unpublished", "removed"])
def test_what_is_not_published_is_not_there(app: Flask, state: str) -> None:
    mara = a_person(app, "mara")
    was_out = now() if state in {"unpublished", "removed"} else None
    post = a_post(app, mara.id, state=state, publish_at=now(), published_at=was_out)
    for reader in (PageClient(app), signed_in(app)):
        assert reader.get(f"/posts/{post}").status == 404
    mine = signed_in(app, mara).get(f"/posts/{post}")
    assert mine.status == (200 if state == "unpublished" else 404), "what was out is its author's still"


def test_whoever_is_blocked_finds_nothing(app: Flask) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    post, reader = a_post(app, mara.id), signed_in(app, ben)
    assert reader.get(f"/posts/{post}").status == 200
    with app.app_context(), transaction():
        following.block(mara.id, ben.id)
    blocked, unknown = reader.get(f"/posts/{post}"), reader.get(f"/posts/{new_id()}")
    assert (blocked.status, unknown.status) == (404, 404)
    assert blocked.one("main p").get_text() == unknown.one("main p").get_text()
    assert reader.get(f"/posts/{post}/comments").status == 404


def test_what_was_taken_down_is_gone_for_its_author_too(app: Flask) -> None:
    mara = a_person(app, "mara")
    post = a_post(app, mara.id)
    with app.app_context(), transaction():
        grants.deny(post, Closed.TAKEDOWN, cause="report")
    assert signed_in(app, mara).get(f"/posts/{post}").status == 404


def test_what_was_taken_down_counts_nowhere_until_it_is_put_back(app: Flask, page: PageClient) -> None:
    author = an_author(app, "mara")
    stays, goes = author.write(title="Stays", body="x"), author.write(title="Goes", body="x")
    with app.app_context(), transaction():
        reporting.take_post_down(goes)
    assert "1 post " in page.get("/@mara").text
    assert author.creator().last_post_at == stored(app, stays).published_at
    author.press(goes, "unpublish")
    assert "1 post " in page.get("/@mara").text
    author.page.send(author.editor(goes), intent="publish")
    assert "1 post " in page.get("/@mara").text
    with app.app_context(), transaction():
        reporting.put_post_back(goes)
    assert "2 posts " in page.get("/@mara").text
    assert author.creator().last_post_at == stored(app, goes).published_at


def test_the_link_tells_strangers_only_what_is_everybodys(app: Flask, page: PageClient) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    post = gated(app, mara.id, audience="paid", price=499)
    with app.app_context(), transaction():
        grants.grant(ben.id, post, Kind.PURCHASE, cause="invoice-line:1")
    for reader in (page, signed_in(app, ben), signed_in(app, mara)):
        head = str(reader.get(f"/posts/{post}").soup.head)
        assert SECRET not in head
        assert "A hint" in head
        assert "/media/" not in head
    public = a_post(app, mara.id, media=[pretended(public=True)], body_html="<p>For all of you</p>")
    shown = page.get(f"/posts/{public}")
    assert "For all of you" in str(shown.one("meta[property='og:description']"))
    assert "/share/post/" in str(shown.one("meta[property='og:image']"))


def test_words_of_any_script_are_shown_in_their_direction(app: Flask, page: PageClient) -> None:
    mara = a_person(app, "mara")
    title = "שלום 👩‍👩‍👧 مرحبا <b>"
    shown = page.get(f"/posts/{a_post(app, mara.id, title=title)}")
    assert shown.one("h1").get_text() == title
    assert shown.one("h1")["dir"] == "auto"


def test_pictures_lead_to_the_large_ones_and_all_kinds_are_shown(app: Flask, page: PageClient) -> None:
    mara = a_person(app, "mara")
    media = [pretended(public=True), pretended(public=True), pretended("video"), pretended("audio")]
    shown = page.get(f"/posts/{a_post(app, mara.id, media=media)}")
    links = [str(link["href"]) for link in shown.soup.select("[data-gallery] a")]
    assert len(links) == 2
    assert all("w1600" in link for link in links)
    assert shown.one("video source")
    assert shown.one("audio")


def test_what_a_post_shows_stands_in_its_authors_order(app: Flask, page: PageClient) -> None:
    kinds = ("video", "image", "image", "audio", "image")
    media = [pretended(kind, public=True, alt="") for kind in kinds]
    shown = page.get(f"/posts/{a_post(app, a_creator(app, 'mara').id, media=media)}")
    parts = shown.soup.select("article .media, article video, article audio")
    assert [part.name for part in parts] == ["video", "div", "audio", "div"]
    told = [[str(one["alt"]) for one in part.select("img")] for part in parts if part.name == "div"]
    assert told == [["Picture 1 of 3", "Picture 2 of 3"], ["Picture 3 of 3"]]
    assert len(shown.soup.select("dialog.lightbox")) == 1


def test_before_and_after_are_posts_of_the_same_creator(app: Flask, page: PageClient) -> None:
    mara, oskar = a_person(app, "mara"), a_person(app, "oskar")
    first, second = some_posts(app, mara.id, 2)
    a_post(app, oskar.id)
    third = a_post(app, mara.id)
    shown = page.get(f"/posts/{second}")
    assert shown.one("a[rel=prev]")["href"] == f"/posts/{first}"
    assert shown.one("a[rel=next]")["href"] == f"/posts/{third}"
    assert not page.get(f"/posts/{third}").soup.select("a[rel=next]")


def test_what_was_bought_is_seen_also_when_it_is_public_by_now_and_its_page_closed(app: Flask) -> None:
    creator, fan = a_person(app), a_person(app)
    post = a_post(app, creator.id)
    shown = a_picture(app, creator.id, public=True)
    with app.app_context(), transaction():
        db.session.get_one(Post, post).media = [shown]
        grants.grant(fan.id, post, Kind.PURCHASE, cause="invoice-line:1")
        pages.close(creator.id)
    reader = signed_in(app, fan)
    seen = reader.get(f"/posts/{post}").one("main img[src*='/media/']")
    assert reader.http.get(str(seen["src"])).status_code == 200


@pytest.mark.parametrize("how", ["closed", "taken down", "suspended"])
def test_whom_one_follows_can_be_left_also_when_their_page_is_closed(app: Flask, how: str) -> None:
    mara, ben = a_creator(app, "mara"), a_person(app, "ben")
    post = gated(app, mara.id, audience="paid", price=499)
    follows(app, ben, mara)
    reader = signed_in(app, ben)
    with app.app_context(), transaction():
        grants.grant(ben.id, post, Kind.PURCHASE, cause="invoice-line:1")
    pressed = reader.get(f"/posts/{post}").form("/@mara/unfollow")
    with app.app_context(), transaction():
        if how == "closed":
            pages.close(mara.id)
        if how == "taken down":
            grants.deny(mara.id, Closed.TAKEDOWN, cause="report")
    if how == "suspended":
        suspends(app, mara)
    if how == "closed":
        pressed = reader.get(f"/posts/{post}").form("/@mara/unfollow")
    for time in ("once", "twice"):
        sent = pressed.fields | {"idempotency_key": time}
        left = reader.post("/@mara/unfollow", sent, Referer=f"http://localhost/posts/{post}")
        assert left.status == 200
        assert "You do not follow them any more." in left.text
    with app.app_context():
        assert db.session.get_one(Creator, mara.id).followers == 0
    if how == "closed":
        assert not reader.get(f"/posts/{post}").has_form("/@mara/(un)?follow"), "nobody follows a closed page"


def test_the_owner_of_a_closed_page_sees_it_and_its_posts(app: Flask) -> None:
    author = an_author(app, "mara")
    picture = a_picture(app, author.id, attached=False)["id"]
    shown = author.write(title="Out before", body="Words", media=picture)
    with app.app_context(), transaction():
        pages.close(author.id)
    late = author.page.send(author.blank(title="Out of sight", body="More"), intent="publish")
    assert late.one("h1").get_text() == "Out of sight"
    assert "when your page is open" in late.text
    page = author.page.get("/@mara")
    titles = [one.get_text() for one in page.soup.select("#posts .post-title")]
    assert titles == ["Out of sight", "Out before"]
    opened = author.page.get(f"/posts/{shown}")
    assert "Only you see it" in opened.text
    for where in (page, opened):
        source = where.one("main article img[src*='/media/']")["src"]
        assert author.page.http.get(str(source)).status_code == 200
    assert author.page.get("/@mara/media").soup.select("#posts img[src*='/media/p/']") == []
    for reader in (PageClient(app), signed_in(app)):
        assert reader.get(f"/posts/{shown}").status == 404
        assert reader.get("/@mara").status == 404 or "Out before" not in reader.get("/@mara").text


def test_who_sold_a_post_and_took_it_back_looks_after_what_its_buyers_say(app: Flask) -> None:
    author, fan = an_author(app), a_person(app)
    post = author.write(title="Sold", body=SECRET, visibility="paid", price="5")
    with app.app_context(), transaction():
        grants.grant(fan.id, post, Kind.PURCHASE, cause="invoice-line:1")
    author.press(post, "unpublish")
    buyer = signed_in(app, fan)
    buyer.send(buyer.get(f"/posts/{post}").form(f"/posts/{post}/comments"), body="Not worth it")
    opened = author.page.get(f"/posts/{post}")
    assert "Only you see it, and those who bought it" in opened.text
    author.page.send(opened.form(r"/comments/.*/hide"))
    assert "Hidden by the creator" in author.page.get(f"/posts/{post}").text


def test_beside_what_was_bought_at_a_page_that_closed_there_is_nothing(app: Flask) -> None:
    creator, fan = a_person(app), a_person(app)
    a_post(app, creator.id, title="Before it")
    bought = a_post(app, creator.id, title="Bought", audience="paid", price=500)
    a_post(app, creator.id, title="After it")
    with app.app_context(), transaction():
        grants.grant(fan.id, bought, Kind.PURCHASE, cause="invoice-line:1")
        pages.close(creator.id)
    shown = signed_in(app, fan).get(f"/posts/{bought}")
    assert shown.status == 200
    assert "Before it" not in shown.html
    assert "After it" not in shown.html


@pytest.mark.parametrize("count", [5, 50])
def test_a_page_takes_four_statements_whatever_was_said(app: Flask, count: int) -> None:
    mara, ben = a_person(app, "mara"), a_person(app, "ben")
    post = a_post(app, mara.id, media=[pretended() for _ in range(3)])
    some_comments(app, post, ben.id, [f"Comment {number}" for number in range(count)])
    reader = signed_in(app, ben)
    reader.get(f"/posts/{post}")
    with statements(app) as sent:
        shown = reader.get(f"/posts/{post}")
    assert len(shown.soup.select("li.comment")) == min(count, 20)
    assert len(sent) <= 4, sent
    with statements(app) as sent:
        PageClient(app).get(f"/posts/{post}")
    assert len(sent) <= 4


def views(app: Flask, post: UUID) -> int:
    with app.app_context():
        counting.write_views()
        return db.session.get_one(Post, post).views


def test_views_are_counted_without_writing_and_written_later(app: Flask, page: PageClient) -> None:
    mara = a_person(app, "mara")
    post = a_post(app, mara.id)
    locked = gated(app, mara.id)
    with statements(app) as sent:
        for _ in range(3):
            page.get(f"/posts/{post}")
    assert not [one for one in sent if one.lower().startswith(("update", "insert"))]
    page.get(f"/posts/{locked}")
    signed_in(app, mara).get(f"/posts/{post}")
    assert views(app, post) == 3, "its author does not count"
    assert views(app, post) == 3, "each is counted once"
    assert views(app, locked) == 0


def test_views_that_were_taken_and_not_written_are_written_next_time(app: Flask, page: PageClient) -> None:
    mara = a_person(app, "mara")
    post = a_post(app, mara.id)
    page.get(f"/posts/{post}")
    with app.app_context():
        client = app.extensions["fanlight.cache"].client
        client.rename(counting.COUNTED, counting.TAKEN)  # as a scheduler that was killed leaves it
    page.get(f"/posts/{post}")
    assert views(app, post) == 2


def test_a_locked_post_says_how_much_is_behind_the_lock(app: Flask, page: PageClient) -> None:
    mara = a_person(app, "mara")
    media = [pretended(), pretended(), pretended("video"), pretended("audio"), pretended("audio")]
    post = a_post(app, mara.id, media=media, audience="paid", price=499)
    told = "2 pictures, 1 video (1:05), 2 sounds (2:10)"
    assert told in page.get(f"/posts/{post}").one("#gate").get_text()
    assert told in page.get("/@mara").one(".gate").get_text()
    tile = page.get("/@mara/media").one("#posts .media > a")
    assert told in str(tile["aria-label"])
    assert tile.get_text(" ").split() == ["$4.99", "5"]
    film = a_post(app, mara.id, media=[pretended("video")], audience="paid", price=499)
    assert page.get("/@mara/media").one("#posts .media > a").get_text(" ").split() == ["$4.99", "1:05"]
    assert "1 video (1:05)" in page.get(f"/posts/{film}").one("#gate").get_text()


def test_a_lock_without_media_counts_none(app: Flask, page: PageClient) -> None:
    post = a_post(app, a_person(app, "mara").id, audience="paid", price=499)
    assert not page.get(f"/posts/{post}").soup.select("#gate strong")


def test_its_creator_is_followed_beside_the_post(app: Flask, page: PageClient) -> None:
    mara, ben = a_creator(app, "mara"), a_person(app, "ben")
    post = a_post(app, mara.id)
    assert page.get(f"/posts/{post}").one(".context a.btn")["href"] == "/login?next=/@mara"
    reader = signed_in(app, ben)
    form = reader.get(f"/posts/{post}").form("/@mara/follow")
    shown = reader.post(form.action, form.fields, Referer=f"/posts/{post}")
    assert shown.response.request.path == f"/posts/{post}", "one stays where one reads"
    assert "1 follower" in shown.one("#followers").get_text()
    form = shown.form("/@mara/unfollow")
    shown = reader.post(form.action, form.fields, Referer=f"/posts/{post}")
    assert "0 followers" in shown.one("#followers").get_text()
    assert "Edit page" in signed_in(app, mara).get(f"/posts/{post}").one(".context").get_text()


def test_where_following_opens_the_post_the_button_is_at_the_lock(app: Flask) -> None:
    mara = a_creator(app, "mara")
    shown = signed_in(app).get(f"/posts/{a_post(app, mara.id, audience='followers')}")
    assert len(shown.soup.select('form[action="/@mara/follow"]')) == 1
    assert shown.one('#gate form[action="/@mara/follow"]')
