"""A creator's posts for feed readers and podcast players: for everybody, and for one person."""

from functools import partial as bound
from urllib.parse import quote
from uuid import UUID

from flask import Flask, current_app, flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.models import User
from app.creators import pictures
from app.creators.queries_page import find_page
from app.creators.shown import Shown
from app.kit import crypto
from app.media import doors, marking
from app.media.addresses import public_address
from app.media.delivery import CLOSED, send
from app.media.doors import Stored
from app.media.shown import Described, is_public
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import page, see, see_for_good
from app.platform.settings import settings
from app.platform.transaction import transaction
from app.platform.viewer import signed_in_viewer
from app.posts import queries_syndication, syndication
from app.posts.card import Card
from app.posts.operations import private_feeds
from app.posts.passes import Pass, file_name
from app.posts.queries_syndication import Feed
from app.posts.syndication import CONTENT_TYPE, OTHERWISE, SHELVES, AddressOf, Channel, Item
from app.posts.views import bp

EVERYBODY = "public, max-age=60"
ONE_PERSON = "private, no-cache"
SETTINGS = "/settings/feeds"


@bp.get("/@<handle>/feed.xml")
@guard(Access.ANONYMOUS)
def public_feed(handle: str) -> Response:
    person, _ = queries.find_by_handle(handle)
    if person is not None and handle != person.handle:
        return see_for_good(f"/@{person.handle}/feed.xml")
    creator = _page_of(person, None)
    items = _items(creator, None, lambda _, described, name: _origin() + public_address(described, name))
    answer = _xml(_channel(creator, f"{creator.href}/feed.xml"), items)
    answer.headers["Cache-Control"] = EVERYBODY
    return answer.make_conditional(request._get_current_object())


@bp.get("/feeds/<token>.xml")
@guard(Access.MACHINE)
def private_feed(token: str) -> Response:
    feed = queries_syndication.by_key(crypto.digest(token))
    if feed is None:
        raise NotFound
    answer = _xml(*_for_reader(feed, f"/feeds/{quote(token)}.xml"))
    answer.headers["Cache-Control"] = ONE_PERSON
    if private_feeds.worth_noting(feed.used_at):
        with transaction():
            private_feeds.note_use(feed.id)
    return answer.make_conditional(request._get_current_object())


@bp.get("/feeds/media/<signed>/<name>")
@guard(Access.MACHINE, limit=None)
def feed_media(signed: str, name: str) -> Response:
    """By its signature, without a cookie. The name is for players alone."""
    asked = Pass.read(signed)
    feed = queries_syndication.by_id(asked.feed_id) if asked else None
    media = _opened(asked, feed) if asked and feed else None
    if asked is None or feed is None or media is None or asked.name not in media.files:
        raise NotFound
    file = marking.for_reader(media, media.files[asked.name], feed.user_id, feed.reader)
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    return send(file, cache=CLOSED, still_open=bound(_still_open, asked, application))


@bp.get("/@<handle>/feed")
@guard(Access.SIGNED_IN)
def feeds_of_creator(handle: str) -> Response:
    return _feeds_page(_creator(handle))


@bp.post("/@<handle>/feed")
@guard(Access.SIGNED_IN, lasting=True)
def open_private_feed(handle: str) -> Response:
    creator = _creator(handle)
    try:
        key = private_feeds.open_feed(signed_in_viewer().id, creator.id)
    except Refused as refused:
        flash(refused.message, "bad")
        return see(f"{creator.href}/feed")
    # Shown in this very answer, and kept nowhere.
    return _feeds_page(creator, address=f"{_origin()}/feeds/{key}.xml")


@bp.post("/feeds/<uuid:feed_id>/revoke")
@guard(Access.SIGNED_IN)
def revoke_private_feed(feed_id: UUID) -> Response:
    private_feeds.close_feed(signed_in_viewer().id, feed_id)
    flash("That feed is closed. Players that know it find nothing there any more.", "good")
    return see(SETTINGS)


