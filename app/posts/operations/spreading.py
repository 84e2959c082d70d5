"""Those who follow hear of a new post, some at a time: a hundred thousand are no transaction."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, or_, select

from app.creators.models import Creator
from app.entitlements.queries import hidden_from, holders
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.platform import work
from app.posts import telling
from app.posts.card import AUTHOR, CREATOR
from app.posts.locks import OUT
from app.posts.models import Post

SPREAD = "posts.spread"
AT_ONCE = 500
FIRST = UUID(int=0)
# Of what was away for longer nobody is told any more.
NEWS_FOR = timedelta(days=7)
SOON, LATEST = timedelta(minutes=1), timedelta(hours=1)
CLOSE = (Kind.FOLLOW, Kind.SUBSCRIPTION, Kind.GIFT)


def ask(post_id: UUID, after: UUID = FIRST, at: datetime | None = None) -> None:
    work.enqueue(SPREAD, {"post_id": str(post_id), "after": str(after)}, due_at=at)


def spread(post_id: UUID, after: UUID) -> None:
    """The next of them, in the order of their ids; it waits while the post is not there to be read."""
    found = db.session.execute(_still_out(post_id)).first()
    if found is None:
        _wait(post_id, after)
        return
    post, adult = found
    next_ones = holders(post.creator_id, CLOSE, clock.now(), after=after).limit(AT_ONCE)
    people = db.session.scalars(next_ones).all()
    telling.published(post, people, adult=adult)
    if len(people) == AT_ONCE:
        ask(post_id, people[-1])


def _wait(post_id: UUID, after: UUID) -> None:
    """It may be back in a minute, or its page, or its author: less and less often it is looked at again."""
    there = select(Post.published_at).where(Post.id == post_id, Post.state != "removed")
    out_since, now = db.session.scalar(there), clock.now()
    if out_since is not None and now - out_since < NEWS_FOR:
        ask(post_id, after, now + min(max(now - out_since, SOON), LATEST))


def _still_out(post_id: UUID) -> Select[Post, bool]:
    """Nobody hears of somebody who is suspended, nor of what was taken down."""
    closed = hidden_from(None, Post.creator_id.expression) | hidden_from(None, Post.id.expression)
    found = select(Post, or_(Post.adult, Creator.adult)).join(*CREATOR).join(*AUTHOR)
    return found.where(Post.id == post_id, OUT, ~closed)
