"""What a person holds: one statement for a whole page of items."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, cast, false, func, literal, null, or_, select, union_all
from sqlalchemy.dialects.postgresql import JSONB

from app.entitlements.models import Denial, Grant
from app.entitlements.rules import Closed, Decision, Holding, Kind, Lock, judge
from app.extensions import db
from app.kit import clock


def decide(person: UUID | None, locks: Sequence[Lock]) -> dict[UUID, Decision]:
    """For each item by its id. One statement, however many they are."""
    holdings = held(person, {scope for lock in locks for scope in (lock.item_id, lock.creator_id)})
    return {lock.item_id: judge(lock, person, holdings) for lock in locks}


def held(person: UUID | None, scopes: Iterable[UUID]) -> list[Holding]:
    wanted = list(scopes)
    if not wanted:
        return []
    grants, denials = _living(person)
    both = union_all(
        grants.where(Grant.scope_id.in_(wanted)),
        denials.where(Denial.scope_id.in_(wanted)),
    )
    return [_holding(*row) for row in db.session.execute(both)]


def held_column(
    person: UUID | ColumnElement[UUID] | None,
    *scopes: ColumnElement[UUID],
    at: datetime | ColumnElement[datetime] | None = None,
) -> ColumnElement[Any]:
    """The same as a column of another statement, for those whose every statement counts.

    What it finds is read by `read_held`. A statement that is kept for many people gives parameters.
    """
    grants, denials = _living(person, at)
    both = union_all(
        grants.where(or_(*(Grant.scope_id == scope for scope in scopes))).correlate(*_tables(scopes)),
        denials.where(or_(*(Denial.scope_id == scope for scope in scopes))).correlate(*_tables(scopes)),
    ).subquery()
    row = func.jsonb_build_array(*both.c)
    return select(func.coalesce(func.jsonb_agg(row), cast(literal("[]"), JSONB))).scalar_subquery()


def read_held(found: list[list[Any]]) -> list[Holding]:
    return [
        _holding(UUID(scope), kind, rank, label, datetime.fromisoformat(ends_at) if ends_at else None, closes)
        for scope, kind, rank, label, ends_at, closes in found
    ]


def scopes_held(
    person: UUID | ColumnElement[UUID], kinds: Collection[Kind], at: datetime | ColumnElement[datetime]
) -> Select[UUID]:
    """What a person has living grants of these kinds for."""
    grants, _ = _living(person, at)
    found: Select[UUID] = grants.with_only_columns(Grant.scope_id).where(
        or_(*(Grant.kind == kind for kind in kinds))
    )
    return found


def holds(
    person: UUID | ColumnElement[UUID],
    scope: ColumnElement[UUID],
    kind: Kind,
    at: datetime | ColumnElement[datetime],
) -> ColumnElement[bool]:
    """Whether a person has a living grant for this one, however many they have for others."""
    grants, _ = _living(person, at)
    found: ColumnElement[bool] = grants.where(Grant.scope_id == scope, Grant.kind == kind).exists()
    return found


def anybody_holds(scope_id: UUID, kind: Kind) -> bool:
    """Whether this was ever given for it to somebody who has it still."""
    return db.session.scalar(select(held_by_anybody(scope_id, kind))) or False


def held_by_anybody(scope: UUID | ColumnElement[UUID], *kinds: Kind) -> ColumnElement[bool]:
    """The same as a condition of another statement."""
    held = select(Grant.id).where(Grant.scope_id == scope, or_(*(Grant.kind == kind for kind in kinds)))
    living: ColumnElement[bool] = held.where(Grant.revoked_at.is_(None)).exists()
    return living


def who_holds(scope_id: UUID, kind: Kind, people: Collection[UUID]) -> set[UUID]:
    """Those among them to whom this was given for it, and who have it still."""
    held = select(Grant.user_id).where(
        Grant.scope_id == scope_id, Grant.kind == kind, Grant.revoked_at.is_(None)
    )
    return set(db.session.scalars(held.where(Grant.user_id.in_(people))))


def holders(scope: UUID, kinds: Collection[Kind], at: datetime, *, after: UUID) -> Select[UUID]:
    """Who has living grants of these kinds for it, each once and in the order of their ids."""
    found: Select[UUID] = (
        select(Grant.user_id)
        .where(Grant.scope_id == scope, Grant.user_id > after, or_(*(Grant.kind == kind for kind in kinds)))
        .where(Grant.revoked_at.is_(None), Grant.starts_at <= at)
        .where(or_(Grant.ends_at.is_(None), Grant.ends_at > at))
        .distinct()
        .order_by(Grant.user_id)
    )
    return found


def hidden_from(person: UUID | ColumnElement[UUID] | None, scope: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether not even its existence may be known, whatever opens it."""
    _, denials = _living(person)
    hidden: ColumnElement[bool] = denials.where(Denial.scope_id == scope, Denial.kind != Closed.AGE).exists()
    return hidden


def _living(
    person: UUID | ColumnElement[UUID] | None, at: datetime | ColumnElement[datetime] | None = None
) -> tuple[Any, Any]:
    at = clock.now() if at is None else at
    grants = select(
        Grant.scope_id, Grant.kind, Grant.rank, Grant.label, Grant.ends_at, false().label("closes")
    ).where(
        and_(Grant.user_id == person, Grant.revoked_at.is_(None), Grant.starts_at <= at),
        or_(Grant.ends_at.is_(None), Grant.ends_at > at),
    )
    denials = select(
        Denial.scope_id,
        Denial.kind,
        literal(0),
        literal(""),
        cast(null(), Grant.ends_at.type),
        literal(True),
    ).where(
        and_(Denial.lifted_at.is_(None), or_(Denial.user_id == person, Denial.user_id.is_(None))),
    )
    return grants, denials


def _holding(
    scope: UUID, kind: str, rank: int, label: str, ends_at: datetime | None, closes: bool
) -> Holding:
    return Holding(scope, Closed(kind) if closes else Kind(kind), rank, label, ends_at)


def _tables(columns: Iterable[Any]) -> list[Any]:
    return list(
        {column.class_.__table__ if hasattr(column, "class_") else column.table for column in columns}
    )
