"""Other people's ids on every address that changes something: nothing of theirs changes."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from flask import Flask

from app.creators.models import PrivateFeed
from app.extensions import db
from app.kit import clock
from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from app.posts.operations import private_feeds
from tests.architecture.routes import VARIABLE, Route, routes
from tests.factories.creators import a_creator, a_tier, follows
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_poll, a_post, some_comments
from tests.page_client import PageClient

FEATURES = ("creators", "posts", "media", "uploads", "library", "directory")
# What everybody may do with what is somebody else's.
FOR_ALL = re.compile(r"/(like|bookmark|vote|follow|unfollow|feed|adult|comments)$")
TABLES = (
    "creators", "tiers", "posts", "polls", "poll_options", "comments", "media", "follows", "private_feeds",
    "grants",
)  # fmt: skip
HERS = ("post_id", "comment_id", "tier_id", "media_id", "feed_id")
TUS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
SAID = {
    "title": "Mine now",
    "body": "Mine now",
    "alt": "Mine now",
    "name": "Mine now",
    "price": "9",
    "intent": "publish",
}


def test_nobody_changes_what_is_somebody_elses(app: Flask) -> None:
    mara, rival = a_creator(app, "mara"), signed_in(app, a_creator(app, "rival"))
    theirs = things_of(app, mara)
    before = stored(app, mara, theirs)
    token = rival.get("/posts/new").form("/posts/new").fields["csrf_token"]
    tried = 0
    for route in routes(app):
        ours = route.mutates and route.endpoint.split(".")[0] in FEATURES and not FOR_ALL.search(route.rule)
        for address in addresses(route, theirs) if ours else ():
            send(rival, route.method, address, token)
            tried += 1
    assert tried > 60
    assert stored(app, mara, theirs) == before


def things_of(app: Flask, mara: Person) -> dict[str, list[Any]]:
    fan = a_person(app, "fan")
    follows(app, fan, mara)
    picture = a_picture(app, mara, public=True)
    waiting = a_picture(app, mara, ready=False, state="receiving", received=10, attached=False)
    post = a_post(app, mara.id, media=[picture])
    others = [a_post(app, mara.id, state=state) for state in ("draft", "unpublished")]
    planned = a_post(app, mara.id, state="scheduled", publish_at=clock.now())
    a_poll(app, post)
    with app.app_context(), transaction():
        private_feeds.open_feed(fan.id, mara.id)
        feed = db.session.scalars(db.select(PrivateFeed.id)).one()
    return {
        "handle": ["mara"],
        "post_id": [post, planned, *others],
        "comment_id": [some_comments(app, post, person.id, ["Lovely"])[0] for person in (fan, mara)],
        "tier_id": [a_tier(app, mara), a_tier(app, mara, "Silver")],
        "media_id": [picture["id"], waiting["id"]],
        "user_id": [fan.id],
        "version": [1],
        "feed_id": [feed],
    }


def addresses(route: Route, theirs: dict[str, list[Any]]) -> Iterator[str]:
    names = [found[0].strip("<>").rpartition(":")[2] for found in VARIABLE.finditer(route.rule)]
    for chosen in product(*(theirs.get(name, ()) for name in names)) if names else ():
        ids = iter(chosen)
        yield VARIABLE.sub(lambda _, ids=ids: str(next(ids)), route.rule)  # type: ignore[misc]


def send(page: PageClient, method: str, address: str, token: str) -> None:
    said = {"csrf_token": token, "idempotency_key": new_key()} | SAID
    headers = {"X-CSRFToken": token, "Idempotency-Key": new_key()}
    if method == "POST":
        answer = page.http.post(address, data=said, headers=headers)
    else:
        answer = page.http.open(address, method=method, data=b"RIFF", headers=headers | TUS)
    assert answer.status_code in {303, 404} or "uploads" in address, (method, address, answer.status_code)


def stored(app: Flask, mara: Person, theirs: dict[str, list[Any]]) -> dict[str, list[str]]:
    """Every row that names her or what is hers."""
    names = [str(one) for name in HERS for one in theirs[name]] + [str(mara.id)]
    found = {}
    with app.app_context():
        for table in TABLES:
            rows = db.session.scalars(db.text(f"select t::text from {table} t order by 1"))  # noqa: S608
            found[table] = [row for row in rows if any(name in row for name in names)]
    assert all(found.values()), found.keys()
    return found
