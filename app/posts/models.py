"""Posts, and what people do with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)

TITLE_MAX, BODY_MAX = 150, 50_000
COMMENT_MAX = 2_000
PICTURES_MAX, OPTIONS_MAX, OPTION_MAX = 20, 10, 80

PUBLISHED = text("state = 'published'")
SHOWS_MEDIA = text("state = 'published' and media <> '[]'::jsonb")
PINNED = text("pinned_at is not null")


def of_post(**options: Any) -> Any:
    return mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), **options)


def of_person(**options: Any) -> Any:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


class Post(Model):
    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("creators.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(TITLE_MAX), default="")
    body: Mapped[str] = mapped_column(String(BODY_MAX), default="")
    # Rendered and sanitised when it is saved; the teaser is what everybody may read of a locked post.
    body_html: Mapped[str] = mapped_column(default="")
    teaser: Mapped[str] = mapped_column(default="")
    link: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    # What its media are, in order, as pages need them (kit/pictures.py).
    media: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    audience: Mapped[str] = mapped_column(default="public")
    # For subscribers: from which rank on.
    rank: Mapped[int] = mapped_column(default=0)
    # To open this post alone; with an audience of subscribers, for everybody else.
    price: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    adult: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="draft")
    # Every change that a reader could see counts it up: what is cached of a post is cached by it.
    version: Mapped[int] = mapped_column(default=1)
    publish_at: Mapped[datetime | None] = mapped_column(Timestamp)
    published_at: Mapped[datetime | None] = mapped_column(Timestamp)
    edited_at: Mapped[datetime | None] = mapped_column(Timestamp)
    pinned_at: Mapped[datetime | None] = mapped_column(Timestamp)
    likes: Mapped[int] = mapped_column(default=0)
    comments: Mapped[int] = mapped_column(default=0)
    views: Mapped[int] = mapped_column(BigInteger, default=0)
    words: Mapped[str] = mapped_column(TSVECTOR, default="")
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    saved_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    # The author's side: what is typed and not shown to anybody yet, field by field as it stands in the
    # editor, and how often it was saved; a browser that saves must know the save before.
    working: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    saves: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        Index("ix_posts_page", "creator_id", "published_at", "id", postgresql_where=PUBLISHED),
        Index("ix_posts_media", "creator_id", "published_at", "id", postgresql_where=SHOWS_MEDIA),
        Index("ix_posts_pinned", "creator_id", postgresql_where=PINNED),
        Index("ix_posts_newest", "published_at", "id", postgresql_where=PUBLISHED),
        Index("ix_posts_desk", "creator_id", "state", "saved_at", "id"),
        Index("ix_posts_due", "publish_at", postgresql_where=text("state = 'scheduled'")),
        Index("ix_posts_words", "words", postgresql_using="gin", postgresql_where=PUBLISHED),
        CheckConstraint("audience in ('public', 'followers', 'subscribers', 'paid')", name="audience"),
        CheckConstraint(
            "state in ('draft', 'scheduled', 'published', 'unpublished', 'removed')", name="state"
        ),
        CheckConstraint("(state = 'published') <= (published_at is not null)", name="published_at"),
        CheckConstraint("(state = 'scheduled') <= (publish_at is not null)", name="publish_at"),
        CheckConstraint("(audience = 'paid') <= (price is not null)", name="paid"),
        CheckConstraint("price is null or price > 0", name="price"),
        CheckConstraint("likes >= 0 and comments >= 0 and views >= 0", name="counts"),
    )


class PostMedia(Model):
    """Which media a post shows, in which order."""

    __tablename__ = "post_media"

    post_id: Mapped[UUID] = of_post(primary_key=True)
    media_id: Mapped[UUID] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class PostVersion(Model):
    """What a published post said before it was edited."""

    __tablename__ = "post_versions"

    post_id: Mapped[UUID] = of_post(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]
    media: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    saved_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class Like(Model):
    __tablename__ = "likes"

    user_id: Mapped[UUID] = of_person(primary_key=True)
    post_id: Mapped[UUID] = of_post(primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class Bookmark(Model):
    __tablename__ = "bookmarks"

    user_id: Mapped[UUID] = of_person(primary_key=True)
    post_id: Mapped[UUID] = of_post(primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (Index("ix_bookmarks_newest", "user_id", "created_at", "post_id"),)


class Comment(Model):
    __tablename__ = "comments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    post_id: Mapped[UUID] = of_post()
    user_id: Mapped[UUID] = of_person(index=True)
    body: Mapped[str] = mapped_column(String(COMMENT_MAX))
    # The handles it names, as they were found when it was written.
    mentions: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    state: Mapped[str] = mapped_column(default="shown")
    # What it was when the house took it down, in case that it is put back.
    state_before: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index("ix_comments_post_id", "post_id", "created_at", "id"),
        # Few, of all that is said, and counted whenever a creator looks at their desk.
        Index("ix_comments_held", "post_id", postgresql_where=text("state = 'held'")),
        # Held: has words that the creator does not want; only they and its author see it.
        CheckConstraint("state in ('shown', 'held', 'hidden', 'deleted')", name="state"),
    )


class Poll(Model):
    __tablename__ = "polls"

    post_id: Mapped[UUID] = of_post(primary_key=True)
    question: Mapped[str] = mapped_column(String(TITLE_MAX))
    several: Mapped[bool] = mapped_column(default=False)
    closes_at: Mapped[datetime | None] = mapped_column(Timestamp)


class PollOption(Model):
    __tablename__ = "poll_options"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("polls.post_id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(OPTION_MAX))
    votes: Mapped[int] = mapped_column(default=0)


class PollVote(Model):
    __tablename__ = "poll_votes"

    user_id: Mapped[UUID] = of_person(primary_key=True)
    option_id: Mapped[UUID] = mapped_column(
        ForeignKey("poll_options.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    post_id: Mapped[UUID] = of_post(index=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
