"""What the page of one post needs: a fixed number of statements, however much was said about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Uuid,
    and_,
    exists,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.accounts import ages
from app.accounts.models import User
from app.accounts.queries_hiding import hides
from app.creators.models import Creator, Follow
from app.entitlements.queries import held, hidden_from, read_held, scopes_held
from app.entitlements.rules import Holding, Kind
from app.extensions import db
from app.kit import clock
from app.platform.errors import NotFound
from app.platform.prepared import Prepared, parameter
from app.posts.card import (
    AUTHOR,
    CARD,
    CREATOR,
    Author,
    Card,
    Seen,
    read_card,
    read_seen,
    seen_by,
    shown_to_few,
)
from app.posts.commenting import SIGN_IN, why_silent
from app.posts.errors import Locked, TooYoung
from app.posts.locks import OUT
from app.posts.models import Bookmark, Comment, Poll, PollOption, PollVote, Post
from app.posts.places import Place

COMMENTS = 20
BOOKMARKS = 20

MOMENT = DateTime(timezone=True)
# Who looks: nobody's id is NULL, who follows, holds and hides nothing.
ME = parameter(1, Uuid())


@dataclass(frozen=True, slots=True)
class Option:
    id: UUID
    label: str
    votes: int
    mine: bool


@dataclass(frozen=True, slots=True)
class PollShown:
    question: str
    several: bool
    closes_at: datetime | None
    options: Sequence[Option]

    @property
    def voted(self) -> bool:
        return any(option.mine for option in self.options)

    @property
    def closed(self) -> bool:
        return self.closes_at is not None and self.closes_at <= clock.now()

    @property
    def votes(self) -> int:
        return sum(option.votes for option in self.options)


@dataclass(frozen=True, slots=True)
class Host:
    """Whose page the post belongs to, for creators/_follow.html."""

    href: str
    display_name: str
    followers: int
    followed: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class OpenPost:
    """A post as one viewer meets it. What is locked is not in here."""

    card: Card
    seen: Seen
    body_html: Markup
    views: int
    # Else it is its author's alone, theirs who bought it, and theirs who decide about it.
    out: bool
    poll: PollShown | None
    # Why this viewer may not comment; None when they may.
    silent: str | None
    host: Host

    @property
    def sign_in_to_comment(self) -> bool:
        return self.silent == SIGN_IN


@dataclass(frozen=True, slots=True)
class CommentShown:
    id: UUID
    post_id: UUID
    author: Author
    body: str
    mentions: Sequence[str]
    state: str
    created_at: datetime
    edited_at: datetime | None
    mine: bool
    # The viewer wrote the post that it is about.
    hosted: bool


@dataclass(frozen=True, slots=True)
class Comments:
    shown: Sequence[CommentShown] = field(default_factory=tuple)
    # Where they go on, when there are more; and whether they begin in the middle.
    more: UUID | None = None
    earlier: bool = False

    @property
    def last(self) -> UUID | None:
        return self.shown[-1].id if self.shown else None


@dataclass(frozen=True, slots=True)
class Neighbour:
    id: UUID
    title: str


def find_post(post_id: UUID, viewer_id: UUID | None) -> OpenPost:
    """One statement. NotFound for what may not even be known to exist."""
    row = _found().first(viewer_id, post_id, clock.now())
    if row is None:
        raise NotFound
    card = read_card(row)
    if not row.out:
        card = shown_to_few(card)
    seen = read_seen(row, card, viewer_id)
    if seen.hidden:
        raise NotFound
    return OpenPost(
        card,
        seen,
        Markup(row.body_html if seen.open else ""),  # noqa: S704 - sanitised when it was saved
        row.views,
        row.out,
        _poll(row) if seen.open else None,
        _silent(row, card, seen),
        _host(row, card, seen),
    )


def bought(post_id: UUID, person_id: UUID) -> bool:
    return any(one.scope_id == post_id and one.kind is Kind.PURCHASE for one in held(person_id, [post_id]))


def open_post(post_id: UUID, viewer_id: UUID | None) -> OpenPost:
    """For what only those may do to whom it is open."""
    found = find_post(post_id, viewer_id)
    if not found.seen.open:
        raise Locked
    hold_to_age(found, viewer_id)
    return found


def hold_to_age(post: OpenPost, viewer_id: UUID | None) -> None:
    """Whose age we know takes no part in what is for adults."""
    if post.card.adult and not post.seen.mine and viewer_id and ages.is_minor(viewer_id):
        raise TooYoung


def find_comments(
    post: OpenPost,
    viewer_id: UUID | None,
    *,
    since: UUID | None = None,
    after: UUID | None = None,
    at_most: int = COMMENTS,
) -> Comments:
    """The oldest first; `since` a comment, it included, or `after` it. None of a locked post."""
    if not post.seen.open:
        return Comments()
    known = since or after
    statement = _said(hosting=post.seen.mine, beginning=since is not None, going_on=known is not None)
    rows = statement.all(viewer_id, post.card.id, at_most + 1, *([known] if known else []))
    shown = [read_comment(row, viewer_id, post.seen.mine) for row in rows]
    more = shown[at_most].id if len(shown) > at_most else None
    return Comments(shown[:at_most], more, earlier=since is not None)


def find_comment(comment_id: UUID, viewer_id: UUID | None) -> tuple[CommentShown, OpenPost]:
    """For whoever may see it."""
    post_id = db.session.scalar(select(Comment.post_id).where(Comment.id == comment_id))
    if post_id is None:
        raise NotFound
    post = find_post(post_id, viewer_id)
    row = db.session.execute(
        spoken(viewer_id, hosting=post.seen.mine).where(Comment.id == comment_id)
    ).first()
    # Who deletes or hides may do so although the post has closed to them since.
    if row is None or not (post.seen.open or row.user_id == viewer_id):
        raise NotFound
    return read_comment(row, viewer_id, post.seen.mine), post


def neighbours(card: Card, viewer_id: UUID | None) -> tuple[Neighbour | None, Neighbour | None]:
    """The posts of the same creator before and after this one. One statement."""
    rows = _beside().all(viewer_id, card.creator.id, card.published_at, card.id)
    found = {
        (row.published_at, row.id) < (card.published_at, card.id): Neighbour(row.id, row.title)
        for row in rows
    }
    return found.get(True), found.get(False)


def kept_posts(
    viewer_id: UUID, *, before: Place | None = None
) -> tuple[list[tuple[Card, Seen]], Place | None]:
    """What somebody kept, the last kept first, and where it goes on. What has gone is left out."""
    hidden = (hidden_from(viewer_id, scope) for scope in (Post.id.expression, Post.creator_id.expression))
    wanted = (
        select(*CARD, *seen_by(viewer_id), Bookmark.created_at.label("kept_at"))
        .select_from(Bookmark)
        .join(Post, Post.id == Bookmark.post_id)
        .join(*CREATOR)
        .join(*AUTHOR)
        .where(Bookmark.user_id == viewer_id, OUT, *(~one for one in hidden))
        .order_by(Bookmark.created_at.desc(), Bookmark.post_id.desc())
        .limit(BOOKMARKS + 1)
    )
    if before:
        wanted = wanted.where(tuple_(Bookmark.created_at, Bookmark.post_id) < tuple_(before.at, before.id))
    rows = db.session.execute(wanted).all()
    cards = [(card := read_card(row), read_seen(row, card, viewer_id)) for row in rows[:BOOKMARKS]]
    last = rows[BOOKMARKS - 1] if len(rows) > BOOKMARKS else None
    return cards, Place(last.kept_at, last.id) if last else None


def spoken(viewer_id: UUID | ColumnElement[UUID] | None, *, hosting: bool) -> Any:
    """Those of suspended people wait with them. Whose post it is reads also whom they have hidden."""
    columns = (
        Comment.id,
        Comment.post_id,
        Comment.user_id,
        Comment.body,
        Comment.mentions,
        Comment.state,
        Comment.created_at,
        Comment.edited_at,
        User.handle,
        User.display_name,
        User.avatar_hue,
        Creator.avatar,
    )
    found = (
        select(*columns)
        .join(User, User.id == Comment.user_id)
        .outerjoin(Creator, Creator.id == Comment.user_id)
        .where(Comment.state != "deleted", User.state == "active")
    )
    if hosting:
        return found
    found = found.where(or_(Comment.state == "shown", Comment.user_id == viewer_id))
    return found.where(~hides(viewer_id, Comment.user_id.expression))


def read_comment(row: Any, viewer_id: UUID | None, hosted: bool) -> CommentShown:
    return CommentShown(
        row.id,
        row.post_id,
        Author(row.user_id, row.handle, row.display_name, row.avatar_hue, row.avatar),
        row.body,
        row.mentions,
        row.state,
        row.created_at,
        row.edited_at,
        mine=row.user_id == viewer_id,
        hosted=hosted,
    )


@lru_cache
def _found() -> Prepared:
    post_id, now = parameter(2, Uuid()), parameter(3, MOMENT)
    follows = exists().where(Follow.creator_id == Post.creator_id, Follow.user_id == ME).correlate(Post)
    # What they bought stays theirs when its author shows it to nobody else any more, and its author's.
    bought = Post.id.in_(scopes_held(ME, [Kind.PURCHASE, Kind.GIFT], now))
    mine = and_(Post.creator_id == ME, Post.published_at.is_not(None))
    # And whoever decides about a report looks at it, wherever its author took it or went.
    deciding = scopes_held(ME, [Kind.STAFF], now)
    on_the_page = and_(Post.creator_id.in_(deciding), Post.state == "published")
    staff = or_(Post.id.in_(deciding), on_the_page)
    kept = and_(Post.state != "removed", or_(and_(User.state == "active", or_(bought, mine)), staff))
    found = (
        select(
            *CARD,
            *seen_by(ME, now),
            Post.body_html,
            Post.views,
            OUT.label("out"),
            Creator.comments_from,
            Creator.followers,
            follows.label("followed"),
            Poll.question,
            Poll.several,
            Poll.closes_at,
            _options().label("options"),
        )
        .select_from(Post)
        .join(*CREATOR)
        .join(*AUTHOR)
        .outerjoin(Poll, Poll.post_id == Post.id)
        .where(Post.id == post_id, or_(OUT, kept))
    )
    return Prepared(found, parameters=3)


@lru_cache
def _said(*, hosting: bool, beginning: bool, going_on: bool) -> Prepared:
    """`beginning` with the one that is known, `going_on` after it."""
    post_id, many, known_id = parameter(2, Uuid()), parameter(3, Integer()), parameter(4, Uuid())
    found = spoken(ME, hosting=hosting).where(Comment.post_id == post_id)
    if hosting:
        found = found.where(ME.is_not(None))  # PostgreSQL wants to know the type of each parameter
    if going_on:
        known = select(Comment.created_at, Comment.id)
        from_there = known.where(Comment.id == known_id, Comment.post_id == post_id).scalar_subquery()
        place = tuple_(Comment.created_at, Comment.id)
        found = found.where(place >= from_there if beginning else place > from_there)
    return Prepared(
        found.order_by(Comment.created_at, Comment.id).limit(many), parameters=4 if going_on else 3
    )


@lru_cache
def _beside() -> Prepared:
    creator_id, published_at, post_id = parameter(2, Uuid()), parameter(3, MOMENT), parameter(4, Uuid())
    place, here = tuple_(Post.published_at, Post.id), tuple_(published_at, post_id)
    theirs = (
        select(Post.id, Post.title, Post.published_at)
        .join(*CREATOR)
        .join(*AUTHOR)
        .where(Post.creator_id == creator_id, OUT, ~hidden_from(ME, Post.id.expression))
    )
    before = theirs.where(place < here).order_by(Post.published_at.desc(), Post.id.desc()).limit(1)
    after = theirs.where(place > here).order_by(Post.published_at, Post.id).limit(1)
    return Prepared(union_all(before.subquery().select(), after.subquery().select()), parameters=4)


def _host(row: Any, card: Card, seen: Seen) -> Host:
    creator = card.creator
    return Host(f"/@{creator.handle}", creator.display_name, row.followers, row.followed, seen.mine)


def _options() -> ColumnElement[Any]:
    mine = exists().where(PollVote.option_id == PollOption.id, PollVote.user_id == ME)
    one = func.jsonb_build_array(PollOption.id, PollOption.label, PollOption.votes, mine)
    return (
        select(func.jsonb_agg(aggregate_order_by(one, PollOption.position)))
        .where(PollOption.post_id == Post.id)
        .correlate(Post)
        .scalar_subquery()
    )


def _poll(row: Any) -> PollShown | None:
    if row.question is None:
        return None
    options = [Option(UUID(one), label, votes, mine) for one, label, votes, mine in row.options or ()]
    return PollShown(row.question, row.several, row.closes_at, options)


def _silent(row: Any, card: Card, seen: Seen) -> str | None:
    holdings: list[Holding] = read_held(row.held)
    return why_silent(row.comments_from, seen, card.creator, holdings)
