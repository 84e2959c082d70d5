"""What this feature holds of a person."""

from collections.abc import Iterator
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.platform import personal_data
from app.platform.personal_data import Row
from app.platform.personal_rows import Rows
from app.posts.models import Bookmark, Comment, Like, PollVote, Post, PostVersion

POSTS = Rows(
    Post,
    owner="creator_id",
    shown=(
        "id", "title", "body", "link", "media", "audience", "rank", "price", "currency", "adult", "state",
        "version", "publish_at", "published_at", "edited_at", "pinned_at", "likes", "comments", "views",
        "created_at", "saved_at",
    ),
    withheld=("body_html", "teaser", "words"),
)  # fmt: skip
LIKES = Rows(Like, shown=("post_id", "created_at"))
BOOKMARKS = Rows(Bookmark, shown=("post_id", "created_at"))
COMMENTS = Rows(Comment, shown=("id", "post_id", "body", "mentions", "state", "created_at", "edited_at"))
VOTES = Rows(PollVote, shown=("post_id", "option_id", "created_at"))
WITH_ITS_POST = "part of a post, and goes with it"


def init_app(app: Flask) -> None:
    for rows, about in (
        (POSTS, "Posts you wrote"),
        (LIKES, "Posts you like"),
        (BOOKMARKS, "Posts you kept"),
        (COMMENTS, "Comments you wrote"),
        (VOTES, "Your votes in polls"),
    ):
        personal_data.table(app, rows.table.name, about, rows.export, rows.erase)
    personal_data.table(
        app, "post_versions", "Earlier versions of your posts", _versions, _goes_with_the_post
    )
    for name in ("post_media", "polls", "poll_options"):
        personal_data.exempt(app, name, WITH_ITS_POST)


def _versions(user_id: UUID) -> Iterator[Row]:
    columns = (PostVersion.post_id, PostVersion.version, PostVersion.title, PostVersion.body)
    mine = select(Post.id).where(Post.creator_id == user_id)
    found = select(*columns, PostVersion.saved_at).where(PostVersion.post_id.in_(mine))
    for row in db.session.execute(found).mappings():
        yield dict(row)


def _goes_with_the_post(user_id: UUID) -> None:
    """By the foreign key."""
