"""What is closed stays closed by every way there is: nothing of it is told to whom it is not open."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.accounts.models import User
from app.creators.models import Creator
from app.entitlements.operations import grants
from app.entitlements.rules import Closed
from app.extensions import db
from app.kit import clock
from app.platform.transaction import transaction
from app.posts.models import PostVersion
from app.posts.operations import private_feeds
from tests.architecture.routes import VARIABLE, routes
from tests.factories.creators import a_creator, blocks, follows
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_poll, a_post, some_comments
from tests.page_client import PageClient

# In its text, its link, its poll, the words of its picture, what was said below it, what it said before.
SECRETS = ("quixotry", "whispering", "ballotry", "pictured", "murmured", "formerly")
TITLE, TEASER = "Zirconium", "teasing words"
PUBLIC_FEED = "/@mara/feed.xml"
HTMX = {"HX-Request": "true"}
LATER = clock.now() + timedelta(days=1)
FEATURES = ("creators", "posts", "directory", "moderation", "media", "uploads", "library", "share_cards")
# What closes them to readers; each of these has its post, and all of them are looked for at once.
FOLLOWERS: tuple[dict[str, Any], ...] = ({"audience": "followers"},)
PAYING: tuple[dict[str, Any], ...] = (
    {"audience": "subscribers", "rank": 1},
    {"audience": "paid", "price": 500},
)
NOBODY: tuple[dict[str, Any], ...] = (
    {"state": "draft"},
    {"state": "scheduled", "publish_at": LATER},
    {"state": "unpublished", "published_at": clock.now()},
    {"state": "removed", "published_at": clock.now()},
)


@dataclass(frozen=True)
class Scene:
    author: Person
    post: UUID
    comment: UUID
    media: str


def a_scene(app: Flask, author: Person, **values: Any) -> Scene:
    picture = a_picture(app, author, alt="pictured")
    link = {"url": "https://whispering.example", "host": "whispering.example", "title": ""}
    said = {"title": TITLE, "body": "quixotry", "body_html": "<p>quixotry</p>", "teaser": TEASER}
    a_post(app, author.id, title="Something open")
    post = a_post(app, author.id, **said, link=link, media=[picture], **values)
    a_post(app, author.id, title="Something else")
    a_poll(app, post, ("ballotry", "no"))
    comment = some_comments(app, post, author.id, ["murmured"])[0]
    with app.app_context(), transaction():
        db.session.add(PostVersion(post_id=post, version=99, title="", body="formerly"))
    return Scene(author, post, comment, picture["id"])


def everywhere(app: Flask, scene: Scene) -> list[str]:
    """Every address of the features, about this post; and those with more to say than a path."""
    known = {
        "handle": "mara", "post_id": scene.post, "comment_id": scene.comment, "media_id": scene.media,
        "user_id": scene.author.id, "tier_id": scene.post, "report_id": scene.post,
    }  # fmt: skip

    def fill(found: re.Match[str]) -> str:
        return str(known.get(found[0].strip("<>").rpartition(":")[2], found[0]))

    ours = [one for one in routes(app) if one.method == "GET" and one.endpoint.split(".")[0] in FEATURES]
    paths = [path for one in ours if "<" not in (path := VARIABLE.sub(fill, one.rule))]
    searches = [f"/search?q={word}" for word in (*SECRETS, TITLE, "mara")]
    tabs = [f"/@mara/{name}" for name in ("media", "about", "tiers")]
    subjects = {
        "post": scene.post,
        "comment": scene.comment,
        "person": scene.author.id,
        "creator": scene.author.id,
    }
    reports = [f"/report/{kind}/{one}" for kind, one in subjects.items()]
    lists = ["/feed?show=media", "/feed/news?than=0-" + "0" * 32, f"/posts/{scene.post}?from={scene.comment}"]
    return [*paths, *searches, *tabs, *reports, *lists, "/", "/@mara"]


def told(page: PageClient, addresses: Sequence[str], words: Sequence[str]) -> set[tuple[str, str]]:
    """Which of these words stand where, in pages, partials and headers, beside those that were asked for."""
    found = set()
    for address in addresses:
        for headers in ({},) if "?q=" in address else ({}, HTMX):
            answer = page.http.get(address, headers=headers)
            assert answer.status_code < 500, address
            said = f"{answer.get_data(as_text=True)} {answer.headers}"
            found |= {(address, word) for word in words if word in said and word not in address}
    return found


def a_rival(app: Flask) -> PageClient:
    """Somebody with a page of their own, who is let in nowhere."""
    return signed_in(app, a_creator(app, "rival"))


def private_feed(app: Flask, scene: Scene, person: Person) -> str:
    with app.app_context(), transaction():
        return f"/feeds/{private_feeds.open_feed(person.id, scene.author.id)}.xml"


@pytest.mark.parametrize("closed", [FOLLOWERS, PAYING, NOBODY], ids=["followers", "paying", "nobody"])
def test_nobody_is_told_what_is_closed(
    app: Flask, page: PageClient, closed: Sequence[dict[str, Any]]
) -> None:
    author = a_creator(app, "mara")
    scenes = [a_scene(app, author, **values) for values in closed]
    addresses = list(dict.fromkeys(address for scene in scenes for address in everywhere(app, scene)))
    words = (*SECRETS, TITLE, TEASER) if closed is NOBODY else SECRETS
    everyone = [page, a_rival(app)]
    if closed is not FOLLOWERS:
        fan = a_person(app, "fan")
        follows(app, fan, author)
        everyone.append(signed_in(app, fan))
        addresses.append(private_feed(app, scenes[0], fan))
    for one in everyone:
        assert told(one, addresses, words) == set()
    if closed is not NOBODY:
        for scene in scenes:
            assert (f"/posts/{scene.post}", TITLE) in told(page, [f"/posts/{scene.post}"], (TITLE,))


@pytest.mark.parametrize(
    "how", ["blocked", "taken down", "page taken down", "page closed", "suspended", "deleted"]
)
def test_what_was_open_is_told_no_more(app: Flask, page: PageClient, how: str) -> None:
    """Not even to a follower who has a private feed and a bookmark."""
    scene, fan = a_scene(app, a_creator(app, "mara")), a_person(app, "fan")
    follows(app, fan, scene.author)
    feed, follower, words = private_feed(app, scene, fan), signed_in(app, fan), (*SECRETS, TITLE, TEASER)
    here = f"/posts/{scene.post}"
    follower.send(follower.get(here).form(f"{here}/bookmark"))
    open_to_fan = told(follower, [here, "/bookmarks", "/feed", feed], words)
    assert {word for _, word in open_to_fan} == set(words) - {"formerly", TEASER}
    close(app, scene, fan, how)
    addresses = [*everywhere(app, scene), feed]
    if how == "blocked":
        addresses.remove(PUBLIC_FEED)  # it is for everybody, whoever they are
    for one in [follower] if how == "blocked" else [follower, page, a_rival(app)]:
        assert told(one, addresses, words) == set()
    assert ("This feed has ended" in page.http.get(feed).text) == (how != "taken down")


def close(app: Flask, scene: Scene, fan: Person, how: str) -> None:
    if how == "blocked":
        blocks(app, scene.author, fan)
        return
    with app.app_context(), transaction():
        if how == "taken down":
            grants.deny(scene.post, Closed.TAKEDOWN, cause="report")
        elif how == "page taken down":
            grants.deny(scene.author.id, Closed.TAKEDOWN, cause="report")
        elif how == "page closed":
            db.session.get_one(Creator, scene.author.id).state = "closed"
        else:
            db.session.get_one(User, scene.author.id).state = how
