"""Other people's ids on every address that takes one: nothing of theirs changes, nor is their money seen."""

import re
from collections.abc import Iterator, Sequence
from itertools import product

from flask import Flask

from app.creators.models import PrivateFeed
from app.extensions import db
from app.kit import clock
from app.kit.ids import parse_id
from app.platform.guards import STAFF
from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from app.posts.operations import private_feeds
from tests.architecture.routes import VARIABLE, Route, routes
from tests.factories.business import Names, a_business
from tests.factories.creators import a_creator, follows
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_poll, a_post, some_comments
from tests.page_client import PageClient

MONEY = {"invoices", "payments", "subscriptions", "tips", "earnings", "ledger"}
FEATURES = {"creators", "posts", "media", "uploads", "library", "directory"} | MONEY
# What everybody may do with what is somebody else's; a gift is whose hands its code is in.
FOR_ALL = re.compile(
    r"/(like|bookmark|vote|follow|unfollow|feed|adult|comments|buy|tip|trial)$"
    r"|/(subscribe|gift)/<[^/]+$|^/gifts/<code>$"
)
TABLES = (
    "creators", "tiers", "posts", "polls", "poll_options", "comments", "media", "follows", "private_feeds",
    "grants", "invoices", "invoice_lines", "payment_attempts", "payments", "refunds", "disputes",
    "payment_methods", "payment_cases", "rail_switches", "subscriptions", "subscription_events",
    "promo_codes", "promo_uses", "bundles", "gifts", "tips", "payout_accounts", "payout_plans", "payouts",
    "adjustments", "tax_profiles", "billing_details", "spending_limits", "ledger_accounts",
)  # fmt: skip
TUS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
SAID = {
    "title": "Mine now",
    "body": "Mine now",
    "alt": "Mine now",
    "name": "Mine now",
    "price": "9",
    "intent": "publish",
    "amount": "1",
    "reason": "asked",
    "months": "1",
    "note": "Mine now",
}


def test_nobody_reaches_what_is_somebody_elses(app: Flask) -> None:
    mara, fan = a_creator(app, "mara"), a_person(app, "fan")
    rival = signed_in(app, a_creator(app, "rival"))
    theirs = things_of(app, mara, fan) | a_business(app, mara, fan).names
    before = stored(app, [mara, fan], theirs)
    token = rival.get("/posts/new").form("/posts/new").fields["csrf_token"]
    tried = seen = 0
    for route in routes(app):
        feature = route.endpoint.split(".")[0]
        if FOR_ALL.search(route.rule) or feature not in FEATURES:
            continue
        for address in addresses(route, theirs) if route.mutates or feature in MONEY else ():
            status = send(rival, route.method, address, token)
            answers = {403} if route.guard.access in STAFF else {404} if not route.mutates else {303, 404}
            assert status in answers or "uploads" in address, (route.method, address, status)
            tried += route.mutates
            seen += not route.mutates
    assert tried > 150
    assert seen > 60
    assert stored(app, [mara, fan], theirs) == before


def things_of(app: Flask, mara: Person, fan: Person) -> Names:
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
        "media_id": [picture["id"], waiting["id"]],
        "user_id": [fan.id],
        "version": [1],
        "feed_id": [feed],
    }


def addresses(route: Route, theirs: Names) -> Iterator[str]:
    names = [found[0].strip("<>").rpartition(":")[2] for found in VARIABLE.finditer(route.rule)]
    for chosen in product(*(theirs.get(name, ()) for name in names)) if names else ():
        ids = iter(chosen)
        yield VARIABLE.sub(lambda _, ids=ids: str(next(ids)), route.rule)  # type: ignore[misc]


def send(page: PageClient, method: str, address: str, token: str) -> int:
    if method == "GET":
        return page.http.get(address).status_code
    said = {"csrf_token": token, "idempotency_key": new_key()} | SAID
    headers = {"X-CSRFToken": token, "Idempotency-Key": new_key()}
    if method == "POST":
        return page.http.post(address, data=said, headers=headers).status_code
    return page.http.open(address, method=method, data=b"RIFF", headers=headers | TUS).status_code


def stored(app: Flask, people: Sequence[Person], theirs: Names) -> dict[str, list[str]]:
    """Every row that names them or what is theirs."""
    everything = [str(one) for values in theirs.values() for one in values]
    names = [one for one in everything if parse_id(one)] + [str(person.id) for person in people]
    found = {}
    with app.app_context():
        for table in TABLES:
            rows = db.session.scalars(db.text(f"select t::text from {table} t order by 1"))  # noqa: S608
            found[table] = [row for row in rows if any(name in row for name in names)]
    assert [table for table, rows in found.items() if not rows] == []
    return found
