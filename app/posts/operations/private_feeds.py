"""A creator's posts in somebody's own player: an address that is theirs alone, and can be taken back."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from app.accounts.queries import lock_user
from app.creators.models import PrivateFeed
from app.extensions import db
from app.kit import chance, clock, crypto
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound, Refused
from app.posts import queries_syndication

NOTED_EVERY = timedelta(hours=1)


class NotYet(Refused):
    def __init__(self) -> None:
        super().__init__("Follow or subscribe first; then you get a feed of your own.")


def open_feed(user_id: UUID, creator_id: UUID) -> str:
    """Its key, which nobody can be shown again. An earlier one ends."""
    lock_user(user_id)
    if not queries_syndication.belongs(user_id, creator_id):
        raise NotYet
    _end(PrivateFeed.user_id == user_id, PrivateFeed.creator_id == creator_id)
    key = chance.token()
    db.session.add(PrivateFeed(user_id=user_id, creator_id=creator_id, key_digest=crypto.digest(key)))
    audit.record(Action.FEED_OPENED, actor=user_id, subject=("creator", creator_id))
    return key


def close_feed(user_id: UUID, feed_id: UUID) -> None:
    mine = PrivateFeed.id == feed_id, PrivateFeed.user_id == user_id
    if _end(*mine):
        audit.record(Action.FEED_CLOSED, actor=user_id, subject=("private_feed", feed_id))
    elif db.session.query(PrivateFeed.id).filter(*mine).first() is None:
        raise NotFound


def take_back(user_id: UUID, since: datetime) -> list[str]:
    """Nobody signs in to read one: it would outlive every session of whoever opened it."""
    removed = []
    for one in queries_syndication.feeds_of(user_id):
        if one.created_at >= since:
            close_feed(user_id, one.id)
            removed.append(f"The private feed of {one.display_name}")
    return removed


def worth_noting(used_at: datetime | None) -> bool:
    return used_at is None or used_at < clock.now() - NOTED_EVERY


def note_use(feed_id: UUID) -> None:
    """So that its owner sees whether something still reads it."""
    db.session.execute(update(PrivateFeed).where(PrivateFeed.id == feed_id).values(used_at=clock.now()))


def _end(*which: object) -> bool:
    ended = (
        update(PrivateFeed)
        .where(*which, PrivateFeed.revoked_at.is_(None))  # type: ignore[arg-type]
        .values(revoked_at=clock.now())
    )
    return bool(db.session.execute(ended).rowcount)  # type: ignore[attr-defined]
