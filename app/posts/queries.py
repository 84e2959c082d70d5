"""What an author's pages ask about posts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union_all

from app.accounts.models import User
from app.creators.models import Creator, Tier
from app.entitlements.queries import hidden_from
from app.extensions import db
from app.kit import clock
from app.kit.ids import parse_id
from app.media.models import Media
from app.posts.card import AUTHOR, CARD, CREATOR, Card, read_card
from app.posts.models import Poll, PollOption, Post, PostMedia, PostVersion
from app.posts.places import Place
from app.posts.queries_waiting import how_many_wait

PAGE_SIZE = 25
# As long as the scheduler may take on a bad day.
PATIENCE = timedelta(minutes=1)
VERSIONS_AT_ONCE = 20
SEARCHED_WORDS = 8


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    state: str
    by: Any
    newest_first: bool = True


TABS = {
    tab.name: tab
    for tab in (
        Tab("published", "published", Post.published_at),
        Tab("scheduled", "scheduled", Post.publish_at, newest_first=False),
        Tab("drafts", "draft", Post.saved_at),
        Tab("unpublished", "unpublished", Post.saved_at),
    )
}


@dataclass(frozen=True, slots=True)
class Line:
    id: UUID
    title: str
    begins: str
    audience: str
    price: int | None
    currency: str
    state: str
    media: list[dict[str, Any]]
    likes: int
    comments: int
    views: int
    unsaved: bool
    at: datetime
    pinned: bool
    # One of its files is one that no post may show. What is only typed is none of them.
    broken: bool

    @property
    def late(self) -> bool:
        """Its time has come, and something holds it back."""
        return self.at < clock.now() - PATIENCE


LINE = (
    Post.id,
    Post.title,
    func.left(Post.body, 120).label("begins"),
    Post.audience,
    Post.price,
    Post.currency,
    Post.state,
    Post.media,
    Post.likes,
    Post.comments,
    Post.views,
    Post.working.is_not(None).label("unsaved"),
    Post.pinned_at.is_not(None).label("pinned"),
    exists()
    .where(
        PostMedia.post_id == Post.id,
        Media.id == PostMedia.media_id,
        Post.media.contains(func.jsonb_build_array(func.jsonb_build_object("id", Media.id))),
        or_(Media.state == "failed", Media.moderation == "removed"),
    )
    .label("broken"),
)


def lines(
    creator_id: UUID, tab: Tab, words: str = "", after: Place | None = None
) -> tuple[list[Line], Place | None]:
    """One page of a tab, and where the next begins."""
    key = (tab.by, Post.id)
    wanted = select(*LINE, tab.by.label("at")).where(Post.creator_id == creator_id, Post.state == tab.state)
    wanted = wanted.where(*_holds(words)).limit(PAGE_SIZE + 1)
    wanted = wanted.order_by(*(column.desc() if tab.newest_first else column for column in key))
    if after is not None:
        wanted = wanted.where(_beyond(key, after, tab.newest_first))
    rows = [Line(**row._mapping) for row in db.session.execute(wanted)]
    shown = rows[:PAGE_SIZE]
    return shown, Place(shown[-1].at, shown[-1].id) if len(rows) > PAGE_SIZE else None


def counts(creator_id: UUID) -> dict[str, int]:
    """How many posts there are in each state, and how many comments on them wait."""
    states = (
        select(Post.state, func.count().label("amount"))
        .where(Post.creator_id == creator_id)
        .group_by(Post.state)
    )
    both = union_all(states, select(literal("waiting"), how_many_wait(creator_id)))
    return {row.state: row.amount for row in db.session.execute(both)}


def find_mine(creator_id: UUID, post_id: UUID) -> Post | None:
    return db.session.scalar(_mine(creator_id, post_id))


def lock_mine(creator_id: UUID, post_id: UUID) -> Post | None:
    return db.session.scalar(
        _mine(creator_id, post_id).with_for_update().execution_options(populate_existing=True)
    )


def names_something_else(post_id: UUID) -> bool:
    """Whether a person or a file has this id."""
    taken = or_(exists().where(User.id == post_id), exists().where(Media.id == post_id))
    return bool(db.session.scalar(select(taken)))


def card_of(post_id: UUID) -> Card:
    """Whatever its state: for its author."""
    card = select(*CARD).select_from(Post).join(*CREATOR).join(*AUTHOR).where(Post.id == post_id)
    return read_card(db.session.execute(card).one())


def poll_of(post_id: UUID) -> tuple[Poll, list[PollOption]] | None:
    rows = db.session.execute(
        select(Poll, PollOption)
        .join(PollOption, PollOption.post_id == Poll.post_id)
        .where(Poll.post_id == post_id)
        .order_by(PollOption.position)
    ).all()
    return (rows[0][0], [option for _, option in rows]) if rows else None


def currency_of(creator_id: UUID) -> str | None:
    """None for somebody who has no page."""
    return db.session.scalar(select(Creator.currency).where(Creator.id == creator_id))


def page_is_open(creator_id: UUID) -> bool:
    return db.session.scalar(select(Creator.state).where(Creator.id == creator_id)) == "open"


def is_taken_down(post_id: UUID) -> bool:
    """It, or the page that it is on."""
    down = or_(hidden_from(None, Post.id.expression), hidden_from(None, Post.creator_id.expression))
    return bool(db.session.scalar(select(down).where(Post.id == post_id)))


def lock_scheduled(creator_id: UUID) -> Sequence[Post]:
    """What goes out at that moment is waited for, and is none of them."""
    waiting = select(Post).where(Post.creator_id == creator_id, Post.state == "scheduled").order_by(Post.id)
    return db.session.scalars(waiting.with_for_update().execution_options(populate_existing=True)).all()


def tiers_of(creator_id: UUID, post: Post | None = None) -> Sequence[Tier]:
    """The living ones, the lowest first; and those archived that this post is for, or its draft."""
    wanted: list[ColumnElement[bool]] = [Tier.archived_at.is_(None)]
    if post is not None:
        typed = parse_id(str((post.working or {}).get("tier_id", "")))
        wanted += [Tier.rank == post.rank, Tier.id == typed]
    return db.session.scalars(
        select(Tier)
        .where(Tier.creator_id == creator_id, or_(*wanted))
        .order_by(Tier.rank, Tier.archived_at.nulls_first())
    ).all()


def usable_media(owner_id: UUID, media_ids: Collection[UUID], *, not_in_others_than: UUID) -> set[UUID]:
    """Those that are theirs and for posts, in no trouble, and in no other post."""
    elsewhere = exists().where(PostMedia.media_id == Media.id, PostMedia.post_id != not_in_others_than)
    fine = and_(
        Media.user_id == owner_id,
        Media.purpose == "post",
        Media.state.not_in(("failed", "removed")),
        Media.moderation != "removed",
        ~elsewhere,
    )
    return set(db.session.scalars(select(Media.id).where(Media.id.in_(list(media_ids)), fine)))


def media_of(post_id: UUID) -> list[UUID]:
    return list(
        db.session.scalars(
            select(PostMedia.media_id).where(PostMedia.post_id == post_id).order_by(PostMedia.position)
        )
    )


def known_handles(handles: Collection[str]) -> set[str]:
    """In small letters: those that somebody has."""
    if not handles:
        return set()
    wanted = [handle.lower() for handle in handles]
    return set(
        db.session.scalars(
            select(func.lower(User.handle)).where(func.lower(User.handle).in_(wanted), User.state == "active")
        )
    )


def versions(post_id: UUID, before: int | None = None) -> tuple[Sequence[PostVersion], int | None]:
    """The latest first, and before which the next page goes on."""
    wanted = select(PostVersion).where(PostVersion.post_id == post_id)
    if before is not None:
        wanted = wanted.where(PostVersion.version < before)
    found = db.session.scalars(wanted.order_by(PostVersion.version.desc()).limit(VERSIONS_AT_ONCE + 1)).all()
    shown = found[:VERSIONS_AT_ONCE]
    return shown, shown[-1].version if len(found) > VERSIONS_AT_ONCE else None


def version_of(post_id: UUID, version: int) -> PostVersion | None:
    return db.session.get(PostVersion, (post_id, version))


def pinned(creator_id: UUID) -> int:
    return (
        db.session.scalar(
            select(func.count()).where(
                Post.creator_id == creator_id, Post.state == "published", Post.pinned_at.is_not(None)
            )
        )
        or 0
    )


def _mine(creator_id: UUID, post_id: UUID) -> Select[Post]:
    return select(Post).where(Post.id == post_id, Post.creator_id == creator_id, Post.state != "removed")


def _holds(words: str) -> list[ColumnElement[bool]]:
    """Every word, in the title or the text, wherever in it: no index, but only one author's posts."""
    return [
        or_(Post.title.icontains(word, autoescape=True), Post.body.icontains(word, autoescape=True))
        for word in words.split()[:SEARCHED_WORDS]
    ]


def _beyond(key: tuple[Any, Any], after: Place, newest_first: bool) -> ColumnElement[bool]:
    first, second = key
    if newest_first:
        return or_(first < after.at, and_(first == after.at, second < after.id))
    return or_(first > after.at, and_(first == after.at, second > after.id))
