"""What feeds for readers and players need: each answered with a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from app.accounts import ages
from app.accounts.models import User
from app.creators import pictures
from app.creators.models import Creator, PrivateFeed
from app.creators.pictures import Described
from app.entitlements.queries import held
from app.entitlements.rules import Closed, Decision, Outcome
from app.extensions import db
from app.posts.card import AUTHOR, CARD, CREATOR, Card, read_card, read_seen, seen_by
from app.posts.locks import OUT
from app.posts.models import Post

ITEMS = 50
OWN: tuple[Any, ...] = (
    PrivateFeed.id,
    PrivateFeed.creator_id,
    User.handle,
    User.display_name,
    User.avatar_hue,
    Creator.avatar,
    PrivateFeed.created_at,
    PrivateFeed.used_at,
)


@dataclass(frozen=True, slots=True)
class Told:
    card: Card
    decision: Decision
    # Nothing of what is locked.
    body_html: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A private one that lives."""

    id: UUID
    user_id: UUID
    # Their handle.
    reader: str
    creator: User
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """For the `person_line` component too."""

    id: UUID
    creator_id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    avatar: Described | None
    created_at: datetime
    used_at: datetime | None

    @property
    def avatar_url(self) -> str | None:
        return pictures.address(self.avatar, "square96")


def told(creator_id: UUID, reader_id: UUID | None) -> list[Told]:
    rows = db.session.execute(
        select(*CARD, *seen_by(reader_id), Post.body_html)
        .select_from(Post)
        .join(*CREATOR)
        .join(*AUTHOR)
        .where(Post.creator_id == creator_id, OUT)
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(ITEMS)
    )
    # Nobody can be asked here. Readers of a private feed chose it, and are held to what they told us.
    young = cache(lambda: reader_id is None or ages.is_minor(reader_id))
    found = []
    for row in rows:
        card = read_card(row)
        seen = read_seen(row, card, reader_id)
        if seen.hidden:
            continue
        shut = card.adult and seen.open and not seen.mine and young()
        decision = Decision(Outcome.LOCKED, Closed.AGE) if shut else seen.decision
        found.append(Told(card, decision, row.body_html if decision.open else ""))
    return found


def by_key(key_digest: bytes) -> Feed | None:
    return _living(PrivateFeed.key_digest == key_digest)


def by_id(feed_id: UUID) -> Feed | None:
    return _living(PrivateFeed.id == feed_id)


def belongs(person_id: UUID, creator_id: UUID) -> bool:
    """Whether somebody follows, subscribes or was given something here, and is not shut out."""
    if person_id == creator_id:
        return True
    kinds = {holding.kind for holding in held(person_id, [creator_id])}
    return bool(kinds) and not any(isinstance(kind, Closed) for kind in kinds - {Closed.AGE})


def feeds_of(person_id: UUID) -> Sequence[OwnFeed]:
    return [OwnFeed(*row) for row in db.session.execute(_own(person_id))]


def feed_of(person_id: UUID, creator_id: UUID) -> OwnFeed | None:
    row = db.session.execute(_own(person_id).where(PrivateFeed.creator_id == creator_id)).first()
    return OwnFeed(*row) if row else None


def _own(person_id: UUID) -> Select[Any]:
    return (
        select(*OWN)
        .join(User, User.id == PrivateFeed.creator_id)
        .join(Creator, Creator.id == PrivateFeed.creator_id)
        .where(PrivateFeed.user_id == person_id, PrivateFeed.revoked_at.is_(None))
        .order_by(PrivateFeed.created_at.desc())
    )


def _living(condition: object) -> Feed | None:
    reader, author = User.__table__.alias("reader"), User
    row = db.session.execute(
        select(PrivateFeed, reader.c.handle, author)
        .join(reader, reader.c.id == PrivateFeed.user_id)
        .join(author, author.id == PrivateFeed.creator_id)
        .join(Creator, Creator.id == PrivateFeed.creator_id)
        .where(condition, PrivateFeed.revoked_at.is_(None), reader.c.state == "active")  # type: ignore[arg-type]
    ).first()
    if row is None:
        return None
    feed, handle, creator = row
    return Feed(feed.id, feed.user_id, handle, creator, feed.used_at)
