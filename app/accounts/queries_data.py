"""Questions about what is held of a person, and about people who left."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import DataExport, RetiredHandle, User
from app.extensions import db
from app.kit import clock, crypto
from app.platform.secret_keys import keys_for

SHOWN_FOR = timedelta(days=30)
ONE_EXPORT_EVERY = timedelta(days=1)


def recent_exports(user_id: UUID) -> Sequence[DataExport]:
    """Newest first. There is at most one a day, so that a page holds them all."""
    return db.session.scalars(
        select(DataExport)
        .where(DataExport.user_id == user_id, DataExport.requested_at > clock.now() - SHOWN_FOR)
        .order_by(DataExport.id.desc())
    ).all()


def is_waiting(made: Sequence[DataExport]) -> bool:
    return any(export.state == "waiting" for export in made)


def next_export_at(made: Sequence[DataExport]) -> datetime | None:
    """When another copy may be asked for; none when it may be now."""
    due = [export.requested_at + ONE_EXPORT_EVERY for export in made if export.state == "ready"]
    return max((moment for moment in due if moment > clock.now()), default=None)


def people_due() -> Sequence[UUID]:
    """Whose grace period is over, the longest waiting first."""
    return db.session.scalars(
        select(User.id).where(User.deletion_due_at <= clock.now()).order_by(User.deletion_due_at)
    ).all()


def never_confirmed(*, joined_before: datetime) -> Sequence[UUID]:
    """Whose address still waits to be confirmed, the longest waiting first."""
    return db.session.scalars(
        select(User.id)
        .where(
            User.state == "active",
            User.email.is_not(None),
            User.email_verified_at.is_(None),
            User.created_at <= joined_before,
        )
        .order_by(User.created_at)
    ).all()


def handle_is_retired(handle: str) -> bool:
    """Whether nobody may take it for a while."""
    of_handle = RetiredHandle.handle_digest.in_(retired_digests(handle))
    return db.session.scalar(select(RetiredHandle.free_at).where(of_handle).limit(1)) is not None


def retired_digests(handle: str) -> list[bytes]:
    """The last is by the key of today, those before it by what that replaced."""
    return [crypto.keyed_digest(key, handle.lower()) for key in keys_for("retired handles")]
