"""What the demo's fan and its creator were told before anybody comes, by the operations that everything goes
through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.demo import people, ties
from app.demo.made_ids import Edition
from app.demo.plans import PagePlan
from app.extensions import db
from app.kit import clock
from app.notifications.operations import reading
from app.posts import telling
from app.posts.models import Comment, Like, Post

# What is older they have read.
READ_BEFORE = timedelta(days=2)
POSTS = 3


@dataclass(frozen=True, slots=True)
class Doing:
    at: datetime
    post: Post
    by: Like | Comment


def put_in(page: PagePlan, edition: Edition) -> None:
    """Once the page is full."""
    posts = newest(page.creator_id)
    if page.handle == people.CREATOR.handle:
        tell_creator(page.creator_id, posts, edition.at)
    if posts and page.handle in ties.FOLLOWED:
        with clock.as_then(posts[0].published_at or edition.at):
            telling.published(posts[0], [people.FAN.id], adult=posts[0].adult)


def newest(creator_id: UUID) -> Sequence[Post]:
    theirs = select(Post).where(Post.creator_id == creator_id, Post.state == "published")
    return db.session.scalars(theirs.order_by(Post.published_at.desc()).limit(POSTS)).all()


def tell_creator(creator_id: UUID, posts: Sequence[Post], at: datetime) -> None:
    doings = sorted(_doings(posts), key=lambda one: one.at)
    old = sum(one.at < at - READ_BEFORE for one in doings)
    for number, one in enumerate(doings):
        with clock.as_then(one.at):
            if number == old:
                reading.read_all(creator_id)
            if isinstance(one.by, Comment):
                telling.commented(one.by, creator_id, one.post.title)
            else:
                telling.liked(creator_id, one.by.user_id, one.post.id, one.post.title)


def _doings(posts: Sequence[Post]) -> Iterator[Doing]:
    by_id = {post.id: post for post in posts}
    for like in db.session.scalars(select(Like).where(Like.post_id.in_(by_id))):
        yield Doing(like.created_at, by_id[like.post_id], like)
    for comment in db.session.scalars(select(Comment).where(Comment.post_id.in_(by_id))):
        yield Doing(comment.created_at, by_id[comment.post_id], comment)
