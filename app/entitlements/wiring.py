"""What the ties between people and creators open and close."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, not_

from app.creators.hiding import Moment, Person
from app.entitlements.operations import grants
from app.entitlements.queries import hidden_from, holds
from app.entitlements.rules import Closed, Kind
from app.kit import clock


def open_to_follower(user_id: UUID, creator_id: UUID) -> None:
    grants.grant(user_id, creator_id, Kind.FOLLOW, cause=f"follow:{creator_id}")


def close_to_follower(user_id: UUID, creator_id: UUID) -> None:
    grants.revoke(user_id, cause=f"follow:{creator_id}")


def close_to_blocked(user_id: UUID, creator_id: UUID) -> None:
    grants.deny(creator_id, Closed.BLOCK, cause="block", user_id=user_id)


def open_to_unblocked(user_id: UUID, creator_id: UUID) -> None:
    grants.lift(creator_id, cause="block", user_id=user_id)


def hides_page(viewer_id: Person, creator_id: ColumnElement[UUID], at: Moment) -> ColumnElement[bool]:
    """Staff at work look also at what was taken down."""
    return and_(hidden_from(viewer_id, creator_id), not_(lets_in(viewer_id, creator_id, at)))


def lets_in(viewer_id: Person, creator_id: ColumnElement[UUID], at: Moment) -> ColumnElement[bool]:
    """Staff at work."""
    if viewer_id is None:
        return false()
    return holds(viewer_id, creator_id, Kind.STAFF, clock.now() if at is None else at)
