"""A post as lists and its own page show it.

`Card` is the same for everybody and may be kept as long as its version holds; `Seen` is what one
viewer adds to it. templates/posts/_card.html renders the two together:

    found = select(*CARD, *seen_by(viewer_id)).select_from(Post).join(*CREATOR).join(*AUTHOR)
    row = db.session.execute(found.where(...)).one()
    card, seen = read_card(row), read_seen(row, viewer_id)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import ColumnElement, case, exists, false, func, or_, select

from app.accounts.models import User
from app.creators.models import Creator, Tier
from app.entitlements.queries import held_column, read_held
from app.entitlements.rules import Audience, Closed, Decision, Lock, Outcome, Step, Way, judge
from app.kit.money import readable
from app.kit.text import shortened, whole_tags
from app.media.addresses import Holder, address, public_address
from app.media.shown import TEASER, Described
from app.media.templating import playing_time
from app.posts.models import Bookmark, Like, Poll, Post

# What a card shows of a text; the rest is read on the post's own page.
SHORT, EXCERPT = 1_200, 420
# What is behind a lock, in this order.
KINDS = {"image": "picture", "video": "video", "audio": "sound"}
# When a browser fetches a picture.
FIRST, LATER = 'fetchpriority="high"', 'loading="lazy"'


@dataclass(frozen=True, slots=True)
class Author:
    """For the `avatar` and `person_line` components too."""

    id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    avatar: Described | None

    @property
    def avatar_url(self) -> str | None:
        if self.avatar is None:
            return None
        return public_address(self.avatar, "square96")


@dataclass(frozen=True, slots=True)
class Opener:
    """The cheapest tier that opens a post for subscribers."""

    id: str
    name: str
    price: int
    currency: str

    @property
    def a_month(self) -> str:
        return readable(self.price, self.currency)


@dataclass(frozen=True, slots=True)
class Card:
    id: UUID
    creator: Author
    title: str
    # Safe HTML: the whole body when it is short, else how it begins. Not for those to whom it is locked.
    body_html: Markup
    goes_on: bool
    # Everybody may read this.
    teaser: str
    media: Sequence[Described]
    link: dict[str, Any] | None
    poll: bool
    audience: Audience
    rank: int
    price: int | None
    currency: str
    tier: Opener | None
    adult: bool
    version: int
    published_at: datetime
    edited_at: datetime | None
    pinned_at: datetime | None
    likes: int
    comments: int

    @property
    def lock(self) -> Lock:
        return Lock(self.id, self.creator.id, self.audience, self.rank, self.price, self.currency)

    @property
    def href(self) -> str:
        return f"/posts/{self.id}"

    @property
    def marked(self) -> str | None:
        """The chip beside its author: for whom it is."""
        if self.audience is Audience.SUBSCRIBERS:
            return self.tier.name if self.tier else "Subscribers"
        if self.audience is Audience.PAID:
            return readable(self.price or 0, self.currency)
        return "Followers" if self.audience is Audience.FOLLOWERS else None

    @property
    def holder(self) -> Holder:
        """What shows its media, for their addresses."""
        return ("post", self.id)

    @property
    def inside(self) -> str:
        """What there is to see and hear: "3 pictures, 1 video (0:08)". It tells nothing that a lock keeps."""
        found = ([one for one in self.media if one["kind"] == kind] for kind in KINDS)
        return ", ".join(_counted(noun, few) for noun, few in zip(KINDS.values(), found, strict=True) if few)

    @property
    def teaser_picture(self) -> str | None:
        """Blurred by us when it was uploaded; the rendition that everybody may see."""
        one = next((one for one in self.media if TEASER in one["names"]), None)
        return public_address(one, TEASER) if one else None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one viewer adds to a card."""

    post_id: UUID
    decision: Decision
    liked: bool
    kept: bool
    viewer_id: UUID | None
    mine: bool

    @property
    def open(self) -> bool:
        return self.decision.open

    @property
    def hidden(self) -> bool:
        return self.decision.outcome is Outcome.HIDDEN

    @property
    def loading(self) -> Markup:
        return Markup(LATER)  # noqa: S704 - our own words

    def address(self, described: Described, name: str) -> str:
        return address(described, name, holder=("post", self.post_id), viewer_id=self.viewer_id)


def _counted(noun: str, media: Sequence[Described]) -> str:
    words = f"{len(media)} {noun}{'' if len(media) == 1 else 's'}"
    lasts = sum(one["ms"] or 0 for one in media)
    return f"{words} ({playing_time(lasts)})" if lasts else words


