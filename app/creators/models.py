"""Creators' pages, and the ties between people and creators."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.kit.clock import now
from app.kit.ids import new_id

Timestamp = DateTime(timezone=True)

HEADLINE_MAX, ABOUT_MAX = 100, 5_000
TIER_NAME_MAX, TIER_ABOUT_MAX = 40, 1_000
BENEFIT_MAX, BENEFITS_MAX, WELCOME_MAX = 100, 10, 2_000
CATEGORIES_MAX, LINKS_MAX = 3, 6


def of_creator(**options: Any) -> Any:
    return mapped_column(ForeignKey("creators.id", ondelete="CASCADE"), **options)


def of_person(**options: Any) -> Any:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


class Creator(Model):
    """A person's page as a creator. It has the person's id: one page each."""

    __tablename__ = "creators"

    id: Mapped[UUID] = of_person(primary_key=True)
    headline: Mapped[str] = mapped_column(String(HEADLINE_MAX), default="")
    about: Mapped[str] = mapped_column(String(ABOUT_MAX), default="")
    about_html: Mapped[str] = mapped_column(default="")
    links: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    categories: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    # Pictures as media describes them (kit/pictures.py), so that a page of creators needs no other table.
    avatar: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    cover: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    comments_from: Mapped[str] = mapped_column(default="everyone")
    blocked_words: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    adult: Mapped[bool] = mapped_column(default=False)
    # Who opens a gated picture sees their own handle on it.
    watermark: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="open")
    followers: Mapped[int] = mapped_column(default=0)
    posts: Mapped[int] = mapped_column(default=0)
    # How much is going on there lately; the scheduler reckons it anew.
    popularity: Mapped[float] = mapped_column(default=0.0)
    last_post_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # There is a live room, and its door is open.
    room: Mapped[bool] = mapped_column(default=False, server_default="false")
    # What the directory finds it by: words, and groups of three letters for those who mistype.
    words: Mapped[str] = mapped_column(TSVECTOR, default="")
    trigrams: Mapped[list[str]] = mapped_column(ARRAY(String(3)), default=list)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index("ix_creators_words", "words", postgresql_using="gin"),
        Index("ix_creators_trigrams", "trigrams", postgresql_using="gin"),
        Index("ix_creators_categories", "categories", postgresql_using="gin"),
        Index("ix_creators_new", "created_at", "id", postgresql_where=text("state = 'open'")),
        Index("ix_creators_active", "last_post_at", "id", postgresql_where=text("state = 'open'")),
        Index("ix_creators_popular", "popularity", "id", postgresql_where=text("state = 'open'")),
        CheckConstraint("state in ('open', 'closed')", name="state"),
        CheckConstraint(
            "comments_from in ('everyone', 'followers', 'subscribers', 'nobody')", name="comments_from"
        ),
        CheckConstraint("followers >= 0 and posts >= 0", name="counts"),
    )


class Tier(Model):
    """What subscribers may choose between. A higher rank includes what the lower ones open.

    An archived one keeps its rank, and no other gets it: its posts and its subscribers go on.
    """

    __tablename__ = "tiers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    creator_id: Mapped[UUID] = of_creator()
    name: Mapped[str] = mapped_column(String(TIER_NAME_MAX))
    about: Mapped[str] = mapped_column(String(TIER_ABOUT_MAX), default="")
    rank: Mapped[int]
    price: Mapped[int]  # a month, in minor units of the creator's currency
    # What is less than twelve times that; none: it cannot be had by the year.
    price_year: Mapped[int | None]
    benefits: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    # No more than so many at a time; none: as many as come.
    seats: Mapped[int | None]
    trial_days: Mapped[int] = mapped_column(default=0, server_default="0")
    welcome: Mapped[str] = mapped_column(String(WELCOME_MAX), default="", server_default="")
    currency: Mapped[str] = mapped_column(String(3))
    archived_at: Mapped[datetime | None] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (
        Index(
            "uq_tiers_creator_id_rank",
            "creator_id",
            "rank",
            unique=True,
            postgresql_where=text("archived_at is null"),
        ),
        CheckConstraint("rank >= 1", name="rank"),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("price_year > 0", name="price_year"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("trial_days between 0 and 90", name="trial_days"),
    )


class Follow(Model):
    __tablename__ = "follows"

    user_id: Mapped[UUID] = of_person(primary_key=True)
    creator_id: Mapped[UUID] = of_creator(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)

    __table_args__ = (Index("ix_follows_creator_id", "creator_id", "created_at"),)


class Block(Model):
    """A creator does not want this person here."""

    __tablename__ = "blocks"

    creator_id: Mapped[UUID] = of_creator(primary_key=True)
    user_id: Mapped[UUID] = of_person(primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)


class PrivateFeed(Model):
    """Opens a creator's private feed to a podcast player or a feed reader, which cannot sign in."""

    __tablename__ = "private_feeds"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = of_person()
    creator_id: Mapped[UUID] = of_creator(index=True)
    key_digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp)
    revoked_at: Mapped[datetime | None] = mapped_column(Timestamp)

    __table_args__ = (
        Index(
            "uq_private_feeds_living",
            "user_id",
            "creator_id",
            unique=True,
            postgresql_where=text("revoked_at is null"),
        ),
    )
