"""Whom somebody has hidden from themselves."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, literal_column, select
from sqlalchemy.orm import aliased

from app.accounts import portraits
from app.accounts.models import HiddenPerson, User
from app.accounts.queries import ARRIVED
from app.extensions import db

PAGE = 50


@dataclass(frozen=True, slots=True)
class HiddenLine:
    """For the `person_line` component too."""

    id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    avatar_url: str | None


def hides(user_id: UUID | ColumnElement[UUID] | None, other_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """As a condition of another statement."""
    return exists().where(HiddenPerson.user_id == user_id, HiddenPerson.hidden_id == other_id)


def hidden_people(user_id: UUID, *, after: str = "") -> tuple[list[HiddenLine], str | None]:
    """By their handles, and the one after which the next page begins."""
    u = aliased(User, name="u")  # as portraits name whom they are of
    handle = func.lower(u.handle)
    portrait: ColumnElement[Any] = literal_column(portraits.column()).label("portrait")
    rows = db.session.execute(
        select(u.id, u.handle, u.display_name, u.avatar_hue, portrait)
        .join(HiddenPerson, HiddenPerson.hidden_id == u.id)
        .where(HiddenPerson.user_id == user_id, handle > after.lower())
        .order_by(handle)
        .limit(PAGE + 1)
    ).all()
    people = [
        HiddenLine(row.id, row.handle, row.display_name, row.avatar_hue, portraits.address(row.portrait))
        for row in rows[:PAGE]
    ]
    return people, people[-1].handle if len(rows) > PAGE else None


def is_there(user_id: UUID) -> bool:
    there = exists().where(User.id == user_id, User.state != "deleted", ARRIVED)
    return bool(db.session.scalar(select(there)))
