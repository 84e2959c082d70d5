"""Following a creator, and a creator who does not want somebody."""

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from app.creators import ties
from app.creators.errors import OwnPage
from app.creators.models import Block, Creator, Follow
from app.extensions import db
from app.kit import clock
from app.notifications.operations.telling import tell
from app.platform import audit
from app.platform.audit import Action


def follow(user_id: UUID, creator_id: UUID) -> bool:
    """Whether they did not follow before."""
    if user_id == creator_id:
        raise OwnPage
    row = insert(Follow).values(user_id=user_id, creator_id=creator_id, created_at=clock.now())
    if not _changed(row.on_conflict_do_nothing()):
        return False
    _count(creator_id, 1)
    audit.record(Action.FOLLOWED, actor=user_id, subject=("creator", creator_id))
    ties.tell("followed", user_id, creator_id)
    tell("followed", to=creator_id, subject="page", href="/dashboard/people", actor=user_id)
    return True


def unfollow(user_id: UUID, creator_id: UUID) -> bool:
    gone = delete(Follow).where(Follow.user_id == user_id, Follow.creator_id == creator_id)
    if not _changed(gone):
        return False
    _count(creator_id, -1)
    audit.record(Action.UNFOLLOWED, actor=user_id, subject=("creator", creator_id))
    ties.tell("unfollowed", user_id, creator_id)
    return True


def block(creator_id: UUID, user_id: UUID) -> bool:
    if user_id == creator_id:
        raise OwnPage
    row = insert(Block).values(creator_id=creator_id, user_id=user_id, created_at=clock.now())
    if not _changed(row.on_conflict_do_nothing()):
        return False
    unfollow(user_id, creator_id)
    audit.record(Action.BLOCKED, actor=creator_id, subject=("user", user_id))
    ties.tell("blocked", user_id, creator_id)
    return True


def unblock(creator_id: UUID, user_id: UUID) -> bool:
    gone = delete(Block).where(Block.creator_id == creator_id, Block.user_id == user_id)
    if not _changed(gone):
        return False
    audit.record(Action.UNBLOCKED, actor=creator_id, subject=("user", user_id))
    ties.tell("unblocked", user_id, creator_id)
    return True


def _count(creator_id: UUID, change: int) -> None:
    db.session.execute(
        update(Creator)
        .where(Creator.id == creator_id)
        .values(followers=Creator.followers + change)
        .execution_options(synchronize_session=False)
    )


def _changed(statement: object) -> bool:
    return bool(db.session.execute(statement).rowcount)  # type: ignore[call-overload]
