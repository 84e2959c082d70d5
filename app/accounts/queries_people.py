"""What admins ask about people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from app.accounts.models import User
from app.accounts.queries import ARRIVED
from app.extensions import db
from app.kit.ids import parse_id
from app.platform.viewer import Role

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Search:
    """`begins`: of a handle or an e-mail address, or a whole id."""

    begins: str = ""
    role: Role | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class PersonLine:
    id: UUID
    handle: str
    display_name: str
    email: str | None
    email_verified: bool
    roles: list[str]
    state: str
    avatar_hue: int
    created_at: datetime
    deletion_due_at: datetime | None


COLUMNS = (
    User.id,
    User.handle,
    User.display_name,
    User.email,
    User.email_verified_at.is_not(None).label("email_verified"),
    User.roles,
    User.state,
    User.avatar_hue,
    User.created_at,
    User.deletion_due_at,
)


def find_people(search: Search, *, before: UUID | None = None) -> tuple[list[PersonLine], UUID | None]:
    """The newest first, and where the next page begins."""
    wanted = select(*COLUMNS).where(*_conditions(search)).order_by(User.id.desc()).limit(PAGE_SIZE + 1)
    rows = db.session.execute(wanted.where(User.id < before) if before else wanted).all()
    people = [PersonLine(**row._mapping) for row in rows[:PAGE_SIZE]]
    return people, people[-1].id if len(rows) > PAGE_SIZE else None


def find_person(user_id: UUID) -> PersonLine | None:
    row = db.session.execute(select(*COLUMNS).where(User.id == user_id)).first()
    return PersonLine(**row._mapping) if row else None


def admins(*, lock: bool = False) -> Sequence[UUID]:
    wanted = select(User.id).where(User.state == "active", ARRIVED, *_has(Role.ADMIN)).order_by(User.id)
    return db.session.scalars(wanted.with_for_update() if lock else wanted).all()


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.begins:
        found.append(_begins(search.begins.lower()))
    if search.role:
        found += _has(search.role)
    if search.state:
        found.append(User.state == search.state)
    return found


def _begins(text: str) -> ColumnElement[bool]:
    if user_id := parse_id(text):
        return User.id == user_id
    handle = text.removeprefix("@")
    return or_(
        func.lower(User.handle).startswith(handle, autoescape=True),
        func.lower(User.email).startswith(text, autoescape=True),
    )


def _has(role: Role) -> list[ColumnElement[bool]]:
    """The first condition is the index's."""
    return [User.roles != ["fan"], User.roles.contains([role.value])]
