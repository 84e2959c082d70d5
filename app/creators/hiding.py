"""From whom a creator is hidden, and who is let in wherever they went. Higher features know (blocks,
takedowns, staff at work), and say it as a condition of a statement: registered in their `init_app`.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, false, or_, true

Person = UUID | ColumnElement[UUID] | None
Moment = datetime | ColumnElement[datetime] | None
Condition = Callable[[Person, ColumnElement[UUID], Moment], ColumnElement[bool]]

_conditions: dict[Condition, None] = {}
_let_in: dict[Condition, None] = {}


def hide_where(condition: Condition) -> None:
    # A second create_app changes nothing.
    _conditions[condition] = None


def hidden_from(person: Person, creator_id: ColumnElement[UUID], at: Moment = None) -> ColumnElement[bool]:
    """`at`: now, unless a statement that is kept gives a parameter."""
    return or_(false(), *(condition(person, creator_id, at) for condition in _conditions))


def let_in_where(condition: Condition) -> None:
    _let_in[condition] = None


def let_in(person: Person, creator_id: ColumnElement[UUID], at: Moment = None) -> ColumnElement[bool]:
    return or_(false(), *(condition(person, creator_id, at) for condition in _let_in))


def row_by_row(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Asked of each row as it comes, by a statement that stops at so many of them.

    As it stands it would be a join, and all that matches be read before the first row is known.
    """
    return case((condition, true()), else_=false())
