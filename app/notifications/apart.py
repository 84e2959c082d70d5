"""Who hears nothing of whom. Higher features know more of it than we (blocks), and say it as a condition of a
statement: registered in their `init_app`.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_

from app.accounts.models import HiddenPerson

# Of whoever would be told, and whoever did it.
Condition = Callable[[ColumnElement[UUID], UUID], ColumnElement[bool]]

_conditions: dict[Condition, None] = {}


def keep_apart_where(condition: Condition) -> None:
    # A second create_app changes nothing.
    _conditions[condition] = None


def apart(person: ColumnElement[UUID], actor: UUID) -> ColumnElement[bool]:
    return or_(*(condition(person, actor) for condition in (_hides, *_conditions)))


def _hides(person: ColumnElement[UUID], actor: UUID) -> ColumnElement[bool]:
    return exists().where(HiddenPerson.user_id == person, HiddenPerson.hidden_id == actor)
