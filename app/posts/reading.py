"""What of reading is known elsewhere: locks for delivery, topics, what can be reported, template words."""

from uuid import UUID

from flask import Flask

from app.accounts import standing
from app.kit.ids import parse_id
from app.media import holders
from app.platform import realtime
from app.platform.errors import Refused
from app.platform.navigation import Door, add_door
from app.platform.viewer import Viewer
from app.posts import commenting, locks, news, reporting
from app.posts.card import gate_words
from app.posts.operations import private_feeds
from app.posts.operations.commenting import TOPIC, author_left, author_returned
from app.posts.queries_page import open_post


def init_app(app: Flask) -> None:
    holders.register("post", locks.showing)
    realtime.topic(TOPIC, _may_listen)
    realtime.bundle(news.FEED, news.heard_by)
    reporting.init_app(app)
    standing.on_left(author_left)
    standing.on_returned(author_returned)
    standing.on_taken_back(private_feeds.take_back)
    app.jinja_env.filters.update(with_mentions=commenting.linked)
    app.jinja_env.globals.update(gate_words=gate_words)
    for place in ("rail", "account"):
        add_door(app, place, Door("Bookmarks", "bookmark", "/bookmarks", 40))


def _may_listen(person: Viewer, subject: str) -> bool:
    post_id: UUID | None = parse_id(subject)
    try:
        return post_id is not None and open_post(post_id, person.id).seen.open
    except Refused:
        return False
