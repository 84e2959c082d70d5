"""What a list of posts shows to somebody, and their part in each: one statement a page, of any list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, aggregate_order_by

from app.accounts.models import User
from app.creators.hiding import let_in
from app.creators.models import Creator, Follow
from app.entitlements.queries import held_column, hidden_from, scopes_held
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.platform.prepared import Prepared, parameter
from app.posts.card import AUTHOR, CARD, CREATOR, OPENING, Author, Card, read_card, shown_to_few
from app.posts.models import Bookmark, Like, Post
from app.posts.places import FIRST, LAST, Place

PAGE = 20
# How much of a list is shown at once to those who come back to it.
MOST = 200
SUGGESTIONS = 6


MOMENT = DateTime(timezone=True)
ME, NOW = parameter(1, Uuid()), parameter(2, MOMENT)
BEFORE = tuple_(parameter(3, MOMENT), parameter(4, Uuid()))
UNTIL = tuple_(parameter(5, MOMENT), parameter(6, Uuid()))
CREATOR_ID = parameter(7, Uuid())
# As it stands in the conditions of the indexes.
OUT = Post.state == literal_column("'published'")
WITH_MEDIA = Post.media != literal_column("'[]'::jsonb", JSONB)
WHERE = tuple_(Post.published_at, Post.id)
LISTED: tuple[Any, ...] = (Post.id, Post.published_at)
BELONGING = (Kind.SUBSCRIPTION, Kind.GIFT)


class Show(StrEnum):
    ALL = "all"
    SUBSCRIBED = "subscribed"
    MEDIA = "media"


class Of(StrEnum):
    """Which of a creator's posts."""

    ALL = "all"
    # Without those that are pinned; on the first page they stand above.
    BELOW = "below"
    FRONT = "front"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of a list: older than `before`, not older than `until`, so many at most."""

    before: Place = LAST
    until: Place = FIRST
    many: int = PAGE

    @property
    def bounds(self) -> tuple[datetime, str, datetime, str]:
        return self.before.at, str(self.before.id), self.until.at, str(self.until.id)


# A lock, as it is told: whose post, and what it asks for.
Asks = tuple[str, str, str, int, int | None, str]


class Line(NamedTuple):
    """A post in a list: what its card is kept by, what it asks for, and one viewer's part in it.

    In text and numbers, as the statement told it: of most of them nothing is read but the key of a card.
    """

    id: str
    creator_id: str
    audience: str
    rank: int
    price: int | None
    currency: str
    version: int
    # Of what the card shows beside the post: its author, the tier that opens it.
    stamp: int
    adult: bool
    published_at: str
    # Pinned by its author, above all others.
    above: bool
    likes: int
    comments: int
    liked: bool
    kept: bool
    held: str

    @property
    def asks(self) -> Asks:
        return self[:6]

    @property
    def place(self) -> Place:
        return Place(datetime.fromisoformat(self.published_at), UUID(self.id))


@dataclass(frozen=True, slots=True)
class Suggestion:
    creator: Author
    headline: str


@dataclass(frozen=True, slots=True)
class Lines:
    found: list[Line]
    more: bool
    above: Sequence[Line] = ()


def feed(person: UUID, show: Show, stretch: Stretch) -> Lines:
    return _lines(_feed(show, stretch.many), stretch, person)


def newer(person: UUID, show: Show, than: Place) -> int:
    """How many posts have come, up to one more than a page holds."""
    bounds = Stretch(until=than.included).bounds
    return int(_newer(show).run(person, clock.now(), *bounds)[0][0])


def discovery(person: UUID) -> list[Suggestion]:
    """Popular creators whom somebody does not follow yet."""
    followed = exists().where(Follow.user_id == person, Follow.creator_id == Creator.id)
    shown = (User.handle, User.display_name, User.avatar_hue, Creator.avatar, Creator.headline)
    found = (
        select(Creator.id, *shown)
        .join(User, and_(User.id == Creator.id, User.state == "active"))
        .where(Creator.state == "open", Creator.id != person, ~followed)
        .where(~hidden_from(person, Creator.id.expression))
        .order_by(Creator.popularity.desc(), Creator.id.desc())
        .limit(SUGGESTIONS)
    )
    return [
        Suggestion(Author(id_, handle, name, hue, avatar), headline)
        for id_, handle, name, hue, avatar, headline in db.session.execute(found)
    ]


def by_creator(person: UUID | None, creator_id: UUID, of: Of, stretch: Stretch) -> Lines:
    statement = _by_creator(of, stretch.many, signed_in=person is not None)
    return _lines(statement, stretch, person, creator_id)


def cards(post_ids: Collection[UUID]) -> list[tuple[Card, int]]:
    """What is shown of them, with their stamps."""
    found = (
        select(*CARD, _page_state().label("page"), _stamp().label("stamp"))
        .select_from(Post)
        .join(*CREATOR)
        .join(*AUTHOR)
        .where(Post.id.in_(post_ids), OUT)
    )
    read = ((row, read_card(row)) for row in db.session.execute(found))
    return [(card if row.page == "open" else shown_to_few(card), row.stamp) for row, card in read]


def _lines(statement: Prepared, stretch: Stretch, person: UUID | None, *subject: UUID) -> Lines:
    told = statement.run(person, clock.now(), *stretch.bounds, *subject)[0][0]
    rows = [Line._make(row) for row in told]
    found = [line for line in rows if not line.above]
    above = rows[: len(rows) - len(found)]
    return Lines(found[: stretch.many], more=len(found) > stretch.many, above=above)


# One more than asked for tells whether there are older ones.


@lru_cache
def _feed(show: Show, many: int) -> Prepared:
    return Prepared(_seen(_followed_posts(show, many + 1), ME), parameters=6)


@lru_cache
def _newer(show: Show) -> Prepared:
    page = _followed_posts(show, PAGE + 1)
    seen = select(func.count()).select_from(page).where(~hidden_from(ME, page.c.id))
    return Prepared(seen, parameters=6)


@lru_cache
def _by_creator(of: Of, many: int, *, signed_in: bool) -> Prepared:
    theirs, pinned = Post.creator_id == CREATOR_ID, Post.pinned_at.is_not(None)
    if not signed_in:
        theirs &= ME.is_(None)  # PostgreSQL wants to know the type of each parameter
    wanted = {Of.ALL: true(), Of.MEDIA: WITH_MEDIA}.get(of, ~pinned)
    newest = _newest(many + 1, theirs, wanted)
    page = newest.cte("page")
    if of is Of.FRONT:
        above = select(*LISTED, true().label("above")).where(theirs, OUT, pinned)
        page = above.union_all(newest.add_columns(false())).cte("page")
    if not signed_in:
        return Prepared(_seen(page, None), parameters=7)
    return Prepared(_seen(page, ME, let_in(ME, Creator.id.expression, NOW)), parameters=7)


def _followed_posts(show: Show, many: int) -> CTE:
    """However many posts there are, it reads the newest of each creator, then only what may be on the page.

    As many creators as posts are wanted are enough, those with the newest posts; and nothing older than the
    newest post of the last of them can be among so many.
    """
    wanted = [WITH_MEDIA] if show is Show.MEDIA else []
    sources = _subscribed() if show is Show.SUBSCRIBED else _followed()
    latest = _newest(1, Post.creator_id == sources.c.id, *wanted).correlate(sources).lateral("latest")
    tops = (
        select(sources.c.id.label("creator_id"), latest.c.published_at)
        .select_from(sources.join(latest, true()))
        .order_by(latest.c.published_at.desc())
        .limit(many)
        .cte("tops")
    )
    enough = func.count() >= many
    least = select(case((enough, func.min(tops.c.published_at)), else_=FIRST.at)).select_from(tops)
    recent = Post.published_at >= least.scalar_subquery()
    newest = _newest(many, Post.creator_id == tops.c.creator_id, recent, *wanted).correlate(tops)
    found = newest.lateral("newest")
    return (
        select(found.c.id, found.c.published_at)
        .select_from(tops.join(found, true()))
        .order_by(found.c.published_at.desc(), found.c.id.desc())
        .limit(many)
        .cte("page")
    )


def _newest(many: int, *conditions: Any) -> Select[Any]:
    return (
        select(*LISTED)
        .where(*conditions, OUT, WHERE < BEFORE, WHERE >= UNTIL)
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(many)
    )


def _followed() -> CTE:
    follows = select(Follow.creator_id).where(Follow.user_id == ME)
    return _open(union(follows, scopes_held(ME, BELONGING, NOW)).subquery("theirs").c[0])


def _subscribed() -> CTE:
    return _open(scopes_held(ME, BELONGING, NOW).distinct().subquery("theirs").c[0])


def _open(creator_id: Any) -> CTE:
    """Left out here and not from the page: what cannot be shown would take the place of what can."""
    return (
        select(Creator.id)
        .join(creator_id.table, Creator.id == creator_id)
        .join(User, and_(User.id == Creator.id, User.state == "active"))
        .where(Creator.state == "open", ~hidden_from(ME, Creator.id.expression))
        .cte("sources")
    )


def _seen(page: CTE, me: Any, decides: ColumnElement[bool] | None = None) -> Select[Any]:
    """The page's posts with what `Line` holds, in its order. Those of a closed page are its owner's alone.

    `decides`: who looks at them wherever their author went.

    As one value, which is read at once: column by column of each row it took longer than to find them.
    """
    liked = exists().where(Like.post_id == Post.id, Like.user_id == me) if me is not None else false()
    kept = exists().where(Bookmark.post_id == Post.id, Bookmark.user_id == me) if me is not None else false()
    held = held_column(me, Post.id.expression, Post.creator_id.expression, at=NOW)
    above = page.c.get("above", false())
    order = [page.c[name].desc() for name in ("above", "published_at", "id") if name in page.c]
    line = func.json_build_array(
        Post.id, Post.creator_id, Post.audience, Post.rank, Post.price, Post.currency,
        Post.version, _stamp(), or_(Post.adult, Creator.adult),
        Post.published_at, above, Post.likes, Post.comments, liked, kept, cast(held, Text),
    )  # fmt: skip
    decides = false() if decides is None else decides
    known = or_(Creator.state == "open", Creator.id == me, decides)
    return (
        select(func.coalesce(func.json_agg(aggregate_order_by(line, *order)), cast(literal("[]"), JSON)))
        .select_from(page)
        .join(Post, Post.id == page.c.id)
        .join(
            Creator,
            and_(Creator.id == Post.creator_id, known),
        )
        .join(User, and_(User.id == Post.creator_id, or_(User.state == "active", decides)))
    )


def _stamp() -> Any:
    opening = case((Post.audience == "subscribers", OPENING))
    asks = (Post.audience, Post.rank, Post.price, Post.currency)
    author = (User.handle, User.display_name, User.avatar_hue, Creator.avatar["id"].astext)
    page = (Creator.adult, _page_state())
    return func.hashtextextended(
        func.jsonb_build_array(*asks, *author, *page, opening).cast(Text), literal(0)
    )


def _page_state() -> Any:
    """Of the author's page. While they are suspended it is as little out as a closed one."""
    return case((User.state != "active", "away"), else_=Creator.state)
