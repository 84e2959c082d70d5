"""The queue of reports, and one of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, tuple_
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.extensions import db
from app.moderation.models import COPY, Report
from app.platform.errors import NotFound
from app.platform.settings import vault

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class Line:
    id: UUID
    subject_kind: str
    subject_id: UUID
    reason: str
    note: str
    sealed_copy: str | None
    state: str
    created_at: datetime
    decided_at: datetime | None
    reporter: str | None
    against: str | None
    decider: str | None


reporter, against, decider = aliased(User), aliased(User), aliased(User)
COLUMNS = (
    Report.id,
    Report.subject_kind,
    Report.subject_id,
    Report.reason,
    Report.note,
    Report.sealed_copy,
    Report.state,
    Report.created_at,
    Report.decided_at,
    reporter.handle.label("reporter"),
    against.handle.label("against"),
    decider.handle.label("decider"),
)


def find_reports(
    state: str, kind: str | None = None, *, after: UUID | None = None
) -> tuple[list[Line], UUID | None]:
    """Those that wait the longest first, of those decided about the last ones; and where it goes on."""
    oldest_first = state == "waiting"
    place = tuple_(Report.created_at, Report.id)
    wanted = _reports().where(Report.state == state).limit(PAGE_SIZE + 1)
    if kind:
        wanted = wanted.where(Report.subject_kind == kind)
    if after:
        known = select(Report.created_at, Report.id).where(Report.id == after).scalar_subquery()
        wanted = wanted.where(place > known if oldest_first else place < known)
    order = (Report.created_at, Report.id) if oldest_first else (Report.created_at.desc(), Report.id.desc())
    rows = db.session.execute(wanted.order_by(*order)).all()
    lines = [Line(**row._mapping) for row in rows[:PAGE_SIZE]]
    return lines, lines[-1].id if len(rows) > PAGE_SIZE else None


def find_own(user_id: UUID, *, before: UUID | None = None) -> tuple[list[Line], UUID | None]:
    """What somebody reported, the last first, and where it goes on."""
    wanted = _reports().where(Report.user_id == user_id).limit(PAGE_SIZE + 1)
    if before:
        known = select(Report.created_at, Report.id).where(Report.id == before, Report.user_id == user_id)
        wanted = wanted.where(tuple_(Report.created_at, Report.id) < known.scalar_subquery())
    rows = db.session.execute(wanted.order_by(Report.created_at.desc(), Report.id.desc())).all()
    lines = [Line(**row._mapping) for row in rows[:PAGE_SIZE]]
    return lines, lines[-1].id if len(rows) > PAGE_SIZE else None


def find_report(report_id: UUID) -> Line:
    row = db.session.execute(_reports().where(Report.id == report_id)).first()
    if row is None:
        raise NotFound
    return Line(**row._mapping)


def copies(line: Line) -> list[str]:
    """What was reported, as it was then, by all about whom this decides; the first first, the same once."""
    same = (
        Report.subject_kind == line.subject_kind,
        Report.subject_id == line.subject_id,
        Report.state == line.state,
        Report.decided_at.is_not_distinct_from(line.decided_at),
        Report.sealed_copy.is_not(None),
    )
    found = db.session.scalars(select(Report.sealed_copy).where(*same).order_by(Report.created_at, Report.id))
    return list(dict.fromkeys(vault().open(one, COPY) for one in found if one))


def copy_for(user_id: UUID, kind: str, subject_id: UUID) -> str:
    """In this person's report that waits."""
    found = db.session.scalar(
        select(Report.sealed_copy).where(
            Report.user_id == user_id,
            Report.subject_kind == kind,
            Report.subject_id == subject_id,
            Report.state == "waiting",
        )
    )
    return vault().open(found, COPY) if found else ""


def may_look(person_id: UUID, kind: str, subject_id: UUID) -> bool:
    """Somebody reported it, this moderator is to decide, and did not make it."""
    moderates = exists().where(
        User.id == person_id, User.state == "active", User.roles.overlap(["moderator", "admin"])
    )
    return db.session.scalar(select(and_(_waits(kind, subject_id), moderates))) or False


def is_reported(kind: str, subject_id: UUID) -> bool:
    """And nobody has decided yet."""
    return db.session.scalar(select(_waits(kind, subject_id))) or False


def reported_since(kind: str, subject_id: UUID) -> Select[datetime]:
    """Since when somebody says so whom nobody has told that they are mistaken."""
    return select(func.min(Report.created_at)).where(
        Report.subject_kind == kind, Report.subject_id == subject_id, Report.state != "dismissed"
    )


def reported_among(kind: str, subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of them about which nobody has decided yet."""
    return set(db.session.scalars(undecided(kind).where(Report.subject_id.in_(subject_ids))))


def undecided(kind: str) -> Select[UUID]:
    """What somebody has to decide about."""
    return select(Report.subject_id).where(Report.subject_kind == kind, Report.state == "waiting")


def decided(kind: str) -> Select[UUID]:
    """What was reported, and what nobody has to decide about any more."""
    about = Report.subject_id
    return select(about).where(Report.subject_kind == kind, about.not_in(undecided(kind)))


def others(line: Line) -> list[Line]:
    """Who reported the same thing, and still waits: they are decided about together."""
    same = (
        Report.subject_kind == line.subject_kind,
        Report.subject_id == line.subject_id,
        Report.state == "waiting",
        Report.id != line.id,
    )
    rows = db.session.execute(_reports().where(*same).order_by(Report.created_at, Report.id))
    return [Line(**row._mapping) for row in rows]


def _reports() -> Any:
    return (
        select(*COLUMNS)
        .select_from(Report)
        .outerjoin(reporter, reporter.id == Report.user_id)
        .outerjoin(against, against.id == Report.against_id)
        .outerjoin(decider, decider.id == Report.decided_by)
    )


def _waits(kind: str, subject_id: UUID) -> ColumnElement[bool]:
    return exists().where(
        Report.subject_kind == kind, Report.subject_id == subject_id, Report.state == "waiting"
    )