@bp.get(SETTINGS)
@guard(Access.SIGNED_IN)
def show_feeds() -> Response:
    return page("posts/settings_feeds.html", feeds=queries_syndication.feeds_of(signed_in_viewer().id))


# ---- pages


def _feeds_page(creator: Shown, address: str = "") -> Response:
    person = signed_in_viewer()
    return page(
        "posts/feeds.html",
        creator=creator,
        public=f"{_origin()}{creator.href}/feed.xml",
        address=address,
        feed=queries_syndication.feed_of(person.id, creator.id),
        belongs=queries_syndication.belongs(person.id, creator.id),
    )


def _creator(handle: str) -> Shown:
    return _page_of(queries.find_by_handle(handle)[0], signed_in_viewer().id)


def _page_of(person: User | None, viewer_id: UUID | None) -> Shown:
    found = find_page(person, viewer_id) if person and person.state == "active" else None
    if found is None:
        raise NotFound
    return found


# ---- what feeds hold


def _for_reader(feed: Feed, here: str) -> tuple[Channel, list[Item]]:
    try:
        creator = _page_of(feed.creator, feed.user_id)
    except NotFound:
        words = "This private feed has ended. There is nothing more to come."
        return Channel("This feed has ended", words, _origin(), _origin() + here, private=True), []
    channel = _channel(creator, here, private=True)
    if not queries_syndication.belongs(feed.user_id, creator.id):
        return _closed(channel, creator), []
    return channel, _items(creator, feed.user_id, bound(_address_in, feed))


def _channel(creator: Shown, here: str, *, private: bool = False) -> Channel:
    name, house = creator.display_name, settings().site_name
    picture = pictures.address(creator.avatar, "podcast", "square256", "square96")
    return Channel(
        title=f"{name} (private feed)" if private else name,
        description=creator.headline or f"What {name} publishes on {house}.",
        page=_origin() + creator.href,
        here=_origin() + here,
        author=name,
        picture=_origin() + picture if picture else None,
        category=next((SHELVES[slug] for slug in creator.categories if slug in SHELVES), OTHERWISE),
        adult=creator.adult,
        private=private,
    )


def _closed(channel: Channel, creator: Shown) -> Channel:
    words = (
        f"Your access to {creator.display_name}'s private feed has ended, so it is empty now. "
        f"Follow or subscribe again at {channel.page}, and this same address fills up by itself."
    )
    return Channel(f"{creator.display_name} (closed)", words, channel.page, channel.here, private=True)


def _items(creator: Shown, reader_id: UUID | None, address_of: AddressOf) -> list[Item]:
    return [
        syndication.item(one.card, one.decision, one.body_html, _origin(), address_of)
        for one in queries_syndication.told(creator.id, reader_id)
    ]


def _address_in(feed: Feed, card: Card, described: Described, name: str) -> str:
    if is_public(described, name):
        return _origin() + public_address(described, name)
    signed = Pass(feed.id, card.id, UUID(described["id"]), name)
    return f"{_origin()}/feeds/media/{signed}/{file_name(name, described['names'][name]['type'])}"


def _xml(channel: Channel, items: list[Item]) -> Response:
    answer = Response(syndication.render(channel, items), content_type=CONTENT_TYPE)
    answer.add_etag()
    return answer


# ---- media


def _opened(asked: Pass, feed: Feed) -> Stored | None:
    media = doors.stored(asked.media_id)
    if media is None or not media.attached:
        return None
    decision = doors.decision(feed.user_id, ("post", asked.post_id), asked.media_id)
    return media if decision and decision.open else None


def _still_open(asked: Pass, application: Flask) -> bool:
    """In the middle of a long answer, when the request's own context is gone."""
    with application.app_context():
        feed = queries_syndication.by_id(asked.feed_id)
        return feed is not None and _opened(asked, feed) is not None


def _origin() -> str:
    return settings().base_url
