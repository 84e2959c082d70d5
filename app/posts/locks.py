"""What a post asks of those who want to open it, in the words of entitlements."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from app.accounts.models import User
from app.creators.models import Creator
from app.entitlements.queries import decide, hidden_from
from app.entitlements.rules import Audience, Lock, Outcome
from app.extensions import db
from app.media.holders import Showing
from app.posts.models import Post

# Out in the open: the post, its page and its author. All else is its author's alone.
OUT: ColumnElement[bool] = and_(Post.state == "published", Creator.state == "open", User.state == "active")
# Suspended: what they posted is there for nobody but whoever decides about it, whatever was bought of it.
AWAY: ColumnElement[bool] = User.state != "active"
COLUMNS = (Post.id, Post.creator_id, Post.audience, Post.rank, Post.price, Post.currency)


def lock_of(post: Post) -> Lock:
    """Of a post that is published."""
    return Lock(post.id, post.creator_id, Audience(post.audience), post.rank, post.price, post.currency)


def known_to(person_id: UUID, post_ids: Collection[UUID]) -> set[UUID]:
    """Those of them that this person may know of, open to them or not. Two statements."""
    found = (
        select(*COLUMNS, OUT.label("out"), AWAY.label("away"))
        .join(Creator, Creator.id == Post.creator_id)
        .join(User, User.id == Post.creator_id)
        .where(Post.id.in_(post_ids), Post.state != "removed")
    )
    decided = decide(person_id, [_lock(row) for row in db.session.execute(found)])
    return {post_id for post_id, one in decided.items() if one.outcome is not Outcome.HIDDEN}


def seen_by_others(post_id: UUID) -> bool:
    """It is out, and neither it nor its page is taken down."""
    hidden = (hidden_from(None, scope) for scope in (Post.id.expression, Post.creator_id.expression))
    found = (
        select(Post.id)
        .join(Creator, Creator.id == Post.creator_id)
        .join(User, User.id == Post.creator_id)
        .where(Post.id == post_id, OUT, *(~one for one in hidden))
    )
    return db.session.scalar(found) is not None


def showing(post_id: UUID) -> Showing | None:
    """What delivery of media asks, in one statement: the lock, and what readers see of the post now.

    Of a removed post nothing is left.
    """
    ids = func.jsonb_path_query_array(Post.media, "$[*].id")
    row = db.session.execute(
        select(*COLUMNS, OUT.label("out"), AWAY.label("away"), ids.label("media_ids"))
        .join(Creator, Creator.id == Post.creator_id)
        .join(User, User.id == Post.creator_id)
        .where(Post.id == post_id, Post.state != "removed")
    ).first()
    return Showing(_lock(row), frozenset(map(UUID, row.media_ids))) if row else None


def _lock(row: Any) -> Lock:
    return Lock(
        row.id,
        row.creator_id,
        Audience(row.audience),
        row.rank,
        row.price,
        row.currency,
        private=not row.out,
        away=row.away,
    )
