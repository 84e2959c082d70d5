"""Posts in feed readers and podcast players: for everybody, and for one person."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import http_date
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.creators.models import PrivateFeed
from app.creators.operations import following, pages
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Closed, Kind
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.media import doors
from app.media.models import Media
from app.platform.storage import storage
from app.platform.transaction import transaction
from app.posts import reporting
from app.posts.operations import publishing
from app.posts.syndication import NAMESPACES
from tests.accounts import taking_over
from tests.accounts.stored import unseen_end
from tests.factories.creators import a_creator, blocks, follows
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, pretended, some_posts
from tests.page_client import PageClient
from tests.queries import counting

SOUND = b"RIFF" + bytes(range(256)) * 40


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", headline="Night trains", display_name="Mara")


@pytest.fixture
def fan(app: Flask, mara: Person) -> Person:
    person = a_person(app, "ben")
    follows(app, person, mara)
    return person


def read(answer: TestResponse) -> ET.Element:
    assert answer.status_code == 200
    assert answer.content_type == "application/rss+xml; charset=utf-8"
    channel = ET.fromstring(answer.data).find("channel")  # noqa: S314 - our own
    assert channel is not None
    return channel


def items(answer: TestResponse) -> list[ET.Element]:
    return read(answer).findall("item")


def words(parent: ET.Element, tag: str) -> str:
    return parent.findtext(tag, namespaces=NAMESPACES) or ""


def a_private_feed(app: Flask, person: Person, handle: str = "mara") -> str:
    """Its address, as its owner is shown it."""
    browser = signed_in(app, person)
    shown = browser.send(browser.get(f"/@{handle}/feed").form(f"/@{handle}/feed"))
    addresses = [code.get_text() for code in shown.soup.select(".secret code")]
    return urlsplit(next(address for address in addresses if "/feeds/" in address)).path


def an_episode(app: Flask, creator: Person, **values: Any) -> UUID:
    """A post with a sound that is really there."""
    described = pretended("audio", public=values.get("audience", "public") == "public")
    key = f"media/{described['id']}/audio.m4a"
    described["names"]["audio"] = {"key": key, "w": 0, "h": 0, "type": "audio/mp4", "bytes": len(SOUND)}
    with app.app_context(), transaction():
        storage().put(key, BytesIO(SOUND), "audio/mp4")
        db.session.add(
            Media(
                id=UUID(described["id"]), user_id=creator.id, purpose="post", kind="audio", state="ready",
                size=len(SOUND), color="#b4532a", secret=described["secret"], public=described["public"],
                attached=True, renditions=described["names"],
            )
        )  # fmt: skip
    doors.clear()
    return a_post(app, creator.id, media=[described], **values)


def enclosure(answer: TestResponse) -> dict[str, str]:
    found = items(answer)[0].find("enclosure")
    assert found is not None
    return found.attrib


# ---- for everybody


def test_public_posts_stand_in_it_whole_and_others_with_their_teaser(
    app: Flask, client: FlaskClient, mara: Person
) -> None:
    a_post(app, mara.id, title="Open", body_html='<p>Hello, <a href="/@ben">@ben</a>!</p>')
    a_post(
        app, mara.id, title="Closed", audience="paid", price=499, body_html="<p>Secret</p>", teaser="A hint",
        media=[pretended(), pretended("audio")],
    )  # fmt: skip
    answer = client.get("/@mara/feed.xml")
    closed, opened = items(answer)
    assert words(opened, "title") == "Open"
    assert 'href="http://localhost:3000/@ben"' in words(opened, "content:encoded")
    assert words(closed, "description") == "A hint"
    assert "$4.99" in words(closed, "content:encoded")
    assert b"Secret" not in answer.data
    assert b"/media/" not in answer.data
    channel = read(answer)
    assert (words(channel, "title"), words(channel, "description")) == ("Mara", "Night trains")
    assert words(channel, "link").endswith("/@mara")


def test_what_is_for_adults_is_told_of_and_not_shown(app: Flask, client: FlaskClient, mara: Person) -> None:
    a_post(app, mara.id, adult=True, body_html="<p>Bare</p>", media=[pretended(public=True)])
    answer = client.get("/@mara/feed.xml")
    assert words(items(answer)[0], "itunes:explicit") == "true"
    assert b"Bare" not in answer.data
    assert b"/media/" not in answer.data


def test_a_public_sound_is_an_episode(app: Flask, client: FlaskClient, mara: Person) -> None:
    an_episode(app, mara, title="Episode one")
    told = enclosure(client.get("/@mara/feed.xml"))
    assert (told["type"], told["length"]) == ("audio/mp4", str(len(SOUND)))
    assert words(items(client.get("/@mara/feed.xml"))[0], "itunes:duration") == "65"
    assert client.get(urlsplit(told["url"]).path).data == SOUND


def test_readers_ask_again_cheaply(app: Flask, client: FlaskClient, mara: Person) -> None:
    some_posts(app, mara.id, 1)
    first = client.get("/@mara/feed.xml")
    assert "public" in first.headers["Cache-Control"]
    assert "Cookie" not in first.headers.get("Vary", "")
    assert "Set-Cookie" not in first.headers
    again = client.get("/@mara/feed.xml", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("what", ["went out", "came in", "taken down", "renamed", "another picture"])
def test_readers_that_ask_again_hear_of_every_change(
    app: Flask, client: FlaskClient, mara: Person, what: str, fixed_clock: FixedClock
) -> None:
    post = a_post(app, mara.id)
    a_post(app, mara.id, state="scheduled", publish_at=clock.now() + timedelta(minutes=1))
    first = client.get("/@mara/feed.xml")
    fixed_clock.move(timedelta(hours=1))
    headers = {
        "If-None-Match": first.headers["ETag"],
        "If-Modified-Since": http_date(clock.now()),
    }
    with app.app_context(), transaction():
        match what:
            case "came in":
                publishing.unpublish(mara.id, post)
            case "taken down":
                reporting.take_post_down(post)
            case "renamed":
                db.session.get_one(User, mara.id).display_name = "Another"
            case "another picture":
                pages.show_avatar(mara.id, a_picture(app, mara, public=True, purpose="avatar"))
    if what == "went out":
        with app.app_context():
            publishing.publish_due()
    again = client.get("/@mara/feed.xml", headers=headers)
    assert again.status_code == 200
    assert again.data != first.data
    del headers["If-None-Match"]
    assert client.get("/@mara/feed.xml", headers=headers).data == again.data


@pytest.mark.parametrize(
    "text",
    [
        "\x0b\x1f\x7f\ufffe\uffffA",
        "😀👩‍🚀",
        "ثلاث صور",
        "]]> <![CDATA[ & < > \" '",
        "<script>x</script>",
        "&amp;#0;",
    ],
)
def test_any_text_makes_valid_xml(app: Flask, client: FlaskClient, text: str) -> None:
    creator = a_creator(app, "ada", display_name=text[:40], headline=text)
    a_post(app, creator.id, title=text, body_html=f"<p>{text}</p>", media=[pretended(public=True, alt=text)])
    a_post(app, creator.id, title="", teaser=text, body_html="", audience="followers")
    answer = client.get("/@ada/feed.xml")
    assert len(items(answer)) == 2
    assert all(words(one, "title") for one in items(answer)), "a title is never empty"


def test_it_costs_the_same_for_any_number_of_posts(app: Flask, client: FlaskClient, mara: Person) -> None:
    costs = []
    for count in (2, 40):
        some_posts(app, mara.id, count, media=[pretended(public=True)])
        with counting(app) as statements:
            client.get("/@mara/feed.xml")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 4


def test_whoever_has_no_page_has_no_feed(app: Flask, client: FlaskClient) -> None:
    a_person(app, "ben")
    a_creator(app, "shut", state="closed")
    for handle in ("ben", "shut", "nobody"):
        assert client.get(f"/@{handle}/feed.xml").status_code == 404


def test_the_feed_of_a_handle_in_other_letters_is_at_its_own(
    app: Flask, client: FlaskClient, mara: Person
) -> None:
    assert client.get("/@MARA/feed.xml").headers["Location"] == "/@mara/feed.xml"


# ---- for one person


def test_a_private_feed_has_what_its_owner_may_hear(
    app: Flask, client: FlaskClient, mara: Person, fan: Person
) -> None:
    an_episode(app, mara, audience="followers", body_html="<p>For you</p>")
    a_post(app, mara.id, audience="subscribers", rank=1, body_html="<p>Not yet</p>")
    address = a_private_feed(app, fan)
    answer = client.get(address)
    assert "For you" in words(items(answer)[1], "content:encoded")
    assert b"Not yet" not in answer.data
    assert words(read(answer), "itunes:block") == "Yes"
    assert "public" not in answer.headers["Cache-Control"]
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    with app.app_context(), transaction():
        extent = Extent(1, "Gold")
        grants.grant(fan.id, mara.id, Kind.SUBSCRIPTION, cause="s", extent=extent)
    assert b"Not yet" in client.get(address).data


def test_players_fetch_its_episodes_by_ranges_and_without_a_cookie(
    app: Flask, client: FlaskClient, mara: Person, fan: Person
) -> None:
    an_episode(app, mara, audience="followers")
    path = urlsplit(enclosure(client.get(a_private_feed(app, fan)))["url"]).path
    assert path.endswith(".m4a")
    assert client.get(path).data == SOUND
    part = client.get(path, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.data) == (206, SOUND[4:8])
    assert "Set-Cookie" not in part.headers
    folder, name = path.rsplit("/", 1)
    other = "C" if folder[20] == "B" else "B"
    for forged in (folder[:-3] + "AAA", folder[:20] + other + folder[21:], folder + "A"):
        assert client.get(f"{forged}/{name}").status_code == 404


@pytest.mark.parametrize("ended", ["unfollowed", "blocked", "suspended", "closed"])
def test_it_is_closed_politely_when_access_ends_and_its_episodes_with_it(
    app: Flask, client: FlaskClient, mara: Person, fan: Person, ended: str
) -> None:
    an_episode(app, mara, audience="followers")
    address = a_private_feed(app, fan)
    episode = urlsplit(enclosure(client.get(address))["url"]).path
    with app.app_context(), transaction():
        match ended:
            case "unfollowed":
                following.unfollow(fan.id, mara.id)
            case "blocked":
                following.block(mara.id, fan.id)
            case "suspended":
                grants.deny(mara.id, Closed.SUSPENSION, cause="test")
            case "closed":
                db.session.query(PrivateFeed).update({"revoked_at": clock.now()})
    doors.clear()
    assert client.get(episode).status_code == 404
    answer = client.get(address)
    if ended == "closed":
        assert answer.status_code == 404
        return
    assert items(answer) == []
    assert "ended" in words(read(answer), "description")
    assert ("Mara" in answer.text) == (ended == "unfollowed"), "whoever is hidden is not named"


def test_one_lives_for_a_person_and_a_creator_and_its_key_is_shown_once(
    app: Flask, client: FlaskClient, mara: Person, fan: Person
) -> None:
    first = a_private_feed(app, fan)
    browser = signed_in(app, fan)
    key = first.removeprefix("/feeds/").removesuffix(".xml")
    assert key not in browser.get("/@mara/feed").html
    second = a_private_feed(app, fan)
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    settings = browser.get("/settings/feeds")
    assert "Last read" in settings.text
    browser.send(settings.form(r"/feeds/.*/revoke"))
    assert client.get(second).status_code == 404
    assert "No private feeds" in browser.get("/settings/feeds").text


def test_ones_feeds_are_listed_with_the_pictures_of_their_creators(
    app: Flask, mara: Person, fan: Person
) -> None:
    with app.app_context(), transaction():
        pages.show_avatar(mara.id, a_picture(app, mara, public=True, purpose="avatar"))
    a_private_feed(app, fan)
    browser = signed_in(app, fan)
    picture = str(browser.get("/settings/feeds").one("main .avatar img")["src"])
    assert browser.http.get(picture).status_code == 200


@pytest.mark.parametrize("names", [("square96", "square256"), ("square96", "square256", "podcast")])
def test_the_picture_of_a_feed_is_the_one_for_directories_where_it_was_made(
    app: Flask, client: FlaskClient, mara: Person, names: tuple[str, ...]
) -> None:
    avatar = a_picture(app, mara, public=True, purpose="avatar")
    avatar["names"] = {name: {**avatar["names"]["square96"], "key": f"media/x/{name}.bin"} for name in names}
    with app.app_context(), transaction():
        pages.show_avatar(mara.id, avatar)
    told = read(client.get("/@mara/feed.xml")).find("itunes:image", NAMESPACES)
    assert told is not None
    assert told.attrib["href"].endswith(f"/{names[-1]}.bin")


def test_a_feed_does_not_say_in_which_language_it_is(app: Flask, client: FlaskClient, mara: Person) -> None:
    """Nobody told us."""
    assert read(client.get("/@mara/feed.xml")).find("language") is None


def test_a_feed_is_made_by_those_who_belong(app: Flask, mara: Person) -> None:
    stranger = signed_in(app)
    shown = stranger.get("/@mara/feed")
    assert "Follow or subscribe to Mara" in shown.text
    assert not shown.has_form("/@mara/feed")


def test_nobody_closes_the_feed_of_another(
    app: Flask, client: FlaskClient, mara: Person, fan: Person
) -> None:
    address = a_private_feed(app, fan)
    thief = signed_in(app)
    form = signed_in(app, fan).get("/settings/feeds").form(r"/feeds/.*/revoke")
    own = thief.get("/settings/profile").form("/settings/profile")
    sent = thief.post(form.action, {"csrf_token": own.fields["csrf_token"], "idempotency_key": "k"})
    assert sent.status == 404
    assert client.get(address).status_code == 200


def test_a_double_click_makes_one_feed(app: Flask, mara: Person, fan: Person) -> None:
    browser = signed_in(app, fan)
    form = browser.get("/@mara/feed").form("/@mara/feed")
    browser.send(form)
    browser.send(form)
    with app.app_context():
        assert db.session.query(PrivateFeed).count() == 1


def test_a_session_that_was_just_ended_opens_no_feed(app: Flask, mara: Person, fan: Person) -> None:
    thief = signed_in(app, fan)
    form = thief.get("/@mara/feed").form("/@mara/feed")
    unseen_end(app, fan)
    assert thief.send(form, follow=False).location.startswith("/login")
    with app.app_context():
        assert db.session.query(PrivateFeed).count() == 0


@pytest.mark.parametrize("token", ["x", "a" * 43, "%F0%9F%98%80", "..", "a" * 5000])
def test_a_made_up_address_opens_nothing(client: FlaskClient, token: str) -> None:
    assert client.get(f"/feeds/{token}.xml").status_code == 404
    assert client.get(f"/feeds/media/{token}/audio.m4a").status_code == 404


def test_who_is_blocked_finds_no_page_of_feeds(app: Flask, mara: Person, fan: Person) -> None:
    blocks(app, mara, fan)
    assert signed_in(app, fan).get("/@mara/feed").status == 404


def test_the_public_feed_is_one_click_from_the_page(app: Flask, page: PageClient, mara: Person) -> None:
    some_posts(app, mara.id, 1)
    assert page.get("/@mara").one("a[href='/@mara/feed.xml']")


def test_a_private_feed_that_a_thief_opened_ends_as_the_account_is_taken_back(
    app: Flask, client: FlaskClient, mara: Person, fan: Person, fixed_clock: FixedClock
) -> None:
    kept = a_creator(app, "kora")
    follows(app, fan, kept)
    theirs = a_private_feed(app, fan, "kora")
    fixed_clock.move(timedelta(days=1))
    thief = signed_in(app, fan)
    taking_over.ask(thief)
    taking_over.confirm(app, thief)
    planted = a_private_feed(app, fan)
    told = taking_over.take_back(app, fan)
    assert taking_over.listed(told) == ["The private feed of Mara"]
    assert taking_over.left(told) == []
    assert client.get(planted).status_code == 404
    assert client.get(theirs).status_code == 200
