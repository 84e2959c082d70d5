"""What this feature holds of a person."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Update, select, update

from app.accounts.queries import the_user
from app.extensions import db
from app.platform import personal_data
from app.platform.personal_data import Row
from app.platform.personal_rows import Rows
from app.posts.models import Bookmark, Comment, Like, Poll, PollOption, PollVote, Post, PostVersion
from app.posts.operations.commenting import author_left

POSTS = Rows(
    Post,
    owner="creator_id",
    shown=(
        "id", "title", "body", "link", "media", "audience", "rank", "price", "currency", "adult", "state",
        "version", "publish_at", "published_at", "edited_at", "pinned_at", "likes", "comments", "views",
        "created_at", "saved_at", "working", "saves",
    ),
    withheld=("body_html", "teaser", "words"),
)  # fmt: skip
LIKES = Rows(Like, shown=("post_id", "created_at"))
BOOKMARKS = Rows(Bookmark, shown=("post_id", "created_at"))
COMMENTS = Rows(
    Comment,
    shown=("id", "post_id", "body", "mentions", "state", "state_before", "created_at", "edited_at"),
)
VOTES = Rows(PollVote, shown=("post_id", "option_id", "created_at"))
OF_POSTS: tuple[tuple[str, str, Sequence[Any]], ...] = (
    (
        "post_versions",
        "Earlier versions of your posts",
        (PostVersion.post_id, PostVersion.version, PostVersion.title, PostVersion.body, PostVersion.saved_at),
    ),
    ("polls", "Polls in your posts", (Poll.post_id, Poll.question, Poll.several, Poll.closes_at)),
    (
        "poll_options",
        "What people could choose in your polls",
        (PollOption.post_id, PollOption.position, PollOption.label, PollOption.votes),
    ),
)
WITH_ITS_POST = "part of a post, and goes with it"


def init_app(app: Flask) -> None:
    for rows, about, erase in (
        (POSTS, "Posts you wrote", POSTS.erase),
        (LIKES, "Posts you like", _erase_likes),
        (BOOKMARKS, "Posts you kept", BOOKMARKS.erase),
        (COMMENTS, "Comments you wrote", _erase_comments),
        (VOTES, "Your votes in polls", _erase_votes),
    ):
        personal_data.table(app, rows.table.name, about, rows.export, erase)
    for name, about, columns in OF_POSTS:
        personal_data.table(app, name, about, partial(_of_my_posts, columns), _goes_with_the_post)
    personal_data.exempt(app, "post_media", WITH_ITS_POST)


def _of_my_posts(columns: Sequence[Any], user_id: UUID) -> Iterator[Row]:
    mine = select(Post.id).where(Post.creator_id == user_id)
    post_id = columns[0]
    for row in db.session.execute(select(*columns).where(post_id.in_(mine))).mappings():
        yield dict(row)


def _goes_with_the_post(user_id: UUID) -> None:
    """By the foreign key."""


def _erase_likes(user_id: UUID) -> None:
    """What was counted of them is no longer counted; so with comments and votes."""
    liked = select(Like.post_id).where(Like.user_id == user_id)
    _change(update(Post).where(Post.id.in_(liked)).values(likes=Post.likes - 1))
    LIKES.erase(user_id)


def _erase_comments(user_id: UUID) -> None:
    if the_user(user_id).state != "suspended":  # theirs do not count by then
        author_left(user_id)
    COMMENTS.erase(user_id)


def _erase_votes(user_id: UUID) -> None:
    voted = select(PollVote.option_id).where(PollVote.user_id == user_id)
    _change(update(PollOption).where(PollOption.id.in_(voted)).values(votes=PollOption.votes - 1))
    VOTES.erase(user_id)


def _change(statement: Update) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
