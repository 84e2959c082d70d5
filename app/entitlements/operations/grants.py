"""Opening and closing. Whoever knows why (a follow, a payment, a report) calls these."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, select, update

from app.entitlements.models import Denial, Grant
from app.entitlements.rules import Closed, Kind
from app.extensions import db
from app.kit import clock
from app.platform.access import Ended, close_to_all, end_access


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a grant reaches: up to which rank, under which name, until when."""

    rank: int = 0
    label: str = ""
    ends_at: datetime | None = None


FOR_GOOD = Extent()


def grant(user_id: UUID, scope_id: UUID, kind: Kind, *, cause: str, extent: Extent = FOR_GOOD) -> None:
    """The same cause again changes what it gives: a renewal, another tier."""
    found = living(user_id, cause)
    if found is None:
        found = Grant(user_id=user_id, scope_id=scope_id, kind=kind.value, cause=cause, starts_at=clock.now())
        db.session.add(found)
    elif extent.rank < found.rank or _sooner(extent.ends_at, found.ends_at):
        end_access(Ended.GRANT, user_id, scope_id)
    found.rank, found.label, found.ends_at = extent.rank, extent.label, extent.ends_at


def revoke(user_id: UUID, *, cause: str) -> None:
    found = living(user_id, cause)
    if found is not None:
        found.revoked_at = clock.now()
        end_access(Ended.GRANT, user_id, found.scope_id)


def revoke_all(user_id: UUID, kind: Kind) -> None:
    living = select(Grant).where(
        Grant.user_id == user_id, Grant.kind == kind.value, Grant.revoked_at.is_(None)
    )
    for found in db.session.scalars(living.order_by(Grant.id).with_for_update()):
        found.revoked_at = clock.now()
        end_access(Ended.GRANT, user_id, found.scope_id)


def rerank(creator_id: UUID, ranks: Mapping[int, int]) -> None:
    """Tiers changed places: who holds one keeps that one."""
    db.session.execute(
        update(Grant)
        .where(Grant.scope_id == creator_id, Grant.revoked_at.is_(None), Grant.rank.in_(ranks))
        .values(rank=case(dict(ranks), value=Grant.rank))
        .execution_options(synchronize_session=False)
    )


def deny(scope_id: UUID, kind: Closed, *, cause: str, user_id: UUID | None = None) -> None:
    """To one person, or to all."""
    if _denial(scope_id, cause, user_id) is None:
        db.session.add(
            Denial(user_id=user_id, scope_id=scope_id, kind=kind.value, cause=cause, since=clock.now())
        )
        if user_id is None:
            close_to_all(scope_id)
        else:
            end_access(Ended.GRANT, user_id, scope_id)


def lift(scope_id: UUID, *, cause: str, user_id: UUID | None = None) -> None:
    found = _denial(scope_id, cause, user_id)
    if found is not None:
        found.lifted_at = clock.now()


def _sooner(ends_at: datetime | None, before: datetime | None) -> bool:
    return ends_at is not None and (before is None or ends_at < before)


def living(user_id: UUID, cause: str) -> Grant | None:
    """As it is, held by whoever asks."""
    return db.session.scalars(
        select(Grant)
        .where(Grant.user_id == user_id, Grant.cause == cause, Grant.revoked_at.is_(None))
        .with_for_update()
    ).one_or_none()


def _denial(scope_id: UUID, cause: str, user_id: UUID | None) -> Denial | None:
    return db.session.scalars(
        select(Denial)
        .where(
            Denial.scope_id == scope_id,
            Denial.cause == cause,
            Denial.user_id.is_not_distinct_from(user_id),
            Denial.lifted_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
