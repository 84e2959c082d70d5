"""What the ties between people and creators open and close."""

from uuid import UUID

from app.entitlements.operations import grants
from app.entitlements.rules import Closed, Kind


def open_to_follower(user_id: UUID, creator_id: UUID) -> None:
    grants.grant(user_id, creator_id, Kind.FOLLOW, cause=f"follow:{creator_id}")


def close_to_follower(user_id: UUID, creator_id: UUID) -> None:
    grants.revoke(user_id, cause=f"follow:{creator_id}")


def close_to_blocked(user_id: UUID, creator_id: UUID) -> None:
    grants.deny(creator_id, Closed.BLOCK, cause="block", user_id=user_id)


def open_to_unblocked(user_id: UUID, creator_id: UUID) -> None:
    grants.lift(creator_id, cause="block", user_id=user_id)