def gate_words(card: Card, decision: Decision) -> tuple[str, str]:
    """On a locked card: what it is, and what opens it."""
    if decision.because == Closed.AGE:
        return "For adults", f"Marked 18+ by {card.creator.display_name}."
    ways = {way.step: way for way in decision.ways}
    if Step.FOLLOW in ways:
        return "For followers", f"Follow {card.creator.display_name} to open it. Following costs nothing."
    buy = _price(ways.get(Step.BUY))
    if Step.SUBSCRIBE not in ways:
        return f"Opens for {buy}", "Paid once, yours to keep."
    name = card.tier.name if card.tier else "a subscription"
    join = f"{card.tier.a_month} a month" if card.tier else "No tier opens it at the moment"
    return f"Included in {name}", join + (f", or {buy} for just this one." if buy else ".")


def _price(way: Way | None) -> str:
    return readable(way.price or 0, way.currency) if way else ""


CREATOR = (Creator, Creator.id == Post.creator_id)
AUTHOR = (User, User.id == Post.creator_id)

OPENING = (
    select(func.jsonb_build_array(Tier.id, Tier.name, Tier.price, Tier.currency))
    .where(Tier.creator_id == Post.creator_id, Tier.archived_at.is_(None), Tier.rank >= Post.rank)
    .order_by(Tier.rank)
    .limit(1)
    .correlate(Post)
    .scalar_subquery()
)

CARD: tuple[ColumnElement[Any], ...] = (
    Post.id.expression,
    Post.creator_id.expression,
    User.handle.expression,
    User.display_name.expression,
    User.avatar_hue.expression,
    Creator.avatar.expression,
    Post.title.expression,
    func.left(Post.body_html, 4 * SHORT).label("begins"),
    func.length(Post.body_html).label("length"),
    Post.teaser.expression,
    Post.media.expression,
    Post.link.expression,
    exists().where(Poll.post_id == Post.id).correlate(Post).label("poll"),
    Post.audience.expression,
    Post.rank.expression,
    Post.price.expression,
    Post.currency.expression,
    case((Post.audience == "subscribers", OPENING)).label("tier"),
    or_(Post.adult, Creator.adult).label("adult"),
    Post.version.expression,
    Post.published_at.expression,
    Post.edited_at.expression,
    Post.pinned_at.expression,
    Post.likes.expression,
    Post.comments.expression,
)


def seen_by(
    viewer_id: UUID | ColumnElement[UUID] | None, at: ColumnElement[datetime] | None = None
) -> tuple[ColumnElement[Any], ...]:
    """What `read_seen` needs, beside CARD."""
    held = held_column(viewer_id, Post.id.expression, Post.creator_id.expression, at=at).label("held")
    if viewer_id is None:
        return (false().label("liked"), false().label("kept"), held)
    liked = exists().where(Like.post_id == Post.id, Like.user_id == viewer_id).correlate(Post)
    kept = exists().where(Bookmark.post_id == Post.id, Bookmark.user_id == viewer_id).correlate(Post)
    return (liked.label("liked"), kept.label("kept"), held)


def read_card(row: Any) -> Card:
    body, goes_on = _excerpt(row.begins, row.length)
    return Card(
        id=row.id,
        creator=Author(row.creator_id, row.handle, row.display_name, row.avatar_hue, row.avatar),
        title=row.title,
        body_html=body,
        goes_on=goes_on,
        teaser=row.teaser,
        media=row.media,
        link=row.link,
        poll=row.poll,
        audience=Audience(row.audience),
        rank=row.rank,
        price=row.price,
        currency=row.currency,
        tier=Opener(*row.tier) if row.tier else None,
        adult=row.adult,
        version=row.version,
        published_at=row.published_at,
        edited_at=row.edited_at,
        pinned_at=row.pinned_at,
        likes=row.likes,
        comments=row.comments,
    )


def shown_to_few(card: Card) -> Card:
    """While it is not out, public addresses of its media lead nowhere: whoever sees it has their own."""
    return replace(card, media=[one | {"public": False} for one in card.media])


def read_seen(row: Any, card: Card, viewer_id: UUID | None) -> Seen:
    decision = judge(card.lock, viewer_id, read_held(row.held))
    return Seen(card.id, decision, row.liked, row.kept, viewer_id, mine=viewer_id == card.creator.id)


def _excerpt(begins: str, length: int) -> tuple[Markup, bool]:
    if length <= SHORT:
        return Markup(begins), False  # noqa: S704 - sanitised when it was saved
    words = Markup(whole_tags(begins)).striptags()  # noqa: S704
    return Markup("<p>{}</p>").format(shortened(words, EXCERPT)), True
